"""A buyer changes to a smaller edition: from the next period on, told to Stripe at once, and taken back until then."""

from django.utils import timezone

from accounts.organisations.buying import keep_buyer, require_buyer
from accounts.people.models import User
from accounts.sellers.selectors import fee_of
from audit.services import record_audit
from billing.discounts.recurring import off_renewals
from billing.renewals.editions import require_change, require_going_on
from billing.renewals.mails import queue_edition_planned
from billing.renewals.repricing import apply_price_change
from billing.stripe.checkout import fee_by_percent
from billing.subscriptions.errors import EditionNotForSubscription, SubscriptionEnded, SubscriptionNotPaid
from billing.subscriptions.locks import lock_subscription
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceChange
from billing.subscriptions.terms import Terms, terms_now
from common.db.locking import locked_transaction
from common.money import Money
from marketplace.products.models import Price

State = PriceChange.State


def plan_edition(*, subscription: Subscription, price: Price, actor: User) -> PriceChange:
    """Have the subscription be for a smaller edition from its next period on. Until then nothing changes, and nothing is given back.

    Stripe is told at once, with nothing set off: so the next period costs the smaller price, whatever becomes of us until then.

    Raises:
        what `require_change` raises; EditionNotForSubscription also for a larger one.
        StripeAway: it is written down, and the sweep tells Stripe.
        StripeRefused: it is not changed yet; the sweep tries again, and staff see why.
    """
    choice = require_change(subscription=subscription, price=price, actor=actor)
    if choice.larger:
        raise EditionNotForSubscription
    now = timezone.now()
    fee = fee_by_percent(fee_of(price.money, seller_id=subscription.seller_id, at=now), price.money)
    with locked_transaction():
        keep_buyer(user=actor, account=subscription.buyer)
        row = lock_subscription(subscription_id=subscription.pk)
        require_going_on(row)
        change = _write(row, Terms(price.pk, price.amount, fee.minor))
        queue_edition_planned(change, choice.title)
        record_audit(actor=actor, action="subscription.edition_planned", target=row, before=change.was_amount, now=change.amount)
    return apply_price_change(change_id=change.pk)


def paid_with_code(subscription: Subscription, price: Price) -> Money:
    """Return what the first payments of a smaller edition come to: the price, unless a code still reduces them."""
    return price.money - off_renewals(subscription, price.money, subscription.period_end or timezone.now())


def planned_edition(subscription: Subscription) -> PriceChange | None:
    """Return the smaller edition that was chosen from the next period on; None if none was, or if it was taken back."""
    ahead = subscription.price_changes.ahead().filter(announcement=None)
    newest = ahead.select_related("price__edition", "price__product").order_by("-announced_at").first()
    return newest if newest is not None and newest.chosen else None


def keep_edition(*, subscription: Subscription, actor: User) -> PriceChange | None:
    """Take back that a smaller edition was chosen; None if none was. The next period is for what is had now.

    A price that was announced for that before counts again, from the day that was mailed.

    Raises:
        NoSuchOrganisation, RoleDoesNotBuy: the actor does not buy for its buyer.
        SubscriptionEnded, SubscriptionNotPaid: its next period has begun unpaid, or there is none.
        StripeAway, StripeRefused: as `plan_edition` says.
    """
    require_buyer(actor, subscription.buyer)
    with locked_transaction():
        keep_buyer(user=actor, account=subscription.buyer)
        row = lock_subscription(subscription_id=subscription.pk)
        if not row.running or row.end_wanted_at is not None:
            raise SubscriptionEnded
        if row.state != Subscription.State.ACTIVE:
            raise SubscriptionNotPaid
        if planned_edition(row) is None:
            return None
        change = _write(row, terms_now(row, timezone.now()))
        record_audit(actor=actor, action="subscription.edition_kept", target=row, now=change.amount)
    return apply_price_change(change_id=change.pk)


def _write(row: Subscription, terms: Terms) -> PriceChange:
    """Write what counts from the next period on, in the place of what was to be told to Stripe. The caller holds the lock."""
    now = timezone.now()
    was, counts_from = terms_now(row, now), row.period_end or now
    PriceChange.objects.open().filter(subscription=row).update(state=State.DROPPED)
    return PriceChange.objects.create(
        subscription=row,
        price_id=terms.price_id,
        amount=terms.amount,
        application_fee=terms.application_fee,
        was_price_id=was.price_id,
        was_amount=was.amount,
        was_application_fee=was.application_fee,
        discount_amount=off_renewals(row, Money(terms.amount, row.currency), counts_from).minor,
        counts_from=counts_from,
        due_at=now,
    )
