"""One purchase of one product by one account."""

from datetime import UTC, date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.people.models import Account
from accounts.sellers.models import SellerProfile
from billing.subscriptions.models import Subscription
from common.db.claims import Attempt
from common.db.models import UUIDModel
from common.languages import long_day
from common.money import Money
from marketplace.images.models import Image
from marketplace.products.models import Price, Product

# Stripe's words for ways to pay that are not names.
_MEANS = {"card": gettext_lazy("card"), "sepa debit": gettext_lazy("sepa debit")}


class SoldPage(models.Model):
    """What a product's page said when it was sold: one row for the same words, however often they were sold. Never changed."""

    id = models.CharField(primary_key=True, max_length=64, help_text="SHA-256 of what follows.")
    summary = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True, help_text="Markdown.")
    licence_name = models.CharField(max_length=80, blank=True)
    licence_text = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.id[:12]


class Order(UUIDModel, Attempt):
    """A purchase. What it was sold for is copied here at the sale and never changes afterwards.

    As an `Attempt` it is a question that is due to Stripe: whether the order was paid.

    Its state changes only along `billing.orders.state.TRANSITIONS`; what the buyer may pull follows from the state, and from a
    refund of their own that is not decided (docs/adr, 0063).
    """

    class State(models.TextChoices):
        PENDING = "pending", gettext_lazy("Pending")
        PAID = "paid", gettext_lazy("Paid")
        PARTIALLY_REFUNDED = "partially_refunded", gettext_lazy("Partially refunded")
        REFUNDED = "refunded", gettext_lazy("Refunded")  # all the money goes back or has gone back
        DISPUTED = "disputed", gettext_lazy("Disputed")  # the buyer's bank wants the money back
        CHARGED_BACK = "charged_back", gettext_lazy("Charged back")  # and has taken it
        EXPIRED = "expired", gettext_lazy("Expired")
        FAILED = "failed", gettext_lazy("Failed")

    buyer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="orders")
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seller = models.ForeignKey(SellerProfile, on_delete=models.PROTECT, related_name="orders")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="orders")
    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="orders")
    product_title = models.CharField(max_length=80)
    sold_page = models.ForeignKey(
        SoldPage,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="What its page said; orders of before have none.",
    )
    email = models.EmailField(max_length=254, help_text="Where the receipt goes.")
    state = models.CharField(max_length=20, choices=State.choices, default=State.PENDING)
    amount = models.PositiveIntegerField(help_text="Minor units.")
    currency = models.CharField(max_length=3)
    discount_amount = models.PositiveIntegerField(default=0, db_default=0, help_text="By which the price was higher, minor units.")
    discount_code = models.CharField(max_length=40, blank=True, default="", db_default="", help_text="As it was typed; empty for an offer.")
    credit_amount = models.PositiveIntegerField(
        default=0, db_default=0, help_text="By which earlier orders of its buyer made it cheaper, minor units."
    )
    application_fee = models.PositiveIntegerField(help_text="Our part of the amount, minor units.")
    tax_amount = models.PositiveIntegerField(default=0, db_default=0, help_text="Tax within the amount, as Stripe worked it out.")
    tax_lines = models.JSONField(
        default=list, db_default=Value([], models.JSONField()), help_text="Each tax: name, percent, country, amount."
    )
    refunded_amount = models.PositiveIntegerField(default=0, help_text="What Stripe gave back, minor units.")
    refund_requested_amount = models.PositiveIntegerField(default=0, help_text="Refunds requested and made together, minor units.")
    refund_days = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Within so many days of the payment the seller has promised the money back to who asks."
    )
    unpulled_refund_days = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Within so many days the buyer takes it back alone, while nothing was pulled."
    )
    destination_account_id = models.CharField(max_length=255, help_text="The seller's account at Stripe when it was sold.")
    # Checkout: the session that the order's id made (it is the idempotency key), and where the buyer pays while it is open.
    checkout_session_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    checkout_url = models.TextField(blank=True)
    checkout_expires_at = models.DateTimeField()
    payment_intent_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    paid_with = models.CharField(max_length=80, blank=True, help_text="As the receipt says it: card ending 4242.")
    # Of a subscription: which period it pays for. The first is begun in Checkout, each later one is an invoice that Stripe has made.
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, null=True, blank=True, related_name="orders")
    invoice_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    period_start = models.DateTimeField(null=True, blank=True)
    period_end = models.DateTimeField(null=True, blank=True)
    # Raised by each observation of Stripe that is applied: an answer that was fetched under an older revision is stale.
    revision = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    paid_at = models.DateTimeField(null=True, blank=True)
    booked_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Since when its payment is in the books.")
    closed_at = models.DateTimeField(null=True, blank=True, help_text="When it expired, failed or was wholly refunded.")
    flagged_at = models.DateTimeField(null=True, blank=True)
    flag = models.CharField(max_length=500, blank=True, help_text="What staff should check.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("buyer", "product"), condition=Q(state="pending"), name="order_one_pending"),
            models.CheckConstraint(condition=Q(refunded_amount__lte=F("amount")), name="order_refunds_within_amount"),
            models.CheckConstraint(condition=Q(refund_requested_amount__lte=F("amount")), name="order_refund_requested_within_amount"),
            models.CheckConstraint(condition=Q(application_fee__lte=F("amount")), name="order_fee_within_amount"),
            models.CheckConstraint(
                condition=Q(state__in=("pending", "expired", "failed")) | Q(paid_at__isnull=False),
                name="order_paid_has_a_date",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0) | Q(discount_amount__gt=0) | Q(credit_amount__gt=0), name="order_amount_positive_or_reduced"
            ),
        )
        indexes = (
            models.Index(fields=("buyer", "-created_at"), name="order_of_buyer"),
            models.Index(fields=("seller", "-created_at"), name="order_of_seller"),
            models.Index(fields=("due_at",), condition=Q(state="pending", given_up_at__isnull=True), name="order_due"),
            models.Index(
                fields=("due_at",),
                condition=Q(booked_at__isnull=True, paid_at__isnull=False, given_up_at__isnull=True),
                name="order_unbooked",
            ),
        )
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.product_title}, {self.money}, {self.get_state_display().lower()}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def list_price(self) -> Money:
        """What it cost without its discount and what was credited for it."""
        return Money(self.amount + self.discount_amount + self.credit_amount, self.currency)

    @property
    def discount(self) -> Money:
        """What it cost less than its price, by a code or an offer."""
        return Money(self.discount_amount, self.currency)

    @property
    def credit(self) -> Money:
        """What it cost less because its buyer had paid for a part of it before."""
        return Money(self.credit_amount, self.currency)

    @property
    def fee(self) -> Money:
        """Our part of it."""
        return Money(self.application_fee, self.currency)

    @property
    def tax(self) -> Money:
        """What of the amount is tax; nothing where nobody worked it out."""
        return Money(self.tax_amount, self.currency)

    @property
    def refunded(self) -> Money:
        """What Stripe has given back."""
        return Money(self.refunded_amount, self.currency)

    @property
    def total(self) -> Money:
        """What the buyer has paid in the end: the amount less what Stripe has given back."""
        return self.money - self.refunded

    @property
    def refund_requested(self) -> Money:
        """What refunds have been requested for, done or not."""
        return Money(self.refund_requested_amount, self.currency)

    @property
    def refundable(self) -> Money:
        """What may still be requested."""
        return self.money - self.refund_requested

    @property
    def waits_for_bank(self) -> bool:
        """Whether the buyer has promised a bank debit, which takes days: nothing can be paid any more, and nothing is paid yet."""
        return self.state == self.State.PENDING and not self.checkout_url and bool(self.paid_with)

    @property
    def paid_with_words(self) -> str:
        """What it was paid with, as `paid_with` says, in the reader's language."""
        means, _, last4 = self.paid_with.rpartition(" ending ")
        if not means:
            return str(_MEANS.get(self.paid_with, self.paid_with))
        return gettext("{means} ending {last4}").format(means=_MEANS.get(means, means), last4=last4)

    @property
    def pays_difference(self) -> bool:
        """Whether it was paid for the change of a subscription to a larger edition, in the middle of a period."""
        return self.subscription is not None and self.subscription.upgrades.filter(invoice_id=self.invoice_id).exists()

    @property
    def period_days(self) -> tuple[date, date] | None:
        """The first and the last day, in UTC, that a payment for a subscription is for; the next period begins on the day after."""
        if self.period_start is None or self.period_end is None:
            return None
        begins = self.period_start.astimezone(UTC).date()
        return begins, max(begins, self.period_end.astimezone(UTC).date() - timedelta(days=1))

    @property
    def period_words(self) -> str:
        """What time it was paid for, in the reader's language; empty for what is paid once."""
        if self.period_days is None:
            return ""
        words = gettext("Difference to the end of the period, {first} to {last}") if self.pays_difference else gettext("{first} to {last}")
        first, last = self.period_days
        return words.format(first=long_day(first), last=long_day(last))

    @property
    def number(self) -> str:
        """A short name for people: the random end of the id."""
        return self.id.hex[-10:].upper()


class OrderImage(models.Model):
    """An image as it was sold: its name, the version its page led with, and what its newest tags pointed at.

    Not every tag: sellers push thousands. What is sold is pull access to the image; the digests prove what it was at the time.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="images")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+")
    repository = models.CharField(max_length=200)
    featured_tag = models.CharField(max_length=128, blank=True, help_text="The version that its page led with.")
    tag_count = models.PositiveIntegerField(default=0, help_text="How many tags it had.")
    digests = models.JSONField(default=dict, help_text="Tag → digest at the sale: the version it led with, and the newest.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("order", "image"), name="order_image_unique"),)
        ordering = ("id",)

    def __str__(self) -> str:
        return self.repository

    @property
    def tags_left_out(self) -> int:
        """How many more tags it had than those whose digests are kept."""
        return max(self.tag_count - len(self.digests), 0)
