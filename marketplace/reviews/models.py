"""What buyers say of a product, what they said before, and what their ratings add up to."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.people.models import Account, User
from common.db.models import UUIDModel
from marketplace.products.models import Product
from marketplace.reviews.ratings import HIGHEST, LOWEST, Rating

LONGEST = 4_000  # characters of a review, or of the answer to one


class ReviewQuerySet(models.QuerySet["Review"]):
    """Plain filters on reviews."""

    def shown(self) -> "ReviewQuerySet":
        """Reviews that staff have not hidden. Only these count."""
        return self.filter(hidden_at__isnull=True)


class Review(UUIDModel):
    """A buyer's rating of a product from 1 to 5, in words too. It is changed only under the lock of its product.

    Attributes:
        buyer: the account that the product was bought for or got by.
        author: who wrote the newest version, for an organisation one of its people.
        pulls: of the product's images, by the buyer and by those who pull for it; as counted when it was written, or last night.
        answer: the seller's.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="reviews", db_index=False)  # first in the constraint
    buyer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="reviews")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    rating = models.PositiveSmallIntegerField()
    text = models.TextField(max_length=LONGEST, validators=[MaxLengthValidator(LONGEST)])
    pulls = models.PositiveBigIntegerField(default=0, editable=False)
    written_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    answer = models.TextField(max_length=LONGEST, blank=True, validators=[MaxLengthValidator(LONGEST)])
    answered_at = models.DateTimeField(null=True, blank=True, editable=False)
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_reason = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager["Review"]] = ReviewQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("product", "buyer"), name="review_one_of_a_buyer"),
            models.CheckConstraint(condition=Q(rating__range=(LOWEST, HIGHEST)), name="review_rating_is_on_the_scale"),
            models.CheckConstraint(condition=Q(hidden_at__isnull=True) | ~Q(hidden_reason=""), name="review_hidden_has_a_reason"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answer="") | Q(answered_at__isnull=False) & ~Q(answer=""),
                name="review_answer_has_a_date",
            ),
        )
        indexes = (models.Index(fields=("product", "-written_at"), condition=Q(hidden_at__isnull=True), name="review_newest_shown"),)
        ordering = ("-written_at",)

    def __str__(self) -> str:
        return f"review of {self.product}"

    @property
    def stars(self) -> str:
        """The rating as a picture; the words beside it are the page's."""
        return "★" * self.rating + "☆" * (HIGHEST - self.rating)


class ReviewVersion(UUIDModel):
    """What a review said before it was edited."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="versions")
    rating = models.PositiveSmallIntegerField()
    text = models.TextField(max_length=LONGEST)
    written_at = models.DateTimeField()

    class Meta:
        ordering = ("-written_at",)

    def __str__(self) -> str:
        return f"{self.rating} of {HIGHEST}"


class ProductRating(models.Model):
    """How many of the shown reviews of a product gave it each rating: counted anew whenever one of them changes."""

    product = models.OneToOneField(Product, on_delete=models.CASCADE, primary_key=True, related_name="rating")
    counts = ArrayField(models.PositiveIntegerField(), help_text="Of the ratings from 1 to 5.")

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(counts__len=HIGHEST), name="product_rating_counts_each"),)

    def __str__(self) -> str:
        return f"{self.rating.count} reviews"

    @property
    def rating(self) -> Rating:
        return Rating(tuple(self.counts))
