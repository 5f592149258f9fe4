"""What a product costs with a discount, and what we keep of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.sellers.selectors import fee_of
from billing.discounts.models import Discount
from common.money import Money
from marketplace.products.services.prices import smallest_price


@dataclass(frozen=True, slots=True)
class Quote:
    """What a buyer pays, and our part of it."""

    price: Money
    fee: Money
    off: Money


def quote(discount: Discount | None, price: Money, *, seller_id: UUID, at: datetime) -> Quote:
    """Return what is paid instead of a price. Whoever gives a discount bears it.

    A seller's: we keep our part of what is paid. The shop's own: the seller gets what they would get without it, so that our fee is the
    most that can be taken off.
    """
    if discount is not None and discount.seller_id is not None:
        paid = reduced(discount, price, most=price)
        return Quote(paid, fee_of(paid, seller_id=seller_id, at=at), price - paid)
    fee = fee_of(price, seller_id=seller_id, at=at)
    paid = price if discount is None else reduced(discount, price, most=fee)
    return Quote(paid, fee - (price - paid), price - paid)


def reduced(discount: Discount, price: Money, *, most: Money) -> Money:
    """Return the price less the discount: nothing at all, or at least the smallest price, which is no less than Stripe charges.

    Args:
        most: what is taken off at most.
    """
    paid = price - min(most, _taken_off(discount, price))
    return min(price, max(paid, smallest_price(price.currency))) if paid.minor else paid


def _taken_off(discount: Discount, price: Money) -> Money:
    match discount.kind:
        case Discount.Kind.PERCENT:
            return price.share(percent=discount.percent)
        case Discount.Kind.AMOUNT:
            return min(price, Money(discount.amount, price.currency))
        case _:
            return max(Money(0, price.currency), Money(price.minor - discount.amount, price.currency))
