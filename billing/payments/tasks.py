"""What the worker asks Stripe about orders and refunds. Each may run any number of times; the sweeps find what a lost queue forgot."""

from uuid import UUID

from billing.payments import due, reconcile, refunding, unheard
from billing.stripe.errors import StripeRefused
from common.errors import RetryLater
from common.jobs import on_demand, periodic


@on_demand(lane="money", limit=120, throws=(RetryLater, StripeRefused))
def settle_order(order_id: str) -> None:
    """Ask Stripe about one pending order."""
    reconcile.settle_order(order_id=UUID(order_id))


@on_demand(lane="money", limit=120, throws=(RetryLater,))
def continue_refund(refund_id: str) -> None:
    """Go on with one refund."""
    refunding.continue_refund(refund_id=UUID(refund_id))


@periodic(every=60, lane="money", limit=180)
def continue_waiting_reversals() -> int:
    """Take back from sellers what disputes have cost. Returns how many were tried."""
    return due.continue_waiting_reversals()


@periodic(every=30, lane="money", limit=180)
def continue_waiting_evidence() -> int:
    """Send the answers to disputes that Stripe has not confirmed. Returns how many were tried."""
    return due.continue_waiting_evidence()


@periodic(every=60, lane="money", limit=180)
def settle_pending_orders() -> int:
    """Ask Stripe about the pending orders whose webhook has not come. Returns how many."""
    return due.settle_due_orders()


@periodic(every=30, lane="money", limit=180)
def continue_waiting_refunds() -> int:
    """Go on with the refunds that Stripe has not confirmed. Returns how many were tried."""
    return due.continue_waiting_refunds()


@periodic(every=60, lane="money", limit=180)
def book_unbooked_orders() -> int:
    """Bring paid sales into the books that are not in them. Returns how many were asked about."""
    return due.book_unbooked_orders()


@periodic(every=10, lane="money", limit=180)
def close_stopped_checkouts() -> int:
    """End the checkouts of what was stopped while somebody was paying. Returns how many were tried."""
    return due.close_stopped_checkouts()


@periodic(every=600, lane="money", limit=180)
def ask_about_disputes() -> int:
    """Ask Stripe whether banks have decided. Returns how many orders were asked about."""
    return unheard.ask_about_disputes()


@periodic(every=3600, lane="money", limit=180)
def ask_about_late_payouts() -> int:
    """Ask Stripe about payouts that should have arrived. Returns how many."""
    return unheard.ask_about_late_payouts()
