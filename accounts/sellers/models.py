"""The seller side of an account."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts.people.models import Account
from common.db.models import UUIDModel
from common.money import Money


class SellerProfile(models.Model):
    """An account that sells. Its primary key is the account's, so that owner and seller can be compared by the database."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, primary_key=True, related_name="seller")
    display_name = models.CharField(max_length=80)
    namespace_quota = models.PositiveSmallIntegerField(help_text="How many namespaces this seller may hold.")
    storage_quota = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Bytes that they may store in the registry; empty for what every seller may."
    )
    stripe_account_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    charges_enabled = models.BooleanField(default=False, help_text="Stripe accepts payments for this seller.")
    payouts_enabled = models.BooleanField(default=False, help_text="Stripe pays out to this seller.")
    details_submitted = models.BooleanField(default=False)
    stripe_country = models.CharField(max_length=2, blank=True, help_text="Country of the Stripe account: two letters.")
    stripe_problem = models.CharField(max_length=500, blank=True, help_text="Why Stripe refuses their sales; empty when it does not.")
    refused_currencies = ArrayField(
        models.CharField(max_length=3), default=list, db_default=[], blank=True, help_text="That Stripe does not charge for this account."
    )
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspension_reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(suspended_at__isnull=True) | ~models.Q(suspension_reason=""),
                name="seller_suspension_has_a_reason",
            ),
        )

    def __str__(self) -> str:
        return self.display_name

    @property
    def can_be_paid(self) -> bool:
        """Whether a sale at a price is possible now. `marketplace.entitlements.policy` says the same in SQL, and a test compares."""
        return self.charges_enabled and self.payouts_enabled and bool(self.stripe_account_id) and self.suspended_at is None

    def takes(self, currency: str) -> bool:
        """Whether Stripe charges the currency for their account, as far as it has told: it refuses a sale when it does not."""
        return currency not in self.refused_currencies


class FormerStripeAccount(models.Model):
    """A Stripe account that no longer pays a seller. Orders of its time keep its id."""

    stripe_account_id = models.CharField(primary_key=True, max_length=255)
    seller = models.ForeignKey(SellerProfile, on_delete=models.PROTECT, related_name="former_stripe_accounts")
    ended_at = models.DateTimeField(default=timezone.now, editable=False)
    reason = models.CharField(max_length=500)
    may_return = models.BooleanField(default=True, help_text="Whether it is taken back if Stripe knows it under our key again.")

    class Meta:
        ordering = ("-ended_at",)
        verbose_name = "former Stripe account"

    def __str__(self) -> str:
        return self.stripe_account_id


class FeeTerms(UUIDModel):
    """What we keep of a seller's sales from a moment on. A sale copies the fee, so that later terms change nothing that was sold."""

    seller = models.ForeignKey(SellerProfile, on_delete=models.PROTECT, related_name="fee_terms")
    currency = models.CharField(max_length=3, blank=True, help_text="For sales in this currency alone; empty for all.")
    basis_points = models.PositiveSmallIntegerField(help_text="Hundredths of a percent of the price.")
    fixed = models.PositiveIntegerField(default=0, help_text="In addition, of each sale: minor units of the currency.")
    starts_at = models.DateTimeField(help_text="They count from this moment on, until newer ones do.")
    reason = models.CharField(max_length=500)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("seller", "currency", "starts_at"), name="fee_terms_once_at_a_time"),
            models.CheckConstraint(condition=models.Q(basis_points__lte=10_000), name="fee_terms_at_most_all"),
            models.CheckConstraint(condition=models.Q(fixed=0) | ~models.Q(currency=""), name="fee_terms_fixed_has_currency"),
        )
        ordering = ("-starts_at", "-currency")
        verbose_name_plural = "fee terms"

    def __str__(self) -> str:
        fixed = f" and {Money(self.fixed, self.currency)}" if self.fixed else ""
        return f"{self.percent} %{fixed} from {self.starts_at:%Y-%m-%d %H:%M} UTC"

    @property
    def percent(self) -> str:
        """The part of the price, as people write it: `10`, `7.5`, `0.25`."""
        whole, rest = divmod(self.basis_points, 100)
        return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")
