"""Expansion: identifiers in an answer replaced by their objects (https://docs.stripe.com/api/expanding_objects)."""

import json
from collections.abc import Callable
from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.customers import list_tax_ids
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.invoice_payments import payments_of
from tools.sandbox.session_taxes import breakdown
from tools.sandbox.shapes import public

DEEPEST = 4
# kind → field → kind that stands behind the identifier
LINKS = {
    "application_fee": {
        "account": "account",
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "originating_transaction": "charge",
    },
    "balance_transaction": {"source": "*"},
    "billing_portal.session": {},
    "charge": {
        "customer": "customer",
        "application_fee": "application_fee",
        "balance_transaction": "balance_transaction",
        "on_behalf_of": "account",
        "payment_intent": "payment_intent",
        "transfer": "transfer",
    },
    "checkout.session": {
        "customer": "customer",
        "invoice": "invoice",
        "payment_intent": "payment_intent",
        "subscription": "subscription",
    },
    "customer": {},
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "fee_refund": {"balance_transaction": "balance_transaction", "fee": "application_fee"},
    "payout": {"balance_transaction": "balance_transaction", "failure_balance_transaction": "balance_transaction"},
    "invoice": {"customer": "customer", "default_payment_method": "payment_method", "on_behalf_of": "account"},
    "invoice_payment": {"invoice": "invoice"},
    "invoice_payment.payment": {"payment_intent": "payment_intent"},
    "payment_intent": {
        "customer": "customer",
        "latest_charge": "charge",
        "on_behalf_of": "account",
        "payment_method": "payment_method",
    },
    "payment_method": {"customer": "customer"},
    "price": {"product": "product"},
    "refund": {
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
        "transfer_reversal": "transfer_reversal",
    },
    "subscription": {
        "customer": "customer",
        "default_payment_method": "payment_method",
        "latest_invoice": "invoice",
        "on_behalf_of": "account",
    },
    "transfer": {
        "balance_transaction": "balance_transaction",
        "destination": "account",
        "destination_payment": "charge",
        "source_transaction": "charge",
    },
    "transfer_data": {"destination": "account"},
    "transfer_reversal": {
        "balance_transaction": "balance_transaction",
        "destination_payment_refund": "refund",
        "source_refund": "refund",
        "transfer": "transfer",
    },
}


def expanded(act: Act, body: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    """The answer with every named field filled in.

    Raises:
        InvalidRequest: a field that cannot be expanded, or a path deeper than four levels.
    """
    visible = shown_object(body)
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEEPEST:
            message = f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}"
            raise InvalidRequest(message, param="expand")
        _expand(act, visible, steps, path)
    return visible


def shown_object(body: dict[str, Any]) -> dict[str, Any]:
    """A copy without the sandbox's own keys, at any level of a list."""
    if body.get("object") == "list":
        return body | {"data": [public(entry) for entry in body["data"]]}
    return public(body)


def _expand(act: Act, body: dict[str, Any], steps: list[str], path: str) -> None:
    if not steps:
        return
    step, *rest = steps
    if body.get("object") == "list" and step == "data":
        for entry in body["data"]:
            _expand(act, entry, rest, path)
        return
    body[step] = _filled(act, body, _kind(body), step, path)
    if isinstance(body[step], dict):
        _expand(act, body[step], rest, path)


def _kind(body: dict[str, Any]) -> str:
    """What an object is; a few parts of objects that lead on do not say it themselves."""
    if "object" in body:
        return str(body["object"])
    known = {"destination": "transfer_data", "payment_intent": "invoice_payment.payment", "amount_tax": "total_details"}
    return next((kind for name, kind in known.items() if name in body), "")


def _filled(act: Act, body: dict[str, Any], kind: str, step: str, path: str) -> Any:
    if part := PARTS.get((kind, step)):
        return part(act, body)
    target = LINKS.get(kind, {}).get(step)
    if target is None:
        raise InvalidRequest(f"This property cannot be expanded ({path}).", param="expand")
    value = body.get(step)  # some are left out until there is something to say
    if not isinstance(value, str):
        return value
    found = _any_kind(act, value) if target == "*" else act.store.get(target, value)
    return public(found) if found else value


def _with_breakdown(act: Act, session: dict[str, Any]) -> dict[str, Any]:
    details: dict[str, Any] = session["total_details"]
    return details | {"breakdown": breakdown(act.find("checkout.session", session["id"], "session"))}


def _any_kind(act: Act, key: str) -> dict[str, Any] | None:
    kinds = [row["kind"] for row in act.store.rows("SELECT kind FROM objects WHERE id = ?", key)]
    return act.store.get(kinds[0], key) if kinds else None


def line_items(act: Act, session_id: str) -> dict[str, Any]:
    """What the session sells."""
    session = act.find("checkout.session", session_id, "session")
    data = [public(line) for line in session["_line_items"]]
    url = f"/v1/checkout/sessions/{session_id}/line_items"
    return {"object": "list", "url": url, "has_more": False, "data": data}


def _refunds(act: Act, charge_id: str) -> dict[str, Any]:
    sql = "SELECT body FROM objects WHERE kind = 'refund' AND json_extract(body, '$.charge') = ? ORDER BY seq DESC"
    data = [public(json.loads(row["body"])) for row in act.store.rows(sql, charge_id)]
    return {"object": "list", "url": f"/v1/charges/{charge_id}/refunds", "has_more": False, "data": data}


def _here(step: str) -> Callable[[Act, dict[str, Any]], Any]:
    """A part that is there already, and has links inside."""
    return lambda _act, body: body[step] and dict(body[step])


PARTS: dict[tuple[str, str], Callable[[Act, dict[str, Any]], Any]] = {
    ("charge", "refunds"): lambda act, body: _refunds(act, body["id"]),
    ("charge", "transfer_data"): _here("transfer_data"),
    ("checkout.session", "line_items"): lambda act, body: line_items(act, body["id"]),
    ("checkout.session", "total_details"): _with_breakdown,
    ("customer", "tax_ids"): lambda act, body: shown_object(list_tax_ids(act, {}, body["id"])),
    ("invoice", "payments"): lambda act, body: shown_object(payments_of(act, body["id"])),
    ("invoice_payment", "payment"): _here("payment"),
    ("payment_intent", "transfer_data"): _here("transfer_data"),
    ("subscription", "items"): _here("items"),
    ("subscription_item", "price"): _here("price"),
    ("total_details", "breakdown"): _here("breakdown"),
}
