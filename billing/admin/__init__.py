"""Staff's view of the sale."""

from billing.admin.events import StripeEventAdmin
from billing.admin.orders import OrderAdmin
from billing.admin.refunds import RefundAdmin

__all__ = ["OrderAdmin", "RefundAdmin", "StripeEventAdmin"]
