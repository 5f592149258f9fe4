"""The tables of the sale: orders, refunds, disputes, and the inbox of Stripe's webhooks."""

from billing.models.disputes import Dispute
from billing.models.events import StripeEvent
from billing.models.orders import Order, OrderImage
from billing.models.refunds import Refund

__all__ = ["Dispute", "Order", "OrderImage", "Refund", "StripeEvent"]
