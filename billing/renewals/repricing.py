"""An announced price is told to Stripe: once the renewal that it counts from is the next one, so that no earlier period costs it."""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit, require_reason
from billing.discounts.recurring import coupon_from, off_renewals
from billing.stripe.subscription_prices import Renewal, read_renewal, set_renewal_price
from billing.subscriptions.errors import PriceChangeNotOpen
from billing.subscriptions.locks import lock_price_change, lock_subscription
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceChange
from billing.subscriptions.upgrade_models import Upgrade
from common.db.claims import try_again
from common.db.exclusive import alone
from common.db.locking import locked_transaction
from common.money import Money

State = PriceChange.State
_AFTER_RENEWAL: Final = timedelta(hours=2)


def telling_price(subscription_id: UUID) -> AbstractContextManager[bool]:
    """Let one process at a time tell Stripe what a subscription costs; yield whether this one may. Nobody waits."""
    return alone(f"billing.price:{subscription_id}")


def apply_price_change(*, change_id: UUID) -> PriceChange:
    """Have Stripe charge a price that was announced, from the renewal on that its buyer was told. Safe any number of times.

    Stripe is asked how it stands first, and told only what differs: an answer that was lost is found there. It charges no period twice,
    and none that has begun. While renewals at the old price are to come before, nothing is done but to look again after the next one.
    While somebody else tells Stripe what the subscription costs, nothing is done at all: the sweep goes on.

    Raises:
        StripeAway: nothing is known; the sweep goes on.
        StripeRefused: it keeps its old price; the sweep tries again, and staff see why.
    """
    subscription_id = PriceChange.objects.values_list("subscription", flat=True).get(pk=change_id)
    with telling_price(subscription_id) as ours:
        change = PriceChange.objects.select_related("subscription").get(pk=change_id)
        return _apply(change) if ours and change.state == State.ANNOUNCED else change


def _apply(change: PriceChange) -> PriceChange:
    renewal = read_renewal(change.subscription.stripe_subscription_id) if change.subscription.running else None
    if renewal is None:
        return _finish(change, State.DROPPED, change.counts_from)
    if Upgrade.objects.open().filter(subscription=change.subscription_id).exists():  # it is worked out from the price of before
        return _wait(change, timezone.now())
    if renewal.at < change.counts_from:
        _take_back_what_was_dropped(change.subscription, renewal)
        return _wait(change, renewal.at)
    return _finish(change, State.SET, _tell(change.subscription, change.money, change.application_fee, renewal).at)


def _tell(subscription: Subscription, price: Money, fee: int, renewal: Renewal) -> Renewal:
    coupon = coupon_from(subscription, price, renewal.at, told_at=timezone.now())
    part = Money(fee, subscription.currency)
    return set_renewal_price(subscription.stripe_subscription_id, price=price, fee=part, coupon=coupon)


def _take_back_what_was_dropped(subscription: Subscription, renewal: Renewal) -> None:
    """Have the renewals until a change cost what they did, should one that was dropped for it have come to Stripe nevertheless."""
    dropped = subscription.price_changes.filter(state=State.DROPPED, amount=renewal.price.minor)
    if renewal.price != subscription.money and dropped.exists():
        _tell(subscription, subscription.money, subscription.application_fee, renewal)


def _wait(change: PriceChange, renewal: datetime) -> PriceChange:
    """Look again when the next renewal is behind us, or soon if it should be: Stripe's clock and ours differ by moments."""
    change.attempts, change.due_at = 0, max(renewal, timezone.now()) + _AFTER_RENEWAL
    change.save(update_fields=["attempts", "due_at"])
    return change


def _finish(change: PriceChange, state: PriceChange.State, counts_from: datetime) -> PriceChange:
    """Write what became of it, unless another price was announced meanwhile: then Stripe is told of that one after it."""
    with locked_transaction():
        subscription = lock_subscription(subscription_id=change.subscription_id)
        row = PriceChange.objects.select_related("subscription").get(pk=change.pk)
        if row.state != State.ANNOUNCED:  # dropped while Stripe was told: the one in its place is looked at next, and sets that right
            PriceChange.objects.open().filter(subscription=subscription).update(due_at=timezone.now())
            return row
        row.state, row.counts_from, row.last_error = state, counts_from, ""
        row.set_at = timezone.now() if state is State.SET else None
        row.save(update_fields=["state", "counts_from", "last_error", "set_at"])
        if state is State.SET:
            subscription.price_id, subscription.amount, subscription.application_fee = row.price_id, row.amount, row.application_fee
            subscription.discount_amount = off_renewals(subscription, row.money, counts_from).minor
            subscription.save(update_fields=["price", "amount", "application_fee", "discount_amount"])
            record_audit(actor=None, action="subscription.price_set", target=subscription, before=row.was_amount, now=row.amount)
            _open_again(row)
    return row


def _open_again(kept: PriceChange) -> None:
    """Have what was announced count again once a choice is taken back that had taken its place: its buyer was told of it in time."""
    if kept.announcement_id is not None or kept.chosen:
        return
    told = PriceChange.objects.filter(subscription=kept.subscription_id, announcement__isnull=False)
    newest = told.filter(price__edition=kept.price.edition_id).order_by("-announced_at").first()
    if newest is not None and newest.state == State.DROPPED and newest.was_price_id == kept.price_id:
        newest.state = State.ANNOUNCED
        newest.save(update_fields=["state"])
        try_again(newest)


def try_price_change_again(*, change: PriceChange, reason: str, actor: User) -> None:
    """Have the sweep tell Stripe about it next, with all its attempts before it again, even if it was given up.

    Raises:
        ReasonMissing: no reason.
        PriceChangeNotOpen: Stripe has it, or it was dropped.
    """
    require_reason(reason)
    with locked_transaction():
        row = lock_price_change(change_id=change.pk)
        if row.state != State.ANNOUNCED:
            raise PriceChangeNotOpen
        try_again(row)
        record_audit(actor=actor, action="subscription.price_tried_again", target=row, reason=reason)
