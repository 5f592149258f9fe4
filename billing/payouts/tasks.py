"""What the worker asks Stripe about sellers' accounts."""

from uuid import UUID

from celery import shared_task

from billing.payouts import services
from billing.stripe.errors import StripeRefused
from common.errors import RetryLater


@shared_task(name="billing.look_at_seller", throws=(RetryLater, StripeRefused))
def look_at_seller(seller_id: str) -> None:
    """Ask Stripe about one seller."""
    services.look_at_seller(seller_id=UUID(seller_id))
