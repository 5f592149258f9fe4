"""Whose an account at Stripe is."""

from uuid import UUID

from accounts.sellers.models import FormerStripeAccount, SellerProfile


def seller_of_account(account_id: str) -> UUID | None:
    """Return who is, or was, paid on a connected account; None for one that is nobody's here."""
    now = SellerProfile.objects.filter(stripe_account_id=account_id).values_list("pk", flat=True).first()
    return now or FormerStripeAccount.objects.filter(pk=account_id).values_list("seller", flat=True).first()
