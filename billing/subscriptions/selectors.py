"""Whose subscriptions are whose."""

from django.db.models import Prefetch, QuerySet

from accounts.organisations.buying import buyers_of
from accounts.people.models import User
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceChange
from billing.subscriptions.upgrade_models import Upgrade


def subscriptions_seen_by(user: User) -> QuerySet[Subscription]:
    """Return the subscriptions of the user and of the organisations they buy for, newest first, with what a page shows of them.

    Other prices that do not count yet are in `changes_ahead`, in the order in which they do, of one day that which Stripe was not told of
    and then the newest first; an upgrade that is not paid is in `upgrades_open`.
    """
    found = Subscription.objects.filter(buyer__in=buyers_of(user))
    changes = PriceChange.objects.ahead().select_related("price__edition").order_by("counts_from", "state", "-announced_at")
    ahead = Prefetch("price_changes", queryset=changes, to_attr="changes_ahead")
    upgrades = Prefetch("upgrades", queryset=Upgrade.objects.open(), to_attr="upgrades_open")
    return found.select_related("buyer", "seller", "price", "product__namespace", "product__seller").prefetch_related(ahead, upgrades)
