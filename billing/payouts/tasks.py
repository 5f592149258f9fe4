"""What the worker asks Stripe about sellers' accounts."""

from uuid import UUID

from celery import shared_task

from billing.payouts import services
from billing.stripe.errors import StripeRefused
from common.errors import RetryLater


@shared_task(name="billing.refresh_seller", throws=(RetryLater, StripeRefused))
def refresh_seller(seller_id: str) -> None:
    """Ask Stripe about one seller."""
    services.refresh_seller(seller_id=UUID(seller_id))
