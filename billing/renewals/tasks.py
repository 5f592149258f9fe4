"""What the worker does about subscriptions. Each may run any number of times."""

from billing.payments.backoffs import ORDERS
from billing.payments.due import run_due
from billing.renewals import announcing, services
from billing.renewals.reconcile import reconcile_subscription
from billing.renewals.repricing import apply_price_change
from billing.renewals.seller_accounts import bring_forward_moved
from billing.renewals.upgrade_payments import continue_upgrade
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceChange
from billing.subscriptions.upgrade_models import Upgrade
from common.jobs import periodic


@periodic(every=60, lane="money", limit=180)
def reconcile_subscriptions() -> int:
    """Ask Stripe about the subscriptions that are due. Returns how many."""
    services.end_stopped_subscriptions()
    bring_forward_moved()
    rows = Subscription.objects.running().order_by("due_at")
    return run_due(rows, ORDERS, lambda row: reconcile_subscription(subscription_id=row.pk), lambda row: row.buyer_id)


@periodic(every=60, lane="money", limit=60)
def end_lapsed_access() -> int:
    """End what subscriptions let pull whose paid time and grace are over. Returns how many."""
    return services.end_lapsed_access()


@periodic(every=60, lane="money", limit=180)
def change_prices_of_subscriptions() -> int:
    """Tell those whose price changes, then Stripe. Returns of how many subscriptions."""
    told = announcing.tell_subscribers()
    rows = PriceChange.objects.open().select_related("subscription").order_by("due_at")
    return told + run_due(rows, ORDERS, lambda row: apply_price_change(change_id=row.pk), lambda row: row.subscription.buyer_id)


@periodic(every=60, lane="money", limit=180)
def continue_upgrades() -> int:
    """Go on with upgrades whose payment is not known, and tell Stripe what follows from those that were paid. Returns how many."""
    rows = Upgrade.objects.open().select_related("subscription").order_by("due_at")
    return run_due(rows, ORDERS, lambda row: continue_upgrade(upgrade_id=row.pk), lambda row: row.subscription.buyer_id)
