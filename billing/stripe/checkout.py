"""Checkout Sessions: where a buyer pays (docs.stripe.com/api/checkout/sessions)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Literal, cast
from uuid import UUID

from billing.stripe import client
from billing.stripe.coupons import Coupon, make_coupon
from billing.stripe.taxes import TAX_CODE, tax_params
from common.money import Money
from common.web.links import absolute

if TYPE_CHECKING:
    from stripe.params.checkout import (
        SessionCreateParams,
        SessionCreateParamsLineItemPriceData,
        SessionCreateParamsLineItemPriceDataProductData,
        SessionCreateParamsPaymentIntentData,
        SessionCreateParamsSubscriptionData,
    )


@dataclass(frozen=True, slots=True)
class Sale:
    """What a Checkout Session is opened for; all of it comes from the order's own rows, so that a repeated call says exactly the same.

    Attributes:
        title: of the product, as sold.
        image_names: repositories without a host.
        fee: ours, of the price.
        coupon: what is taken off the payments of a subscription; None for nothing. A single payment is asked for as it is reduced already.
        destination: the seller's Stripe account, which gets the rest.
        on_behalf_of_seller: Stripe takes the payment only on behalf of its receiver, who is in another region.
        expires_at: whole seconds.
        note: what the buyer reads above the button; empty for nothing.
        interval: month or year, if it is a subscription; empty for a single payment.
        with_tax: Stripe works out the tax that the price contains, and asks for the buyer's address and VAT id.
    """

    order_id: UUID
    buyer_id: UUID
    email: str
    title: str
    image_names: tuple[str, ...]
    price: Money
    fee: Money
    destination: str
    on_behalf_of_seller: bool
    expires_at: datetime
    note: str = ""
    interval: str = ""
    coupon: Coupon | None = None
    with_tax: bool = False


@dataclass(frozen=True, slots=True)
class Checkout:
    """A session that Stripe has opened: where the buyer pays."""

    session_id: str
    url: str


def create_checkout(sale: Sale) -> Checkout:
    """Open the Checkout Session of a sale, or return the one it has: the order's id is the idempotency key."""
    with client.api("checkout") as v1:
        if sale.coupon is not None:
            make_coupon(v1, sale.coupon)
        session = v1.checkout.sessions.create(session_params(sale), {"idempotency_key": f"checkout-{sale.order_id}"})
    return Checkout(session_id=session.id, url=session.url or "")


def expire_checkout(session_id: str) -> None:
    """Close an open session for good; StripeRefused if it is complete or expired."""
    with client.api("checkout") as v1:
        v1.checkout.sessions.expire(session_id)


def session_params(sale: Sale) -> "SessionCreateParams":
    """Return what Stripe is told of a sale."""
    return {
        **(tax_params(sale.destination) if sale.with_tax else {}),
        **({"custom_text": {"submit": {"message": sale.note}}} if sale.note else {}),
        **_mode_params(sale),
        **({"discounts": [{"coupon": sale.coupon.key}]} if sale.coupon else {}),
        "line_items": [{"price_data": _price_params(sale), "quantity": 1}],
        "client_reference_id": str(sale.order_id),
        "metadata": _metadata(sale),
        "customer_email": sale.email,
        "success_url": absolute("billing:checkout_return", sale.order_id),
        "cancel_url": absolute("billing:checkout_return", sale.order_id, cancelled="yes"),
        "expires_at": int(sale.expires_at.timestamp()),
    }


def _mode_params(sale: Sale) -> "SessionCreateParams":
    if sale.interval:
        return {"mode": "subscription", "allowed_payment_method_types": ["card"], "subscription_data": _subscription_params(sale)}
    return {"mode": "payment", "payment_intent_data": _payment_params(sale)}


def _price_params(sale: Sale) -> "SessionCreateParamsLineItemPriceData":
    product: SessionCreateParamsLineItemPriceDataProductData = {"name": sale.title, "description": ", ".join(sale.image_names)[:500]}
    price: SessionCreateParamsLineItemPriceData = {
        "currency": sale.price.currency,
        "unit_amount": sale.price.minor,
        "product_data": product,
    }
    if sale.interval:
        price["recurring"] = {"interval": cast("Literal['month', 'year']", sale.interval)}
    if sale.with_tax:
        product["tax_code"] = TAX_CODE
        price["tax_behavior"] = "inclusive"
    return price


def _subscription_params(sale: Sale) -> "SessionCreateParamsSubscriptionData":
    params: SessionCreateParamsSubscriptionData = {
        "billing_mode": {"type": "classic"},  # Stripe's default differs by API version, and how it sets off prices differs by this
        "transfer_data": {"destination": sale.destination},
        "metadata": _metadata(sale),
    }
    if sale.on_behalf_of_seller:
        params["on_behalf_of"] = sale.destination
    if sale.fee.minor:
        params["application_fee_percent"] = float(fee_percent(sale.fee, sale.price))
    return params


def fee_percent(fee: Money, price: Money) -> Decimal:
    """Return our fee of a price as Stripe takes it of each period: in percent, with two decimals.

    Where amounts are rounded down to more than the smallest unit, it is the least that comes to the fee, less the half unit that Stripe
    rounds up: else, worked out again of a fee that was rounded so, it would come to a step less, or to a hundredth of a percent more.
    """
    if price.step.minor == 1 or not fee.minor:
        return _percent(fee, price)
    return (Decimal(100 * fee.minor - 50) / price.minor).quantize(Decimal("0.01"), ROUND_CEILING)


def _percent(fee: Money, price: Money) -> Decimal:
    return (Decimal(100 * fee.minor) / price.minor).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def fee_by_percent(fee: Money, price: Money) -> Money:
    """Return what Stripe makes of the nearest percentage: of a large price not to the cent what the terms say, nor always more.

    `fee_percent` of the result comes to it again.
    """
    return _taken(_percent(fee, price), price)


def part_by_percent(fee: Money, price: Money, *, paid: Money) -> Money:
    """Return what Stripe takes of a payment that is less than the price: the percentage stays, and counts of what is paid."""
    return _taken(fee_percent(fee, price), paid)


def _taken(percent: Decimal, paid: Money) -> Money:
    taken = (percent * paid.minor / 100).quantize(Decimal(1), ROUND_HALF_UP)
    return Money(int(taken) // paid.step.minor * paid.step.minor, paid.currency)


def _payment_params(sale: Sale) -> "SessionCreateParamsPaymentIntentData":
    params: SessionCreateParamsPaymentIntentData = {"transfer_data": {"destination": sale.destination}, "metadata": _metadata(sale)}
    if sale.on_behalf_of_seller:
        params["on_behalf_of"] = sale.destination
    if sale.fee.minor:  # Stripe wants it positive or not at all
        params["application_fee_amount"] = sale.fee.minor
    return params


def _metadata(sale: Sale) -> dict[str, str]:
    return {"order_id": str(sale.order_id), "buyer_id": str(sale.buyer_id)}
