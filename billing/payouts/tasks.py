"""What the worker asks Stripe about sellers' accounts."""

from uuid import UUID

from billing.payouts import services
from billing.stripe.errors import StripeRefused
from common.errors import RetryLater
from common.jobs import on_demand


@on_demand(lane="money", limit=120, throws=(RetryLater, StripeRefused))
def refresh_seller(seller_id: str) -> None:
    """Ask Stripe about one seller."""
    services.refresh_seller(seller_id=UUID(seller_id))
