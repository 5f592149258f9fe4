"""Checkout Sessions: made by the API, paid on the hosted page, expired by the API or the clock."""

from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.ids import new_id
from tools.sandbox.params import write_metadata
from tools.sandbox.session_rules import A_DAY, refuse_bad_item, refuse_bad_session, refuse_bad_split, refuse_bad_total
from tools.sandbox.shapes import shaped
from tools.sandbox.tax import fields_of

COPIED = (
    "billing_address_collection", "cancel_url", "client_reference_id", "customer_creation", "customer_email",
    "integration_identifier", "locale", "origin_context", "submit_type", "success_url",
)  # fmt: skip
LATER = "sepa_debit"


def create_session(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    """An open session with its address on the hosted page. The payment intent comes with the first attempt to pay."""
    refuse_bad_session(act, params)
    items = [_line_item(item, index, params) for index, item in enumerate(params.get("line_items", []))]
    if not items:
        raise InvalidRequest("Missing required param: line_items.", code="parameter_missing", param="line_items")
    currency, total = items[0]["currency"], sum(item["amount_total"] for item in items)
    refuse_bad_total(total, currency)
    refuse_bad_split(act, params.get("payment_intent_data", {}), total, currency)
    key = act.new_id("checkout.session")
    session = act.make(
        "checkout.session",
        id=key,
        created=act.config.now(),
        amount_subtotal=total,
        amount_total=total,
        currency=currency,
        expires_at=params.get("expires_at", act.config.now() + A_DAY),
        payment_method_types=_methods(params),
        url=f"{act.config.public_url}/c/pay/{key}",
        _line_items=items,
        _intent=params.get("payment_intent_data", {}),
        _tax_ids=bool(params.get("tax_id_collection", {}).get("enabled")),
        **fields_of(params),
        **{name: params[name] for name in COPIED if name in params},
    )
    session["custom_text"] |= params.get("custom_text", {})
    write_metadata(session, params)
    return act.store.save(session)


def _methods(params: dict[str, Any]) -> list[str]:
    """Card, and a delayed method unless the caller left it out."""
    allowed = params.get("allowed_payment_method_types", ["card", LATER])
    excluded = params.get("excluded_payment_method_types", [])
    return [name for name in allowed if name not in excluded]


def _line_item(item: dict[str, Any], index: int, params: dict[str, Any]) -> dict[str, Any]:
    first = params["line_items"][0].get("price_data", {}).get("currency", params.get("currency", "usd"))
    currency = params.get("currency", first)
    refuse_bad_item(item, f"line_items[{index}]", currency)
    unit, product = item["price_data"]["unit_amount"], item["price_data"]["product_data"]
    amount, quantity = unit * item["quantity"], item["quantity"]
    price = shaped(
        "price",
        id=new_id("price"),
        active=False,
        currency=currency,
        custom_unit_amount=None,
        product=new_id("product"),
        recurring=None,
        transform_quantity=None,
        type="one_time",
        unit_amount=unit,
        unit_amount_decimal=str(unit),
    )
    line = {"id": new_id("item"), "object": "item", "amount_discount": 0, "amount_subtotal": amount, "amount_tax": 0}
    line |= {"amount_total": amount, "currency": currency, "description": product["name"], "price": price}
    return line | {"quantity": quantity, "_images": product.get("images", []), "_about": product.get("description", "")}


def expire_session(act: Act, _params: dict[str, Any], key: str) -> dict[str, Any]:
    """Close an open session for good. Sends checkout.session.expired.

    Raises:
        InvalidRequest: it is complete or expired already.
    """
    session = act.find("checkout.session", key, "session")
    if session["status"] != "open":
        message = (
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of {session["status"]}.'
        )
        raise InvalidRequest(message)
    return close_session(act, session)


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
