"""The seller side of an account."""

from django.db import models
from django.utils import timezone

from accounts.people.models import Account


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
