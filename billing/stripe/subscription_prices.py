"""What a subscription costs at Stripe, and having its renewals cost something else (docs.stripe.com/api/subscriptions/update)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import stripe

from billing.stripe import client
from billing.stripe.checkout import fee_percent
from billing.stripe.coupons import Coupon, make_coupon
from billing.stripe.errors import StripeRefused
from common.money import Money

if TYPE_CHECKING:
    from stripe.params import SubscriptionUpdateParams, SubscriptionUpdateParamsDiscount, SubscriptionUpdateParamsItemPriceData


@dataclass(frozen=True, slots=True)
class Renewal:
    """What the next renewal of a subscription costs, as Stripe has it.

    Attributes:
        at: when the period that is counted now ends.
        price: of one period.
        fee_percent: ours of it, with two decimals.
    """

    at: datetime
    price: Money
    fee_percent: Decimal

    def costs(self, price: Money, fee: Money) -> bool:
        """Whether it costs this, with this as our part."""
        return self.price == price and self.fee_percent == fee_percent(fee, price)


def read_renewal(subscription_id: str) -> Renewal | None:
    """Return what the next renewal costs; None once the subscription has ended."""
    with client.api("subscriptions") as v1:
        found = v1.subscriptions.retrieve(subscription_id)
    return None if found.status in {"canceled", "incomplete_expired"} else _renewal(found)


def set_renewal_price(subscription_id: str, *, price: Money, fee: Money, coupon: Coupon | None = None) -> Renewal:
    """Have each later renewal cost this, and return the next one. The period that runs stays as it is; the same again changes nothing.

    Args:
        coupon: takes the place of what is taken off until then, or ends that, if it takes off nothing; None leaves it as it is.

    Raises:
        StripeRefused: Stripe does not do it, or the subscription has ended.
        StripeAway: nothing is known.
    """
    with client.api("subscriptions") as v1:
        found = v1.subscriptions.retrieve(subscription_id)
        if _renewal(found).costs(price, fee):
            return _renewal(found)
        params = _params(item_of(found), price, fee)
        if coupon is not None:
            params["discounts"] = _discounts(v1, coupon)
        changed = v1.subscriptions.update(subscription_id, params)
    return _renewal(changed)


def _discounts(v1: stripe.V1Services, coupon: Coupon) -> 'Literal[""] | list[SubscriptionUpdateParamsDiscount]':
    if not coupon.off.minor:
        return ""
    make_coupon(v1, coupon)
    return [{"coupon": coupon.key}]


def _params(item: stripe.SubscriptionItem, price: Money, fee: Money) -> "SubscriptionUpdateParams":
    return {
        "items": [{"id": item.id, "price_data": price_params(item.price, price)}],
        "proration_behavior": "none",
        "application_fee_percent": float(fee_percent(fee, price)) if fee.minor else "",
    }


def price_params(was: stripe.Price, price: Money) -> "SubscriptionUpdateParamsItemPriceData":
    """Return another price for the same: as often, and with the tax in it or not, as before."""
    assert was.recurring is not None  # noqa: S101  for the type checker: it is a subscription's
    return {
        "currency": price.currency,
        "unit_amount": price.minor,
        "product": was.product if isinstance(was.product, str) else was.product.id,
        "recurring": {"interval": was.recurring.interval, "interval_count": was.recurring.interval_count},
        "tax_behavior": was.tax_behavior or "unspecified",
    }


def item_of(subscription: stripe.Subscription) -> stripe.SubscriptionItem:
    """Return the one thing that it is for.

    Raises:
        StripeRefused: somebody has added another one, by hand.
    """
    items = subscription["items"].data
    if len(items) != 1:
        raise StripeRefused(reason=f"The subscription has {len(items)} items.")
    found: stripe.SubscriptionItem = items[0]
    return found


def _renewal(subscription: stripe.Subscription) -> Renewal:
    item = item_of(subscription)
    return Renewal(
        at=datetime.fromtimestamp(item.current_period_end, UTC),
        price=Money(item.price.unit_amount or 0, item.price.currency),
        fee_percent=Decimal(str(subscription.application_fee_percent or 0)).quantize(Decimal("0.01")),
    )
