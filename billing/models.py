"""Where Django looks for the tables of this app."""

from billing.disputes.models import Dispute
from billing.inbox.models import StripeEvent
from billing.orders.models import Order, OrderImage
from billing.refunds.models import Refund

__all__ = ["Dispute", "Order", "OrderImage", "Refund", "StripeEvent"]
