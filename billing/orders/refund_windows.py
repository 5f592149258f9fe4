"""Until when money goes back because the buyer wants it to, as it was promised at the sale; and whether anything was pulled since."""

from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext

from accounts.tokens.lifetimes import pull_ends_after_minutes
from billing.orders.models import Order
from billing.orders.pulled import counted_pulls
from billing.orders.selectors import kept_because_of
from common.languages import long_day
from marketplace.products.models import LONGEST_REFUND_WINDOW

_TOLD_WITHIN: Final = timedelta(minutes=10)  # the registry tells of a pull again within this, if we did not hear of it at once


def promised_until(order: Order) -> datetime | None:
    """Return until when the seller gives the money back to who asks; None without such a promise, or a payment."""
    return _after(order.paid_at, order.refund_days)


def own_refund_until(order: Order) -> datetime | None:
    """Return until when the buyer takes the money back alone, if nothing was pulled; None if that was not offered.

    Of a subscription that is while the first period lasts; the orders of later ones offer nothing.
    """
    until = _after(order.paid_at, order.unpulled_refund_days)
    return until if until is None or order.period_end is None else min(until, order.period_end)


def seller_refunds_until(order: Order) -> datetime | None:
    """Return until when the seller refunds without staff: long after the promise has ended, for the money is theirs to give."""
    return _after(order.paid_at, LONGEST_REFUND_WINDOW)


def time_to_hear_of_pulls() -> timedelta:
    """Return how long after pull access was paused each pull has been counted: until the last pull token ends, and we are told of it."""
    return timedelta(minutes=pull_ends_after_minutes()) + _TOLD_WITHIN


def was_pulled(order: Order) -> bool:
    """Whether any image of the order was pulled since the sale, as `counted_pulls` says."""
    return counted_pulls(order).exists()


def may_give_back(order: Order, now: datetime) -> bool:
    """Whether the order's time for a refund by the buyer alone lasts, nothing was pulled, and no later purchase is in the way."""
    until = own_refund_until(order)
    return until is not None and now <= until and kept_because_of(order) is None and not was_pulled(order)


def refund_words(order: Order, now: datetime) -> list[str]:
    """Return what the buyer of a paid order was promised and may still have, in sentences for them."""
    own, promised, later = own_refund_until(order), promised_until(order), kept_because_of(order)
    words = []
    if later is not None:
        sentence = gettext("Not by yourself: what you paid was credited for order {number}.")
        words.append(sentence.format(number=later.number))
    elif own is not None and own >= now:
        words.append(gettext("By yourself until {day}, while nothing was pulled.").format(day=long_day(own.date())))
    if promised is not None and promised >= now:
        sentence = gettext("{seller} gives the money back to who asks until {day}.")
        words.append(sentence.format(seller=order.seller.display_name, day=long_day(promised.date())))
    return words


def _after(moment: datetime | None, days: int) -> datetime | None:
    return moment + timedelta(days=days) if moment is not None and days else None
