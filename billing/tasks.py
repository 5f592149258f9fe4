"""Where Celery looks for the tasks of this app."""

from billing.disputes.tasks import remind_of_disputes
from billing.inbox.tasks import handle_stripe_event, handle_waiting_stripe_events
from billing.payments.tasks import close_stopped_checkouts, continue_refund, continue_waiting_refunds, settle_order, settle_pending_orders
from billing.payouts.tasks import refresh_seller

__all__ = [
    "close_stopped_checkouts",
    "continue_refund",
    "continue_waiting_refunds",
    "handle_stripe_event",
    "handle_waiting_stripe_events",
    "refresh_seller",
    "remind_of_disputes",
    "settle_order",
    "settle_pending_orders",
]
