"""What a code takes off the payments of a subscription: how much of each, and of how many.

A percentage is worked out here, of each price anew, and Stripe is told an amount: so it is rounded as everywhere, and never leaves less
than the smallest price. Only a seller gives such a code; our part of each payment is the percentage that counts for the whole price.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Min
from django.utils.translation import gettext

from accounts.sellers.selectors import fee_of
from billing.discounts.errors import InvalidDiscount
from billing.discounts.models import Discount
from billing.discounts.quotes import reduced
from billing.orders.models import Order
from billing.stripe.checkout import fee_by_percent, part_by_percent
from billing.stripe.coupons import Coupon
from billing.subscriptions.models import Subscription
from billing.subscriptions.months import MONTHS_OF, months_after, months_between, months_past
from common.money import Money
from marketplace.products.models import Price
from marketplace.products.services.prices import smallest_price

LONGEST_MONTHS: Final = 36
_EVERYTHING: Final = 100


def check_duration(discount: Discount) -> None:
    """Make sure that what a code says of subscriptions makes sense.

    Raises:
        InvalidDiscount: it does not; names the field.
    """
    repeating = discount.duration == Discount.Duration.REPEATING
    if repeating != (discount.months is not None) or (repeating and not 1 <= (discount.months or 0) <= LONGEST_MONTHS):
        sentence = gettext("Say for how many months, 1 to {most}, if it reduces the payments of some months; else leave this empty.")
        raise InvalidDiscount(field="months", sentence=sentence.format(most=LONGEST_MONTHS))
    if discount.duration and discount.seller is None:
        raise InvalidDiscount(field="duration", sentence=gettext("A code of the shop's own does not count for subscriptions."))
    if discount.duration and discount.percent == _EVERYTHING:
        sentence = gettext("Each payment of a subscription costs something. Take off 99 percent at most, or let people try it.")
        raise InvalidDiscount(field="percent", sentence=sentence)


def payments_reduced(discount: Discount, interval: str) -> int | None:
    """Return how many payments it reduces, the first included, of a price that is paid so often; None for every one."""
    match discount.duration:
        case Discount.Duration.FOREVER:
            return None
        case Discount.Duration.REPEATING:
            return -(-(discount.months or 1) // MONTHS_OF[Price.Interval(interval)])
        case _:
            return 1


def taken_off(discount: Discount, price: Money) -> Money:
    """Return what it takes off one payment of a price: at least the smallest price is paid."""
    paid = reduced(discount, price, most=price)
    return price - (paid if paid.minor else min(price, smallest_price(price.currency)))


def coupon_of(order: Order) -> Coupon | None:
    """Return what Stripe is to take off the payments that an order begins; None without a code."""
    if not order.discount_amount:
        return None
    discount = order.discount_use.discount
    return _coupon(discount, order.discount, order.price.interval, payments_reduced(discount, order.price.interval))


def fee_of_payment(price: Money, paid: Money, *, seller_id: UUID, at: datetime) -> Money:
    """Return our part of a reduced payment of a price that is paid by the period."""
    return part_by_percent(fee_by_percent(fee_of(price, seller_id=seller_id, at=at), price), price, paid=paid)


def whole_fee(order: Order) -> Money:
    """Return our part of the whole price of what an order begins, as it is taken of each payment that is not reduced."""
    if not order.discount_amount:
        return order.fee
    price = order.list_price
    return fee_by_percent(fee_of(price, seller_id=order.seller_id, at=order.created_at), price)


def whole_terms(order: Order, *, begins_at: datetime) -> dict[str, Any]:
    """Return what a subscription that an order begins costs without its code, and what that takes off until when."""
    if not order.discount_amount:
        return {}
    interval = order.price.interval
    payments = payments_reduced(order.discount_use.discount, interval)
    return {
        "amount": order.list_price.minor,
        "application_fee": whole_fee(order).minor,
        "discount_code": order.discount_code,
        "discount_amount": order.discount_amount,
        "reduced_until": None if payments is None else months_after(begins_at, payments * MONTHS_OF[Price.Interval(interval)]),
    }


def off_renewals(subscription: Subscription, price: Money, moment: datetime) -> Money:
    """Return what its code takes off the payment for a period that begins at a moment, at a price; nothing if none does."""
    if not subscription.has_code_at(moment):
        return Money(0, price.currency)
    return taken_off(_discount_of(subscription), price)


def coupon_from(subscription: Subscription, price: Money, moment: datetime, *, told_at: datetime) -> Coupon | None:
    """Return what is to take the place of a subscription's coupon from a renewal on, at another price; None if no code counts by then.

    It may take off nothing, of a price that is the smallest. It is said even where it is as much as before: what we have written may not be
    what Stripe has, after an answer that was lost.

    Args:
        moment: of the renewal.
        told_at: when Stripe is told, from which it counts the months.
    """
    if not subscription.has_code_at(moment):
        return None
    discount = _discount_of(subscription)
    return Coupon(discount.pk, discount.code, off_renewals(subscription, price, moment), _months_left(subscription, told_at))


def _months_left(subscription: Subscription, told_at: datetime) -> int | None:
    """Return for how many months Stripe is to take something off, so that the last payment is reduced that was to be; None for all.

    Stripe counts them from the moment at which it is told, not from a renewal, and both on the last day of months that are too short. So
    they end after the last payment that is reduced, by less than a month: before the first one that is not. Only of what it is told in the
    last days of a month no number may do, next to a shorter one; then one payment more is reduced, never one less than was promised.
    """
    until = subscription.reduced_until
    if until is None:
        return None
    begun = subscription.orders.aggregate(at=Min("period_start"))["at"] or subscription.created_at
    last = months_after(begun, months_between(begun, until) - MONTHS_OF[Price.Interval(subscription.price.interval)])
    return months_past(told_at.replace(microsecond=0), last)  # Stripe counts whole seconds


def _discount_of(subscription: Subscription) -> Discount:
    """Return what its first order was placed with."""
    return Discount.objects.get(uses__order__subscription=subscription)


def _coupon(discount: Discount, off: Money, interval: str, payments: int | None) -> Coupon:
    """Return the coupon of a subscription that begins."""
    months = None if payments is None else payments * MONTHS_OF[Price.Interval(interval)]
    return Coupon(discount.pk, discount.code, off, 0 if payments == 1 else months)
