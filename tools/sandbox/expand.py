"""Expansion: identifiers in an answer replaced by their objects (https://docs.stripe.com/api/expanding_objects)."""

import json
from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.shapes import public
from tools.sandbox.tax import breakdown

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
    "charge": {
        "application_fee": "application_fee",
        "balance_transaction": "balance_transaction",
        "on_behalf_of": "account",
        "payment_intent": "payment_intent",
        "transfer": "transfer",
    },
    "checkout.session": {"payment_intent": "payment_intent"},
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "fee_refund": {"balance_transaction": "balance_transaction", "fee": "application_fee"},
    "payout": {"balance_transaction": "balance_transaction", "failure_balance_transaction": "balance_transaction"},
    "payment_intent": {"latest_charge": "charge", "on_behalf_of": "account"},
    "refund": {
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
        "transfer_reversal": "transfer_reversal",
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
    kind = "transfer_data" if "object" not in body and "destination" in body else body.get("object", "")
    body[step] = _filled(act, body, kind, step, path)
    if isinstance(body[step], dict):
        _expand(act, body[step], rest, path)


def _filled(act: Act, body: dict[str, Any], kind: str, step: str, path: str) -> Any:
    if (kind, step) == ("checkout.session", "line_items"):
        return line_items(act, body["id"])
    if path.endswith("total_details.breakdown") and step in {"total_details", "breakdown"}:
        return _with_breakdown(act, body) if step == "total_details" else body[step]
    if (kind, step) == ("charge", "refunds"):
        return _refunds(act, body["id"])
    if (kind, step) in {("charge", "transfer_data"), ("payment_intent", "transfer_data")}:
        return body[step] and dict(body[step])
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
