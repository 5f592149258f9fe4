"""Stripe's lists: newest first, cursors by identifier, filters by field (https://docs.stripe.com/api/pagination)."""

import json
from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest, missing

CURSORS = frozenset({"limit", "starting_after", "ending_before", "expand"})
EVERY = frozenset({"all", "ended"})  # words for several states of subscriptions
COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
MOMENTS = {"created": "created", "arrival_date": "json_extract(body, '$.arrival_date')"}
MOST, USUAL = 100, 10


def page(act: Act, kind: str, params: dict[str, Any], url: str) -> dict[str, Any]:
    """One page of the owner's objects of a kind, narrowed by every parameter that is not a cursor."""
    limit = params.get("limit", USUAL)
    if not 1 <= limit <= MOST:
        message = f"Invalid integer: {limit}. This value must be between 1 and {MOST}."
        raise InvalidRequest(message, code="parameter_invalid_integer", param="limit")
    conditions, values = _filters(params)
    if kind == "balance_transaction" and "payout" in params:
        _refuse_manual(act, params["payout"])
    _cursor(act, kind, params, conditions, values)
    if kind == "subscription":
        conditions.append(_standing(params))
    if kind == "account":
        conditions.append(" AND coalesce(json_extract(body, '$._left'), 0) = 0")
    backwards = "ending_before" in params
    order = "ASC" if backwards else "DESC"
    # names of fields come from the SDK's parameter types and values are bound
    sql = f"SELECT body FROM objects WHERE kind = ? AND owner = ?{''.join(conditions)} ORDER BY seq {order} LIMIT ?"  # noqa: S608 - see above
    rows = act.store.rows(sql, kind, act.owner, *values, limit + 1)
    data = [json.loads(row["body"]) for row in rows[:limit]]
    return {"object": "list", "url": url, "has_more": len(rows) > limit, "data": data[::-1] if backwards else data}


def _standing(params: dict[str, Any]) -> str:
    """Subscriptions that have ended are listed only if they are asked for."""
    ended = "json_extract(body, '$.status') IN ('canceled', 'incomplete_expired')"
    return {None: f" AND NOT {ended}", "ended": f" AND {ended}"}.get(params.get("status"), "")


def _cursor(act: Act, kind: str, params: dict[str, Any], conditions: list[str], values: list[Any]) -> None:
    for name, comparison in (("starting_after", "<"), ("ending_before", ">")):
        if key := params.get(name):
            if act.store.get(kind, key, act.owner) is None:
                raise missing(kind, key, name)
            conditions.append(f" AND seq {comparison} (SELECT seq FROM objects WHERE id = ?)")  # noqa: S608 - one of two signs
            values.append(key)


def _refuse_manual(act: Act, payout: str) -> None:
    """Which movements a payout by hand has paid out is nowhere recorded, at Stripe neither."""
    if not act.find("payout", payout, "payout")["automatic"]:
        message = "Balance transaction history can only be filtered on automatic transfers, not manual."
        raise InvalidRequest(message, param="payout")


def _filters(params: dict[str, Any]) -> tuple[list[str], list[Any]]:
    """Conditions with their values; field names come from the SDK's own parameter types, never from the request."""
    conditions: list[str] = []
    values: list[Any] = []
    for name, value in params.items():
        if name in MOMENTS:
            limits = value if isinstance(value, dict) else {"gte": value, "lte": value}
            for comparison, moment in limits.items():
                conditions.append(f" AND {MOMENTS[name]} {COMPARISONS[comparison]} ?")
                values.append(moment)
        elif name == "payout":
            _equal("_payout", value, conditions, values)
        elif name == "types":
            marks = ", ".join("?" * len(value))
            conditions.append(f" AND json_extract(body, '$.type') IN ({marks})")
            values.extend(value)
        elif name not in CURSORS and not (name == "status" and value in EVERY):
            _equal(name, value, conditions, values)
    return conditions, values


def _equal(name: str, value: Any, conditions: list[str], values: list[Any]) -> None:
    if isinstance(value, dict):
        for inner, part in value.items():
            _equal(f"{name}.{inner}", part, conditions, values)
    elif name == "type" and value.endswith(".*"):
        conditions.append(" AND json_extract(body, '$.type') GLOB ?")
        values.append(value)
    else:
        conditions.append(f" AND json_extract(body, '$.{name}') = ?")
        values.append(value)
