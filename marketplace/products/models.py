"""What is sold: a page with a price for one image or a bundle."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import MaxLengthValidator, MaxValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from accounts.sellers.models import SellerProfile
from common.db.models import UUIDModel
from common.money import Money
from marketplace.images.models import Image, Namespace
from marketplace.products.search_entry import SearchEntry

__all__ = [
    "Category",
    "Edition",
    "EditionImage",
    "Price",
    "PriceQuerySet",
    "Product",
    "ProductImage",
    "ProductPicture",
    "ProductQuerySet",
    "SearchEntry",
    "UnsavedText",
]

LONGEST_TRIAL, LONGEST_REFUND_WINDOW = 90, 180  # days: later than that, banks often send a refund back
_CATEGORIES = (  # that every shop begins with; those that staff add are shown as they name them
    (gettext_noop("Databases"), gettext_noop("databases")),
    (gettext_noop("AI and models"), gettext_noop("ai and models")),
    (gettext_noop("Networking"), gettext_noop("networking")),
    (gettext_noop("Observability"), gettext_noop("observability")),
    (gettext_noop("Security"), gettext_noop("security")),
    (gettext_noop("Developer tools"), gettext_noop("developer tools")),
    (gettext_noop("Web and content"), gettext_noop("web and content")),
    (gettext_noop("Data and queues"), gettext_noop("data and queues")),
    (gettext_noop("Base images"), gettext_noop("base images")),
    (gettext_noop("Other"), gettext_noop("other")),
)


class Category(models.Model):
    """A shelf of the shop."""

    slug = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "name")
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The name in the reader's language, where the shop knows it."""
        return gettext(self.name)

    @property
    def label_in_sentence(self) -> str:
        """The same as it is written within a sentence."""
        return gettext(self.name.lower())


class ProductQuerySet(models.QuerySet["Product"]):
    """Published, visible, offered: each is narrower than the one before. Whether the public gets a product is decided nowhere else."""

    def published(self) -> "ProductQuerySet":
        """Products that their seller has put on sale, even if staff have suspended the seller or taken down an image since."""
        return self.filter(state=Product.State.PUBLISHED)

    def visible(self) -> "ProductQuerySet":
        """Products whose page everybody may open: published, and their seller is not suspended. Lists and counts show `offered` alone."""
        return self.published().filter(seller__suspended_at__isnull=True)

    def offered(self) -> "ProductQuerySet":
        """Products that can be had now: visible, and every image in them is usable and has a tag to pull, as publication requires it.

        Whether the seller can be paid is checked by `marketplace.products.selectors.offers.offered_price`, not here.
        """
        unsellable = Image.objects.unsellable().filter(product_images__product=OuterRef("pk"))
        return self.visible().filter(~Exists(unsellable))


class PriceQuerySet(models.QuerySet["Price"]):
    """Plain filters on prices."""

    def current(self) -> "PriceQuerySet":
        """Prices that are not retired: at most one in each currency for each product or edition, of which one is the leading one."""
        return self.filter(retired_at__isnull=True)

    def free(self) -> "PriceQuerySet":
        """Prices that make a product free for everybody, so that its images are public. `Price.is_free` says it of one."""
        return self.filter(amount=0, kind=Price.Kind.ONE_OFF)

    def paid(self) -> "PriceQuerySet":
        """All others: those at which somebody pays, or may pay."""
        return self.exclude(amount=0, kind=Price.Kind.ONE_OFF)


