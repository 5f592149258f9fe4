"""Coupons that take an amount off, and the discounts that they become on subscriptions (docs.stripe.com/billing/subscriptions/coupons)."""

from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.ids import new_id
from tools.sandbox.params import refuse_others, write_metadata
from tools.sandbox.periods import after_months
from tools.sandbox.session_rules import refuse_fraction
from tools.sandbox.shapes import shaped

COUPON = ("amount_off", "currency", "duration", "duration_in_months", "id", "name")
LONGEST_NAME = 40


def create_coupon(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    """An amount off, for the first invoice, for those of some months, or for every one. Sends coupon.created."""
    refuse_others(params, COUPON)
    _refuse_bad_coupon(params)
    key = params.get("id") or act.new_id("coupon")
    if act.store.get("coupon", key, act.owner):
        raise InvalidRequest("Coupon already exists.", code="resource_already_exists", param="id")
    values = {name: params[name] for name in COUPON if name in params} | {"id": key}
    coupon = act.make("coupon", **values)
    write_metadata(coupon, params)
    act.emit("coupon.created", act.store.save(coupon))
    return coupon


def _refuse_bad_coupon(params: dict[str, Any]) -> None:
    amount, currency, lasts = params.get("amount_off"), params.get("currency"), params.get("duration", "once")
    if amount is None:
        raise InvalidRequest("Must provide percent_off or amount_off.", code="parameter_missing", param="amount_off")
    if currency is None:
        raise InvalidRequest("You must pass currency when passing amount_off", code="parameter_missing", param="currency")
    if amount < 1:
        raise InvalidRequest("Invalid positive integer", code="parameter_invalid_integer", param="amount_off")
    refuse_fraction(amount, currency, "amount_off")
    if (lasts == "repeating") != (params.get("duration_in_months", 0) > 0):
        message = "You must pass duration_in_months when passing duration=repeating, and only then."
        raise InvalidRequest(message, param="duration_in_months")
    if len(params.get("name", "")) > LONGEST_NAME:
        raise InvalidRequest(f"Invalid string: must be at most {LONGEST_NAME} characters", param="name")


def coupon_named(act: Act, discounts: list[dict[str, Any]], currency: str, param: str) -> dict[str, Any] | None:
    """The one coupon that a list of discounts names; None for an empty list.

    Raises:
        InvalidRequest: several, a promotion code, or an amount in another currency.
    """
    if len(discounts) > 1:
        raise InvalidRequest("The sandbox plays one discount at a time.", param=param)
    for wanted in discounts:
        refuse_others(wanted, ("coupon",), f"{param}[0]")
        coupon = act.find("coupon", wanted.get("coupon", ""), f"{param}[0][coupon]")
        if coupon["currency"] != currency:
            message = f"The coupon takes off {coupon['currency']}, and this is charged in {currency}."
            raise InvalidRequest(message, param=f"{param}[0][coupon]")
        return coupon
    return None


def attach(act: Act, coupon: dict[str, Any], subscription: str, customer: str, *, begins: int) -> str:
    """Let a coupon count for a subscription from a moment on; returns the discount's id. Sends customer.discount.created."""
    months = coupon["duration_in_months"]
    made = shaped(
        "discount",
        id=new_id("discount"),
        customer=customer,
        end=after_months(begins, months) if months else None,
        source={"coupon": coupon["id"], "type": "coupon"},
        start=begins,
        subscription=subscription,
    )
    act.store.save(coupon | {"times_redeemed": coupon["times_redeemed"] + 1})
    act.emit("customer.discount.created", act.store.add(made, act.owner))
    return str(made["id"])


def take_off(act: Act, subscription: dict[str, Any], lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reduce the lines of an invoice by the discount that runs, and return what it took off; one that is used up leaves the subscription.

    No line goes below nothing. What a change in the middle of a period comes to is not reduced.
    """
    discounts = [act.find("discount", key, "discount") for key in subscription["discounts"]]
    taken = []
    for discount in discounts:
        over = discount["end"] is not None and discount["end"] <= act.now()
        coupon = act.find("coupon", discount["source"]["coupon"], "coupon")
        off = 0 if over else _spread(lines, coupon["amount_off"], discount["id"])
        if over or (off and coupon["duration"] == "once"):
            subscription["discounts"] = []
        if off:
            taken.append({"amount": off, "discount": discount["id"]})
    return taken


def _spread(lines: list[dict[str, Any]], amount: int, discount: str) -> int:
    left = amount
    for line in lines:
        if line["parent"]["subscription_item_details"]["proration"]:
            continue
        off = min(left, max(0, line["amount"]))
        line["discount_amounts"] = [{"amount": off, "discount": discount}]
        left -= off
    return amount - left
