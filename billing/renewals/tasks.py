"""What the worker does about subscriptions. Each may run any number of times."""

from billing.payments.backoffs import ORDERS
from billing.payments.due import run_due
from billing.renewals import services
from billing.renewals.reconcile import reconcile_subscription
from billing.subscriptions.models import Subscription
from common.jobs import periodic


@periodic(every=60, lane="money", limit=180)
def reconcile_subscriptions() -> int:
    """Ask Stripe about the subscriptions that are due. Returns how many."""
    services.end_stopped_subscriptions()
    rows = Subscription.objects.running().order_by("due_at")
    return run_due(rows, ORDERS, lambda row: reconcile_subscription(subscription_id=row.pk), lambda row: row.buyer_id)


@periodic(every=60, lane="money", limit=60)
def end_lapsed_access() -> int:
    """End what subscriptions let pull whose paid time and grace are over. Returns how many."""
    return services.end_lapsed_access()