class Product(UUIDModel):
    """A product page at `/namespace/slug`. All its images belong to its seller; the database refuses others."""

    class State(models.TextChoices):
        DRAFT = "draft", gettext_lazy("Draft")
        PUBLISHED = "published", gettext_lazy("Published")
        WITHDRAWN = "withdrawn", gettext_lazy("Withdrawn")
        SUSPENDED = "suspended", gettext_lazy("Suspended")

    seller = models.ForeignKey(SellerProfile, on_delete=models.PROTECT, related_name="products")
    namespace = models.ForeignKey(Namespace, on_delete=models.PROTECT, related_name="products")
    slug = models.CharField(max_length=128, help_text="Last part of its address.")
    title = models.CharField(max_length=80)
    summary = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True, max_length=50_000, validators=[MaxLengthValidator(50_000)], help_text="Markdown.")
    description_html = models.TextField(blank=True, editable=False, help_text="Rendered and sanitised when it was saved.")
    description_renderer = models.PositiveSmallIntegerField(default=0, editable=False, help_text="Which renderer made it; 0: none yet.")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, related_name="products")
    licence_name = models.CharField(max_length=80, blank=True)
    licence_text = models.TextField(blank=True, max_length=200_000, validators=[MaxLengthValidator(200_000)])
    refund_days = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        validators=[MaxValueValidator(LONGEST_REFUND_WINDOW)],
        help_text="Within so many days of the payment its seller gives the money back to who asks. 0: no promise.",
    )
    trial_days = models.PositiveSmallIntegerField(default=0, db_default=0, validators=[MaxValueValidator(LONGEST_TRIAL)])  # 0: no trial
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    suspension_reason = models.CharField(max_length=500, blank=True)
    images: "models.ManyToManyField[Image, ProductImage]" = models.ManyToManyField(Image, through="ProductImage", related_name="products")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    revision = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="How often its page or its images were saved."
    )
    published_at = models.DateTimeField(null=True, blank=True)
    pulls = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="Pulls of its images, by which it ranks; added up every 5 minutes."
    )
    # Read by the version before alone, which still serves while this one is put in its place; the release after drops both.
    search_document = SearchVectorField(null=True, editable=False)
    search_words = models.CharField(max_length=2_000, blank=True, editable=False, help_text="Title and repositories, for near misses.")

    objects: ClassVar[models.Manager["Product"]] = ProductQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("namespace", "slug"), name="product_slug_unique"),
            models.UniqueConstraint(fields=("id", "seller"), name="product_id_seller_unique"),  # target of composite foreign keys
            models.CheckConstraint(condition=~Q(state="published") | Q(published_at__isnull=False), name="product_published_has_a_date"),
            models.CheckConstraint(condition=~Q(state="suspended") | ~Q(suspension_reason=""), name="product_suspension_has_a_reason"),
        )
        indexes = (
            models.Index(fields=("-published_at",), condition=Q(state="published"), name="product_newest_published"),
            models.Index(fields=("-pulls",), condition=Q(state="published"), name="product_most_pulled"),
            models.Index(
                "category",
                models.F("pulls").desc(),
                models.F("published_at").desc(),
                "id",
                condition=Q(state="published"),
                name="product_pulled_in_category",
            ),
            models.Index(fields=("description_renderer",), name="product_description_renderer"),
            GinIndex(fields=("search_document",), name="product_search_document"),
            GinIndex(fields=("search_words",), opclasses=("gin_trgm_ops",), name="product_search_words"),
        )
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.title

    @property
    def is_visible(self) -> bool:
        """Whether everybody may open its page: `ProductQuerySet.visible` for a single product."""
        return self.state == self.State.PUBLISHED and self.seller.suspended_at is None


class UnsavedText(models.Model):
    """What a seller has typed into the editor in one tab and not saved.

    Attributes:
        product: None while it is typed for a product that is not made yet.
        tab: the editor that holds it, unique for its seller.
        version: how often that tab has kept it.
        revision: the product's, when the tab began.
        typed: the values of the form, valid or not, by field.
    """

    seller = models.ForeignKey(SellerProfile, on_delete=models.CASCADE, related_name="unsaved_texts")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, null=True, blank=True, related_name="unsaved_texts")
    tab = models.UUIDField()
    version = models.PositiveIntegerField(default=1)
    revision = models.PositiveIntegerField(null=True, blank=True)
    typed = models.JSONField(default=dict)
    kept_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("seller", "tab"), name="unsaved_text_of_one_tab"),)
        ordering = ("-kept_at",)

    def __str__(self) -> str:
        return f"unsaved text of {self.product or 'a new product'}"


class ProductImage(models.Model):
    """An image in a product. `owner` equals the product's seller and the image's owner: two composite foreign keys say so."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="product_images")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="product_images")
    owner = models.ForeignKey(SellerProfile, on_delete=models.PROTECT, related_name="+", editable=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("product", "image"), name="product_image_unique"),)
        ordering = ("position", "id")

    def __str__(self) -> str:
        return str(self.image)


class ProductPicture(UUIDModel):
    """A picture on the product page, re-encoded by us."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="pictures")
    file = models.ImageField(upload_to="products/", width_field="width", height_field="height")
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    alt = models.CharField(max_length=200, help_text="What it shows, for people who cannot see it.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.alt


class Edition(UUIDModel):
    """One of the ways in which a product is sold, with images and prices of its own: Standard, Pro.

    Whoever buys one has its images. A retired one is sold to nobody any more; whoever has it keeps it.

    Attributes:
        name: unique among the product's editions that are not retired.
        line: what it is for, in one line.
        position: in which place the product's page shows it; the first one leads.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="editions")
    name = models.CharField(max_length=30)
    line = models.CharField(max_length=120, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    images: "models.ManyToManyField[Image, EditionImage]" = models.ManyToManyField(Image, through="EditionImage", related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("product", "name"), condition=Q(retired_at__isnull=True), name="edition_name_unique"),
            models.UniqueConstraint(fields=("id", "product"), name="edition_id_product_unique"),  # target of composite foreign keys
        )
        ordering = ("position", "created_at", "id")

    def __str__(self) -> str:
        return self.name


class EditionImage(models.Model):
    """An image in an edition, which is one of its product's: composite foreign keys say so."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="edition_images", db_index=False)  # first in the constraint
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("edition", "image"), name="edition_image_unique"),)
        ordering = ("id",)

    def __str__(self) -> str:
        return str(self.image)


