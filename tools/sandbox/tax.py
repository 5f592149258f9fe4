"""Tax of one-off Checkout Sessions, from a fixed table instead of Stripe's: contained in the price, or none by reverse charge.

What Stripe does beyond it (rates by product, by city and by registration, exclusive prices) is refused by name or not there.
"""

import re
from typing import Any, Final

from tools.sandbox.accounts import connected
from tools.sandbox.act import Act
from tools.sandbox.currencies import step
from tools.sandbox.errors import InvalidRequest, missing

# Tenths of a percent, for electronic services. Another country has none.
RATES: Final = {"AT": 200, "BE": 210, "CH": 81, "DE": 190, "DK": 250, "FR": 200, "GB": 200, "IE": 230, "NL": 210, "NO": 250, "SE": 250}
UNION: Final = frozenset(("AT", "BE", "DE", "DK", "FR", "IE", "NL", "SE"))
VAT_ID: Final = re.compile(r"(?P<country>[A-Z]{2})[0-9A-Z]{8,12}\Z")
NOBODY: Final = {"name": "", "country": "NO", "line1": "", "postal_code": "", "city": "", "tax_id": ""}


def wanted(session: dict[str, Any]) -> bool:
    """Whether the session works out tax."""
    return bool(session["automatic_tax"]["enabled"])


def refuse_bad_tax(act: Act, params: dict[str, Any]) -> None:
    """Automatic tax as far as it is played: prices say that they contain it, and whoever is liable is connected.

    Raises:
        InvalidRequest: something else.
    """
    given = params.get("automatic_tax", {})
    if not given.get("enabled"):
        return
    liable = given.get("liability", {"type": "self"})
    if liable["type"] == "account" and connected(act.store, liable.get("account", "")) is None:
        raise missing("account", liable.get("account", ""), "automatic_tax[liability][account]")
    for index, item in enumerate(params.get("line_items", [])):
        if item.get("price_data", {}).get("tax_behavior") != "inclusive":
            param = f"line_items[{index}][price_data][tax_behavior]"
            raise InvalidRequest("The sandbox plays automatic tax for tax_behavior=inclusive only.", param=param)


def fields_of(params: dict[str, Any]) -> dict[str, Any]:
    """What a new session says about tax."""
    given = params.get("automatic_tax", {})
    if not given.get("enabled"):
        return {}
    return {
        "automatic_tax": {
            "enabled": True,
            "liability": given.get("liability", {"type": "self"}),
            "provider": "stripe",
            "status": "requires_location_inputs",
        }
    }


def fault_of(tax_id: str) -> str:
    """What is wrong with a VAT id; empty if nothing is."""
    return "" if not tax_id or VAT_ID.match(tax_id) else "Enter a VAT id as DE123456789, or none."


def details_of(session: dict[str, Any], email: str) -> dict[str, Any]:
    """Who bought, as a complete session says."""
    buyer = NOBODY | session.get("_buyer", {})
    address = {name: buyer[name] or None for name in ("city", "country", "line1", "postal_code")} | {"line2": None, "state": None}
    return {
        "address": address,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": buyer["name"] or None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [{"type": "eu_vat", "value": buyer["tax_id"]}] if buyer["tax_id"] else [],
    }


def work_out(act: Act, session: dict[str, Any]) -> None:
    """Write the tax that the session's total contains, once the buyer has said where they are."""
    if not wanted(session):
        return
    buyer = NOBODY | session.get("_buyer", {})
    rate, reason = _rate(buyer, _country_of_liable(act, session))
    unit = step(session["currency"]) * (1000 + rate)
    tax = (2 * session["amount_total"] * rate + unit) // (2 * unit) * step(session["currency"])
    session["automatic_tax"]["status"] = "complete"
    session["total_details"]["amount_tax"] = tax
    for line in session["_line_items"]:
        line["amount_tax"] = tax * line["amount_total"] // session["amount_total"]
    session["_taxes"] = [
        {
            "amount": tax,
            "rate": _tax_rate(act, rate, buyer["country"]),
            "taxability_reason": reason,
            "taxable_amount": session["amount_total"] - tax,
        }
    ]


def breakdown(session: dict[str, Any]) -> dict[str, Any]:
    """What `total_details.breakdown` expands to."""
    return {"discounts": [], "taxes": session.get("_taxes", [])}


def _country_of_liable(act: Act, session: dict[str, Any]) -> str:
    liable = session["automatic_tax"]["liability"]
    account = act.store.get("account", liable["account"]) if liable["type"] == "account" else None
    return str(account["country"]) if account else act.config.country


def _rate(buyer: dict[str, Any], liable: str) -> tuple[int, str]:
    abroad = buyer["country"] != liable and {buyer["country"], liable} <= UNION
    if buyer["tax_id"] and abroad:
        return 0, "reverse_charge"
    rate = RATES.get(buyer["country"], 0)
    return rate, "standard_rated" if rate else "not_collecting"


def _tax_rate(act: Act, tenths: int, country: str) -> dict[str, Any]:
    return {
        "id": f"txr_sandbox_{country.lower()}",
        "object": "tax_rate",
        "active": False,
        "country": country,
        "created": act.now(),
        "description": None,
        "display_name": "VAT",
        "effective_percentage": tenths / 10,
        "flat_amount": None,
        "inclusive": True,
        "jurisdiction": country,
        "jurisdiction_level": "country",
        "livemode": False,
        "metadata": {},
        "percentage": tenths / 10,
        "rate_type": "percentage",
        "state": None,
        "tax_type": "vat",
    }
