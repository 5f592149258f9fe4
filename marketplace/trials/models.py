"""Access to a product for some days, without payment, before somebody buys it."""

from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from accounts.people.models import Account, User
from common.db.models import UUIDModel
from marketplace.products.models import Edition, Product

BOUGHT: Final = gettext_noop("It was bought.")


class TrialState(StrEnum):
    """What has become of a trial. The API uses the values."""

    RUNNING = gettext_noop("Running")
    OVER = gettext_noop("Over")  # its days have passed, or staff ended it
    BOUGHT = gettext_noop("Bought")  # its holder has bought the product, during the trial or afterwards

    @property
    def label(self) -> str:
        """The same in the reader's language, for pages."""
        return gettext(self.value)


class TrialQuerySet(models.QuerySet["Trial"]):
    """Plain filters on trials."""

    def running(self) -> "TrialQuerySet":
        """Trials that let their holder pull now."""
        return self.filter(ended_at__isnull=True, ends_at__gt=timezone.now())


class Trial(UUIDModel):
    """The holder may pull a product's images, or those of one of its editions, for some days.

    Its entitlements are of the source `trial` and carry the same end.

    Attributes:
        edition: the one that is tried; None for the whole product.
        days: how many there were when it began; a seller's change counts for later trials.
        ended_at: when it ended, by its time (marked by a job), by a purchase or by staff.
        bought_at: when the holder first bought of the product afterwards, or while it ran all that it gave, which ended it.
        bought_by: the order or subscription that did, rows of a layer above.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="trials", db_index=False)  # first in a constraint
    # Nobody looks for the trials of an edition.
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    holder = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="trials")
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    days = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField(default=timezone.now, editable=False)
    ends_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=500, blank=True)
    bought_at = models.DateTimeField(null=True, blank=True)
    bought_by = models.UUIDField(null=True, blank=True)

    objects: ClassVar[models.Manager["Trial"]] = TrialQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("product", "holder"), name="trial_once_for_holder"),
            models.UniqueConstraint(fields=("product", "started_by"), name="trial_once_for_person"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("started_at")), name="trial_ends_after_its_start"),
            models.CheckConstraint(condition=Q(ended_at__isnull=True) | ~Q(end_reason=""), name="trial_end_has_a_reason"),
            models.CheckConstraint(
                condition=Q(bought_at__isnull=True, bought_by__isnull=True) | Q(bought_at__isnull=False, bought_by__isnull=False),
                name="trial_bought_by_something",
            ),
        )
        indexes = (
            models.Index(fields=("ends_at",), condition=Q(ended_at__isnull=True), name="trial_ending"),
            models.Index(fields=("bought_by",), condition=Q(bought_by__isnull=False), name="trial_bought_by"),
            models.Index(fields=("product", "-started_at"), name="trial_of_product"),
        )
        ordering = ("-started_at",)

    def __str__(self) -> str:
        return f"{self.holder} tries {self.title}"

    @property
    def title(self) -> str:
        """What is tried: the product's title, and its edition's name."""
        return f"{self.product.title}, {self.edition.name}" if self.edition else self.product.title

    @property
    def state(self) -> TrialState:
        if self.ended_at is None and self.ends_at > timezone.now():
            return TrialState.RUNNING
        return TrialState.OVER if self.bought_at is None else TrialState.BOUGHT

    @property
    def ended_early(self) -> bool:
        """Whether it ended before its time."""
        return self.ended_at is not None and self.ended_at < self.ends_at

    @property
    def time_left_when_bought(self) -> timedelta:
        """How much of it was left when its holder bought the product; nothing if it had ended before."""
        bought_it_out = self.bought_at is not None and self.bought_at == self.ended_at
        return self.ends_at - self.bought_at if bought_it_out and self.bought_at else timedelta(0)


class TrialKey(models.Model):
    """An address or a payment card that has had its trial of a product: a keyed hash, which outlives the account it was of."""

    class Kind(models.TextChoices):
        ADDRESS = "address"
        CARD = "card"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", db_index=False)  # first in the constraint
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    key_hash = models.CharField(max_length=64, editable=False)
    noted_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("product", "key_hash"), name="trial_key_once_for_product"),)

    def __str__(self) -> str:
        return f"{self.kind} of a trial"


class KnownCard(models.Model):
    """A payment card that was seen at a purchase of the account: a keyed hash of what Stripe calls it, wherever it is used."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)  # first in the constraint
    card_hash = models.CharField(max_length=64, editable=False)
    seen_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("account", "card_hash"), name="known_card_once"),)

    def __str__(self) -> str:
        return f"a card of {self.account}"
