"""What is decided without money that moves: no comparison of balances finds it, so Stripe is asked whether or not its webhook comes."""

from datetime import timedelta
from typing import Final

from django.db.models import Exists, OuterRef
from django.utils import timezone

from billing.disputes.models import Dispute
from billing.ledger.payouts import reconcile_payout
from billing.orders.models import Order
from billing.payments.backoffs import ORDERS, PAYOUTS
from billing.payments.due import run_due
from billing.payments.reconcile import reconcile_order
from billing.payouts.models import ON_THEIR_WAY, Payout
from billing.stripe.payment_data import ENDED_DISPUTES

LATE: Final = timedelta(hours=1)  # after its arrival a payout is asked about
_LONGEST: Final = timedelta(days=30)  # Stripe says sooner than this how a payout ended


def ask_about_disputes() -> int:
    """Ask Stripe about the orders whose disputes were not decided when we last heard of them; return how many were asked about.

    The bank had the money already when it decided for the buyer. An order is asked about a quarter of its age later, six hours at most;
    one that is not in the books has its turn among those.
    """
    undecided = Dispute.objects.filter(order=OuterRef("pk")).exclude(status__in=ENDED_DISPUTES)
    rows = Order.objects.filter(Exists(undecided), booked_at__isnull=False).order_by("due_at")
    return run_due(rows, ORDERS, lambda order: reconcile_order(order_id=order.pk), lambda order: order.buyer_id)


def ask_about_late_payouts() -> int:
    """Ask Stripe about payouts that should have arrived and are still on their way here; return how many were asked about.

    The money left the balance when the payout was made. One that Stripe says nothing of is put off, and stops no other.
    """
    now = timezone.now()
    rows = Payout.objects.filter(status__in=ON_THEIR_WAY, arrives_at__range=(now - _LONGEST, now - LATE)).order_by("due_at")
    return run_due(
        rows,
        PAYOUTS,
        lambda payout: reconcile_payout(payout_id=payout.pk, account_id=payout.stripe_account_id),
        lambda payout: payout.seller_id,
    )
