"""What is shown of reviews, and who may write one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from accounts.organisations.buying import buyers_of
from accounts.people.models import Account, User
from marketplace.entitlements.selectors import buyers_among
from marketplace.images.ownership import owns
from marketplace.products.models import Product
from marketplace.products.selectors.offers import sells
from marketplace.reviews.models import ProductRating, Review
from marketplace.reviews.ratings import Rating

ON_THE_PAGE: Final = 5  # newest reviews on a product's own page; the others are a link away


@dataclass(frozen=True, slots=True)
class Reviews:
    """What a product's page shows of its reviews.

    Attributes:
        newest: at most five, with their former versions.
        reviewer: the account for which the reader may write or edit one; None if there is none.
        own: that account's, hidden or not; None while there is none.
        answers: whether the reader is the seller, who answers.
    """

    rating: Rating
    newest: Sequence[Review]
    reviewer: Account | None
    own: Review | None
    answers: bool

    @property
    def has_more(self) -> bool:
        return self.rating.count > len(self.newest)


def reviews_for(product: Product, user: User | None) -> Reviews:
    """Gather what the product's page shows to a reader; None is a visitor. A fixed number of queries."""
    reviewer = reviewer_of(product, user) if user else None
    own = Review.objects.filter(product=product, buyer=reviewer).first() if reviewer else None
    answers = user is not None and owns(user, product.seller_id)
    return Reviews(rating_of(product), list(shown_reviews(product)[:ON_THE_PAGE]), reviewer, own, answers)


def rating_of(product: Product) -> Rating:
    """Return what the shown reviews of a product add up to: the same for pages, API and admin."""
    found = ProductRating.objects.filter(product=product).first()
    return found.rating if found else Rating()


def shown_reviews(product: Product) -> QuerySet[Review]:
    """Return the reviews of a product that staff have not hidden, the newest first, with buyers and former versions."""
    return with_parts(Review.objects.filter(product=product, hidden_at__isnull=True))


def with_parts(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """Join what is shown of reviews. Two queries for any number."""
    return reviews.select_related("buyer", "product").prefetch_related("versions").order_by("-written_at", "pk")


def reviewer_of(product: Product, user: User) -> Account | None:
    """Return the account for which the user reviews the product: the first that bought it of those that they buy for, their own before all.

    None if none of these ever bought it or got it for free, and for its seller. That access has ended since, by a refund too, takes nobody
    their voice.
    """
    if sells(user, product):
        return None
    accounts = buyers_of(user)
    bought = buyers_among([account.pk for account in accounts], product)
    return next((account for account in accounts if account.pk in bought), None)