class Price(UUIDModel):
    """What a product, or one of its editions, costs in one currency from `created_at` to `retired_at`.

    Only its end can be set later, and whether it leads: orders refer to their row.

    Attributes:
        edition: what is sold for it; None for the whole product. A product with editions has no current price of its own.
        amount: of `PAY_WHAT_YOU_WANT` the least that somebody may pay.
        leading: whether it is the one that readers see who want no currency that the product has, and by which the product is sorted.
        suggested: with `PAY_WHAT_YOU_WANT` what the page proposes, if its seller proposes something.
    """

    class Kind(models.TextChoices):
        ONE_OFF = "one_off", gettext_lazy("One price")
        PAY_WHAT_YOU_WANT = "pwyw", gettext_lazy("Pay what you want")

    class Interval(models.TextChoices):
        ONCE = "", gettext_lazy("once")
        MONTH = "month", gettext_lazy("each month")
        YEAR = "year", gettext_lazy("each year")

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="prices")
    # Looked for beside the product alone, so that its indexes serve.
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, null=True, blank=True, related_name="prices", db_index=False)
    amount = models.PositiveIntegerField(help_text="Minor units; 0 is free.")
    currency = models.CharField(max_length=3, help_text="ISO 4217, lower case.")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.ONE_OFF)
    interval = models.CharField(
        max_length=5, choices=Interval.choices, blank=True, default="", db_default="", help_text="How often it is paid."
    )
    # A row of the version before, which knows one price for a product, leads.
    leading = models.BooleanField(default=True, db_default=True, help_text="Shown to who wants no other of its currencies.")
    suggested = models.PositiveIntegerField(null=True, blank=True, help_text="Pay what you want: what the page proposes, minor units.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Price"]] = PriceQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("product", "edition", "currency", "interval"),
                condition=Q(retired_at__isnull=True),
                nulls_distinct=False,
                name="price_one_current_of_edition",
            ),
            models.UniqueConstraint(
                fields=("product", "edition", "interval"),
                condition=Q(retired_at__isnull=True, leading=True),
                nulls_distinct=False,
                name="price_one_leading_of_edition",
            ),
            models.CheckConstraint(condition=Q(currency__regex=r"^[a-z]{3}$"), name="price_currency_is_iso"),
            models.CheckConstraint(
                condition=Q(suggested__isnull=True) | Q(kind="pwyw", suggested__gt=0, suggested__gte=models.F("amount")),
                name="price_suggestion_can_be_paid",
            ),
            models.CheckConstraint(condition=Q(interval="") | Q(kind="one_off", amount__gt=0), name="price_of_interval_is_charged"),
            # What is free is public: a free edition would give all images of its product away.
            models.CheckConstraint(condition=Q(edition__isnull=True) | Q(amount__gt=0), name="price_of_edition_is_charged"),
        )
        ordering = ("-created_at",)

    def __str__(self) -> str:
        if self.buyer_decides:
            return f"pay what you want from {self.money}"
        return str(self.money) if self.amount else "free"

    @property
    def money(self) -> Money:
        """What is paid; of `PAY_WHAT_YOU_WANT` at least."""
        return Money(self.amount, self.currency)

    @property
    def suggestion(self) -> Money | None:
        """What the page proposes, if its seller proposes something."""
        return None if self.suggested is None else Money(self.suggested, self.currency)

    @property
    def buyer_decides(self) -> bool:
        """Whether the buyer says what they pay."""
        return self.kind == self.Kind.PAY_WHAT_YOU_WANT

    @property
    def is_free(self) -> bool:
        """Whether everybody has it for nothing. Pay what you want is not free, even from nothing on: its images are not public."""
        return self.amount == 0 and not self.buyer_decides

    @property
    def words(self) -> str:
        """What it costs in a few words of the reader's language: `€5.00`, `€5.00 each month`, `Free`, `from €5.00`, `Pay what you want`."""
        if self.buyer_decides:
            return gettext("from {amount}").format(amount=self.money) if self.amount else gettext("Pay what you want")
        if self.interval:
            return f"{self.money} {self.get_interval_display()}"
        return str(self.money) if self.amount else gettext("Free")
