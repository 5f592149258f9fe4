"""What the periods of a subscription cost: now, next, and at a time before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from billing.stripe.checkout import part_by_percent
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceChange
from billing.subscriptions.upgrade_models import Upgrade
from common.money import Money


@dataclass(frozen=True, slots=True)
class Terms:
    """What one period costs, under which price, and our part of it."""

    price_id: UUID
    amount: int
    application_fee: int


def terms_now(subscription: Subscription, now: datetime) -> Terms:
    """Return what the period that runs costs: a change whose first renewal is still to come does not count yet."""
    ahead = subscription.price_changes.filter(state=PriceChange.State.SET, counts_from__gt=now).order_by("announced_at").first()
    return next_terms(subscription) if ahead is None else _before(ahead)


def terms_before(subscription: Subscription, moment: datetime, now: datetime) -> Terms:
    """Return what the buyer knows to pay up to a renewal: of a change that counts before it, or that they have chosen, what that costs."""
    ahead = subscription.price_changes.filter(state=PriceChange.State.SET, counts_from__gt=now)
    known = ahead.filter(Q(counts_from__lt=moment) | Q(announcement=None)).exists()
    return next_terms(subscription) if known else terms_now(subscription, now)


def terms_of_period(subscription: Subscription, charged: Money, begins_at: datetime) -> Terms:
    """Return the terms that a period was charged under: those of when it began, else of all it has had the newest that come to this.

    A period may be paid late, after the price has changed, and a change may reach Stripe later than it was announced for. So what was
    charged decides, and a date only between two that come to the same. Where none comes to it, those that count now: then the order is
    flagged, as any that differs.
    """
    known = [next_terms(subscription)]
    for change in subscription.price_changes.exclude(state=PriceChange.State.DROPPED).order_by("-announced_at"):
        known += [Terms(change.price_id, change.amount, change.application_fee), _before(change)]
    for upgrade in subscription.upgrades.exclude(state=Upgrade.State.FAILED).order_by("-asked_at"):
        known += [
            Terms(upgrade.price_id, upgrade.amount, upgrade.application_fee),
            Terms(upgrade.was_price_id, upgrade.was_amount, upgrade.was_application_fee),
        ]
    return next((terms for terms in [terms_now(subscription, begins_at), *known] if terms.amount == charged.minor), known[0])


def reduced_terms(subscription: Subscription, terms: Terms, off: int) -> dict[str, Any]:
    """Return what an order of a period says whose payment a code has reduced by so much: what is paid of it, and our part of that."""
    whole, fee = Money(terms.amount, subscription.currency), Money(terms.application_fee, subscription.currency)
    taken = min(off, terms.amount)
    paid = Money(terms.amount - taken, subscription.currency)
    code = subscription.discount_code if taken else ""
    part = part_by_percent(fee, whole, paid=paid) if taken else fee
    return {
        "price_id": terms.price_id,
        "amount": paid.minor,
        "application_fee": part.minor,
        "discount_amount": taken,
        "discount_code": code,
    }


def next_terms(subscription: Subscription) -> Terms:
    """Return what Stripe charges for the next period."""
    return Terms(subscription.price_id, subscription.amount, subscription.application_fee)


def _before(change: PriceChange) -> Terms:
    return Terms(change.was_price_id, change.was_amount, change.was_application_fee)
