"""Whose subscriptions are whose."""

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from accounts.organisations.buying import buyers_of
from accounts.people.models import User
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceChange
from billing.subscriptions.upgrade_models import Upgrade
from marketplace.entitlements.models import Entitlement


def subscriptions_seen_by(user: User) -> QuerySet[Subscription]:
    """Return the subscriptions of the user and of the organisations they buy for, newest first, with what a page shows of them.

    Other prices that do not count yet are in `changes_ahead`, in the order in which they do, of one day that which Stripe was not told of
    and then the newest first; an upgrade that is not paid is in `upgrades_open`; `is_paused` says
    that something of it cannot be pulled while a payment is disputed or being given back.
    """
    found = Subscription.objects.filter(buyer__in=buyers_of(user))
    changes = PriceChange.objects.ahead().select_related("price__edition").order_by("counts_from", "state", "-announced_at")
    ahead = Prefetch("price_changes", queryset=changes, to_attr="changes_ahead")
    upgrades = Prefetch("upgrades", queryset=Upgrade.objects.open(), to_attr="upgrades_open")
    of_it = Entitlement.objects.live().filter(source_kind=Entitlement.Source.SUBSCRIPTION, source_id=OuterRef("pk"))
    found = found.annotate(is_paused=Exists(of_it.filter(suspended_at__isnull=False)))
    return found.select_related("buyer", "seller", "price", "product__namespace", "product__seller").prefetch_related(ahead, upgrades)
