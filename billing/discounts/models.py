"""What a buyer pays less than the price: by a code that many may type, or by an offer to one of them."""

import re
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.people.models import Account
from accounts.sellers.models import SellerProfile
from billing.orders.models import Order
from common.db.models import UUIDModel
from common.money import Money
from marketplace.products.models import Edition, Product

LONGEST_CODE: Final = 40
CODE_PATTERN: Final = re.compile(rf"[A-Z0-9][A-Z0-9-]{{2,{LONGEST_CODE - 1}}}")


def normal_code(text: str) -> str:
    """Return a code as it is stored and compared: upper case, without the blanks that copying brings; empty for what cannot be one."""
    code = "".join(text.split()).upper() if text.isascii() else ""
    return code if CODE_PATTERN.fullmatch(code) else ""


class Discount(UUIDModel):
    """A reduction of prices. Its terms never change: it is paused, goes on or ends, and other terms are another row.

    Attributes:
        seller: who gives it and bears it; None for the shop's own.
        code: upper case; empty for an offer, which nobody types.
        percent: of the price that is taken off.
        amount: minor units: what is taken off, or what is paid instead of the price.
        products: for which alone it counts; none for all of its seller's, of the shop's own for all.
        edition: of its one product, if the offer is for that; whoever has accepted it keeps it when the edition is retired.
        email, account: whose offer it is: whoever has verified the address, or whoever buys for the account.
        duration: which payments of a subscription it reduces; empty for none, which holds for the shop's own and for offers.
        months: for how long, if it is for some months.
        paused_at: it counts for nobody until it goes on.
        ended_at: it was ended for good, and another may have its code.
    """

    class Kind(models.TextChoices):
        PERCENT = "percent", gettext_lazy("Percent off")
        AMOUNT = "amount", gettext_lazy("Amount off")
        PRICE = "price", gettext_lazy("Offer")  # a price of its own, for one buyer

    class Duration(models.TextChoices):
        NONE = "", gettext_lazy("Not for subscriptions")
        ONCE = "once", gettext_lazy("The first payment")
        REPEATING = "repeating", gettext_lazy("The payments of some months")
        FOREVER = "forever", gettext_lazy("Every payment")

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Not begun")
        LIVE = "live", gettext_lazy("Live")
        PAUSED = "paused", gettext_lazy("Paused")
        ENDED = "ended", gettext_lazy("Ended")

    seller = models.ForeignKey(SellerProfile, on_delete=models.PROTECT, null=True, blank=True, related_name="discounts")
    code = models.CharField(max_length=LONGEST_CODE, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    percent = models.PositiveSmallIntegerField(default=0)
    amount = models.PositiveIntegerField(default=0, help_text="Minor units.")
    currency = models.CharField(max_length=3, blank=True, help_text="Of the amount, and of the prices that it counts for.")
    duration = models.CharField(max_length=10, choices=Duration.choices, blank=True, default="", db_default="")
    months = models.PositiveSmallIntegerField(null=True, blank=True)
    products = models.ManyToManyField(Product, blank=True, related_name="+")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    most_uses = models.PositiveIntegerField(null=True, blank=True)
    most_per_customer = models.PositiveIntegerField(null=True, blank=True)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    paused_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("seller", "code"),
                condition=Q(ended_at__isnull=True, seller__isnull=False) & ~Q(code=""),
                name="discount_code_once_for_seller",
            ),
            models.UniqueConstraint(
                fields=("code",), condition=Q(ended_at__isnull=True, seller__isnull=True), name="discount_code_once_for_shop"
            ),
            models.CheckConstraint(
                condition=Q(kind="percent", percent__range=(1, 100), amount=0, currency="")
                | Q(kind="amount", percent=0, amount__gt=0, currency__regex=r"^[a-z]{3}$")
                | Q(kind="price", percent=0, currency__regex=r"^[a-z]{3}$"),
                name="discount_says_how_much",
            ),
            models.CheckConstraint(
                condition=(~Q(kind="price") & ~Q(code="") & Q(email="", account__isnull=True))
                | (
                    Q(kind="price", code="", seller__isnull=False, ends_at__isnull=False, most_uses=1)
                    & (Q(email="", account__isnull=False) | (~Q(email="") & Q(account__isnull=True)))
                ),
                name="discount_has_a_code_or_one_addressee",
            ),
            models.CheckConstraint(
                condition=Q(duration="")
                | Q(
                    kind__in=("percent", "amount"),
                    seller__isnull=False,
                    duration__in=("once", "repeating", "forever"),
                    percent__lt=100,
                ),
                name="discount_of_subscriptions_is_a_sellers",
            ),
            models.CheckConstraint(
                condition=Q(duration="repeating", months__gt=0) | (~Q(duration="repeating") & Q(months__isnull=True)),
                name="discount_lasts_some_months",
            ),
            models.CheckConstraint(condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="discount_ends_after_it_starts"),
            models.CheckConstraint(
                condition=(Q(most_uses__isnull=True) | Q(most_uses__gt=0))
                & (Q(most_per_customer__isnull=True) | Q(most_per_customer__gt=0)),
                name="discount_can_be_used",
            ),
        )
        indexes = (
            models.Index(fields=("seller", "-created_at"), name="discount_of_seller"),
            models.Index(fields=("code",), name="discount_by_code"),
            models.Index(fields=("email",), condition=~Q(email=""), name="discount_for_address"),
        )
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.code or f"Offer to {self.addressee}"

    @property
    def is_offer(self) -> bool:
        return self.kind == self.Kind.PRICE

    @property
    def money(self) -> Money | None:
        """The amount, unless it is a part of the price."""
        return Money(self.amount, self.currency) if self.currency else None

    @property
    def addressee(self) -> str:
        """Whose offer it is: an address, or a handle."""
        return self.account.handle if self.account else self.email

    def state_at(self, now: datetime) -> State:
        """Return what it is at that moment, whether or not uses of it are left."""
        if self.ended_at is not None or (self.ends_at is not None and self.ends_at <= now):
            return self.State.ENDED
        if self.paused_at is not None:
            return self.State.PAUSED
        return self.State.WAITING if self.starts_at > now else self.State.LIVE

    @property
    def state(self) -> State:
        """What it is now."""
        return self.state_at(timezone.now())


class DiscountUse(models.Model):
    """An order that was placed with a discount. Whether the use counts follows from the order's state alone, so that nothing doubles it."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, primary_key=True, related_name="discount_use")
    discount = models.ForeignKey(Discount, on_delete=models.PROTECT, related_name="uses", db_index=False)
    buyer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = (models.Index(fields=("discount", "buyer"), name="discount_use_of_buyer"),)

    def __str__(self) -> str:
        return f"{self.discount} for {self.order}"
