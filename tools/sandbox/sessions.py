"""Checkout Sessions: made by the API, paid on the hosted page, expired by the API or the clock."""

from typing import Any

from tools.sandbox.accounts import connected
from tools.sandbox.act import Act
from tools.sandbox.catalogue import make_price
from tools.sandbox.coupons import coupon_named
from tools.sandbox.errors import InvalidRequest, missing
from tools.sandbox.ids import new_id
from tools.sandbox.params import refuse_others, write_metadata
from tools.sandbox.session_rules import A_DAY, refuse_bad_item, refuse_bad_session, refuse_bad_split, refuse_bad_total
from tools.sandbox.shapes import shaped
from tools.sandbox.subscription_rules import refuse_bad_subscription
from tools.sandbox.taxes import NOBODY

COPIED = (
    "billing_address_collection", "cancel_url", "client_reference_id", "customer", "customer_creation", "customer_email",
    "integration_identifier", "locale", "mode", "origin_context", "payment_method_collection", "submit_type", "success_url",
)  # fmt: skip
LATER = "sepa_debit"


def create_session(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    """An open session with its address on the hosted page. The payment intent comes with the first attempt to pay."""
    refuse_bad_session(act, params)
    items = [_line_item(act, item, index, params) for index, item in enumerate(params.get("line_items", []))]
    if not items:
        raise InvalidRequest("Missing required param: line_items.", code="parameter_missing", param="line_items")
    currency, subtotal = items[0]["currency"], sum(item["amount_subtotal"] for item in items)
    coupon = coupon_named(act, params.get("discounts", []), currency, "discounts")
    off = _take_off(items, coupon["amount_off"]) if coupon else 0
    total = subtotal - off
    if params["mode"] == "subscription":
        refuse_bad_subscription(act, params, items, total)
    else:
        refuse_bad_total(total, currency)
        refuse_bad_split(act, params.get("payment_intent_data", {}), total, currency)
    key = act.new_id("checkout.session")
    session = act.make(
        "checkout.session",
        id=key,
        created=act.config.now(),
        amount_subtotal=subtotal,
        amount_total=total,
        currency=currency,
        expires_at=params.get("expires_at", act.config.now() + A_DAY),
        payment_method_types=_methods(params),
        url=f"{act.config.public_url}/c/pay/{key}",
        _line_items=items,
        _intent=params.get("payment_intent_data", {}),
        _subscription=params.get("subscription_data", {}),
        _email=_email(act, params),
        _asks_tax_id=params.get("tax_id_collection", {}).get("enabled", False),
        _buyer=NOBODY,
        _tax_ids=[],
        **{name: params[name] for name in COPIED if name in params},
    )
    session["total_details"]["amount_discount"] = off
    session["discounts"] = [{"coupon": coupon["id"], "promotion_code": None}] if coupon else []
    session["custom_text"] |= params.get("custom_text", {})
    session["automatic_tax"] = _automatic_tax(act, params.get("automatic_tax", {}))
    if params["mode"] == "subscription":
        session |= {"customer_creation": None, "payment_method_collection": params.get("payment_method_collection", "always")}
        session["invoice_creation"] = None
    write_metadata(session, params)
    return act.store.save(session)


def _take_off(items: list[dict[str, Any]], amount: int) -> int:
    """Reduce the items by an amount, one after the other; returns what it was."""
    left = amount
    for item in items:
        off = min(left, item["amount_subtotal"])
        item |= {"amount_discount": off, "amount_total": item["amount_subtotal"] - off}
        left -= off
    return amount - left


def _email(act: Act, params: dict[str, Any]) -> str | None:
    """What is known of the buyer's address, so that the page does not ask for it."""
    known = act.find("customer", params["customer"], "customer")["email"] if "customer" in params else None
    return known or params.get("customer_email")


def _automatic_tax(act: Act, wanted: dict[str, Any]) -> dict[str, Any]:
    """Whether taxes are calculated, which needs the buyer's country; the hosted page asks for it."""
    refuse_others(wanted, ("enabled", "liability"), "automatic_tax")
    if not wanted.get("enabled"):
        return {"enabled": False, "liability": None, "provider": None, "status": None}
    liability = wanted.get("liability", {"type": "self"})
    if liability["type"] == "account" and connected(act.store, liability.get("account", "")) is None:
        raise missing("account", liability.get("account", ""), "automatic_tax[liability][account]")
    return {"enabled": True, "liability": liability, "provider": "stripe", "status": "requires_location_inputs"}


def _methods(params: dict[str, Any]) -> list[str]:
    """Card, and a delayed method unless the caller left it out."""
    allowed = params.get("allowed_payment_method_types", ["card", LATER])
    excluded = params.get("excluded_payment_method_types", [])
    return [name for name in allowed if name not in excluded]


def _line_item(act: Act, item: dict[str, Any], index: int, params: dict[str, Any]) -> dict[str, Any]:
    first = params["line_items"][0].get("price_data", {}).get("currency", params.get("currency", "usd"))
    currency = params.get("currency", first)
    if act.store.get("price", item.get("price", ""), act.owner):
        raise InvalidRequest("The sandbox does not play price here: use price_data.", param=f"line_items[{index}][price]")
    refuse_bad_item(item, f"line_items[{index}]", currency, params["mode"])
    data = item["price_data"]
    unit, product = data["unit_amount"], data["product_data"]
    amount, quantity = unit * item["quantity"], item["quantity"]
    if "recurring" in data:
        price = make_price(act, data, f"line_items[{index}][price_data]", active=False)
    else:  # nobody asks for one again
        price = shaped(
            "price",
            id=new_id("price"),
            active=False,
            currency=currency,
            product=new_id("product"),
            recurring=None,
            tax_behavior=data.get("tax_behavior", "unspecified"),
            type="one_time",
            unit_amount=unit,
            unit_amount_decimal=str(unit),
        )
    line = {"id": new_id("item"), "object": "item", "amount_discount": 0, "amount_subtotal": amount, "amount_tax": 0}
    line |= {"amount_total": amount, "currency": currency, "description": product["name"], "price": price}
    return line | {"quantity": quantity, "_images": product.get("images", []), "_about": product.get("description", "")}


def open_session(act: Act, key: str) -> dict[str, Any]:
    """A session that can still be paid.

    Raises:
        InvalidRequest: it is complete or expired already.
    """
    session = act.find("checkout.session", key, "session")
    if session["status"] != "open":
        message = (
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of {session["status"]}.'
        )
        raise InvalidRequest(message)
    return session


def close_session(act: Act, session: dict[str, Any]) -> dict[str, Any]:
    """Write that the session has expired, and send the event."""
    session |= {"status": "expired", "url": None}
    act.store.save(session)
    act.emit("checkout.session.expired", session)
    return session


def update_session(act: Act, params: dict[str, Any], key: str) -> dict[str, Any]:
    """Only the metadata may change."""
    session = act.find("checkout.session", key, "session")
    write_metadata(session, params)
    return act.store.save(session)
