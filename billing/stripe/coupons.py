"""Coupons: what Stripe takes off the payments of a subscription (docs.stripe.com/billing/subscriptions/coupons)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

import stripe

from common.money import Money

if TYPE_CHECKING:
    from stripe.params import CouponCreateParams

_EXISTS: Final = "resource_already_exists"


@dataclass(frozen=True, slots=True)
class Coupon:
    """An amount that is taken off the payments of a subscription.

    Attributes:
        discount_id: of ours that gives it.
        name: what buyers read on Stripe's pages and invoices.
        months: for how long; 0 for the first payment alone, None for every payment.
    """

    discount_id: UUID
    name: str
    off: Money
    months: int | None

    @property
    def key(self) -> str:
        """Its id at Stripe, which follows from what it gives: the same is made once, however often it is asked for."""
        lasts = "forever" if self.months is None else f"{self.months}m" if self.months else "once"
        return f"{self.discount_id.hex}-{self.off.minor}{self.off.currency}-{lasts}"


def make_coupon(v1: stripe.V1Services, coupon: Coupon) -> None:
    """Have the coupon at Stripe, if it is not there yet."""
    try:
        v1.coupons.create(_params(coupon))
    except stripe.InvalidRequestError as refused:
        if refused.code != _EXISTS:
            raise


def _params(coupon: Coupon) -> "CouponCreateParams":
    params: CouponCreateParams = {
        "id": coupon.key,
        "name": coupon.name,
        "amount_off": coupon.off.minor,
        "currency": coupon.off.currency,
        "duration": "forever" if coupon.months is None else "repeating" if coupon.months else "once",
    }
    if coupon.months:
        params["duration_in_months"] = coupon.months
    return params
