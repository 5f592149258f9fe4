"""What a bank is told of a subscription: which period was paid, when it was cancelled or that it was not, and the mails."""

from collections.abc import Iterator
from typing import Final

from django.db.models import QuerySet

from audit.models import AuditEvent
from billing.orders.models import Order
from billing.subscriptions.models import Subscription

_ACTS: Final = {
    "subscription.begun": "The buyer subscribed",
    "subscription.canceled": "It was cancelled, to end with its period",
    "subscription.resumed": "The buyer took the cancellation back",
    "subscription.upgraded": "The buyer changed to a larger edition, for which the difference was paid",
    "subscription.edition_planned": "The buyer chose a smaller edition from the next period on",
    "subscription.price_set": "Another price counts, of which the buyer was told before",
    "subscription.end_wanted": "It was ended at once",
    "subscription.ended": "It ended",
}


def sold_for_a_period(order: Order) -> str:
    """Return what was sold, in one sentence: no lasting access, but that of a period."""
    return (
        f"{order.product_title}, sold by {order.seller.display_name}: a subscription, paid in advance {order.price.get_interval_display()},"
        f" that gives access to container images, delivered over the network, as long as it is paid. {_period(order)}"
    )


def _period(order: Order) -> str:
    if order.period_days is None:
        return "This payment was for one period of it."
    first, last = order.period_days
    what = "the difference to a larger edition, to the end of its period" if order.pays_difference else "the period"
    return f"This payment was for {what}: {first:%Y-%m-%d} to {last:%Y-%m-%d}."


def subscription_lines(subscription: Subscription) -> Iterator[str]:
    """Yield how it stands, what the buyer can do, and what was done with it when."""
    yield from ("", "The subscription", _period_ends(subscription))
    yield "Its buyer can cancel it at any time on the page of their subscriptions: the paid period lasts, and nothing is charged again."
    for event in _acts(subscription).order_by("at"):
        yield f"{event.at:%Y-%m-%d %H:%M:%S} UTC: {_ACTS[event.action]}{f'. Reason given: {event.reason}' if event.reason else ''}"


def _period_ends(subscription: Subscription) -> str:
    if subscription.ended_at is not None:
        return f"It ended on {subscription.ended_at:%Y-%m-%d}, and was not charged again."
    if subscription.ends_with_period:
        return f"It has been cancelled, and ends on {subscription.period_end:%Y-%m-%d}."
    return "It has not been cancelled."


def mail_keys(subscription: Subscription) -> Iterator[str]:
    """Yield the keys of the mails to whoever subscribed: a failed payment, another price or edition, that it ends, and the end."""
    known = {subscription.period_end, *subscription.orders.values_list("period_end", flat=True)}
    for ends in known:
        yield from (f"{template}:{subscription.pk}:{ends}" for template in ("subscription_failed", "subscription_ended"))
    yield from (f"subscription_ending:{event.pk}" for event in _acts(subscription).filter(action="subscription.canceled"))
    for change in subscription.price_changes.all():
        yield from (f"price_change:{change.pk}:0", f"edition_planned:{change.pk}")
    yield from (f"upgrade_failed:{upgrade.pk}" for upgrade in subscription.upgrades.all())


def _acts(subscription: Subscription) -> QuerySet[AuditEvent]:
    of = {"target_type": subscription._meta.label_lower, "target_id": str(subscription.pk)}
    return AuditEvent.objects.filter(**of, action__in=_ACTS)
