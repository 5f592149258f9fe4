"""Stripe Tax with a fixed table: a rate for each country, and the answers of the register that Stripe's test ids get.

Source of the ids: https://docs.stripe.com/billing/customer/tax-ids ("Test tax IDs"). The rates are shape, not tax advice.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.currencies import step
from tools.sandbox.errors import InvalidRequest, missing
from tools.sandbox.shapes import shaped

EU = {
    "AT": "20", "BE": "21", "DE": "19", "DK": "25", "ES": "21", "FI": "25.5", "FR": "20", "IE": "23", "IT": "22", "NL": "21", "PL": "23",
    "PT": "23", "SE": "25",
}  # fmt: skip
RATES = EU | {"CH": "8.1", "GB": "20", "NO": "25"}
VERIFIED_TYPES = frozenset({"eu_vat", "gb_vat", "au_abn"})
ANSWERS = {"111111111": "unverified", "222222222": "pending"}
EU_VAT = re.compile(r"[A-Z]{2}[0-9A-Z]{2,12}\Z")
RATE_ID = re.compile(r"txr_(?P<country>[a-z]{2})_(?P<behavior>inclusive|exclusive)_(?P<percent>[0-9]+(_[0-9]+)?)\Z")
OTHER_ID = re.compile(r"[0-9A-Z .-]{5,20}\Z")
# What a buyer says of themselves on the page, before they have said anything.
NOBODY = {"name": "", "country": "NO", "line1": "", "postal_code": "", "city": "", "tax_id": ""}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a buyer is taxed; `business` has a tax id that the register knows."""

    country: str
    business: bool
    exempt: str = "none"


def address(buyer: dict[str, str]) -> dict[str, str | None]:
    """The address of a buyer as far as it is known."""
    return {name: buyer.get(name) or None for name in ("city", "country", "line1", "line2", "postal_code", "state")}


def home_of(act: Act, automatic: dict[str, Any]) -> str:
    """The country of whoever is liable for the tax: an account, or the platform itself."""
    liable = automatic["liability"] or {"type": "self"}
    account = act.store.get("account", liable["account"]) if liable["type"] == "account" else None
    return str(account["country"]) if account else act.config.country


def kind_of_id(value: str, country: str) -> str:
    """What kind of tax id a business in this country has typed."""
    return "eu_vat" if value[:2] in EU else {"CH": "ch_vat", "NO": "no_vat"}.get(country, "gb_vat")


def country_of_id(kind: str, value: str) -> str | None:
    """The country of a tax id.

    Raises:
        InvalidRequest: it does not look like one.
    """
    if not (EU_VAT if kind == "eu_vat" else OTHER_ID).match(value):
        raise InvalidRequest(f"Invalid value for {kind}.", code="tax_id_invalid", param="value")
    return value[:2] if kind == "eu_vat" else kind[:2].upper()


def verification(kind: str, value: str) -> str:
    """What the register answers: every id is verified but Stripe's own test ids."""
    if kind not in VERIFIED_TYPES:
        return "unavailable"
    return next((answer for ending, answer in ANSWERS.items() if value.endswith(ending)), "verified")


def place_of(act: Act, customer: dict[str, Any]) -> Place | None:
    """Where a customer is taxed; None while nothing is known of it."""
    country = (customer["address"] or {}).get("country")
    condition = "json_extract(body, '$.customer') = ? AND json_extract(body, '$.verification.status') = 'verified'"
    verified = act.store.where("tax_id", act.owner, condition, customer["id"])
    return Place(country, bool(verified), customer["tax_exempt"]) if country else None


def tax_on(amount: int, currency: str, behavior: str, place: Place, home: str) -> dict[str, Any]:
    """The tax on an amount in minor units, as a line of an invoice says it; an exclusive one comes on top, an inclusive one is within."""
    reason, percent = "standard_rated", Decimal(RATES.get(place.country, "0"))
    if place.country not in RATES:
        reason = "not_collecting"
    elif place.exempt == "exempt":
        reason, percent = "customer_exempt", Decimal(0)
    elif place.exempt == "reverse" or (place.business and place.country != home):
        reason, percent = "reverse_charge", Decimal(0)
    inclusive = behavior == "inclusive"
    kind = "inclusive" if inclusive else "exclusive"
    share = percent / (100 + percent) if inclusive else percent / 100
    tax = int((amount * share / step(currency)).quantize(Decimal(1), ROUND_HALF_UP)) * step(currency)
    return {
        "amount": tax,
        "tax_behavior": kind,
        "tax_rate_details": {"tax_rate": f"txr_{place.country.lower()}_{kind}_{percent}".replace(".", "_")},
        "taxability_reason": reason,
        "taxable_amount": amount - tax if inclusive else amount,
        "type": "tax_rate_details",
    }


def outside(tax: dict[str, Any]) -> int:
    """What a tax adds to the amount that it is on."""
    return int(tax["amount"]) if tax["tax_behavior"] == "exclusive" else 0


def as_rate(tax: dict[str, Any]) -> dict[str, Any]:
    """The same as a line of a Checkout Session says it."""
    names = ("amount", "taxability_reason", "taxable_amount")
    return {name: tax[name] for name in names} | {"rate": rate_of(tax["tax_rate_details"]["tax_rate"])}


def rate_of(key: str) -> dict[str, Any]:
    """The rate that an identifier stands for; everything is in its name.

    Raises:
        NotFound: it stands for none.
    """
    found = RATE_ID.match(key)
    if found is None:
        raise missing("tax rate", key, "tax_rate")
    percent = float(found["percent"].replace("_", "."))
    return shaped(
        "tax_rate",
        id=key,
        country=found["country"].upper(),
        display_name="VAT",
        effective_percentage=percent,
        inclusive=found["behavior"] == "inclusive",
        percentage=percent,
        tax_type="vat",
    )


def retrieve_rate(_act: Act, _params: dict[str, Any], key: str) -> dict[str, Any]:
    """One rate, which only calculations of tax name."""
    return rate_of(key)


def added_up(every: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Taxes of lines as a whole invoice says them: one for each rate and reason."""
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for tax in every:
        key = (tax["tax_rate_details"]["tax_rate"], tax["taxability_reason"])
        known = sums.setdefault(key, tax | {"amount": 0, "taxable_amount": 0})
        known["amount"] += tax["amount"]
        known["taxable_amount"] += tax["taxable_amount"]
    return list(sums.values())


def ids_of(act: Act, customer: str) -> list[dict[str, Any]]:
    """The tax ids of a customer as invoices and sessions show them."""
    found = act.store.where("tax_id", act.owner, "json_extract(body, '$.customer') = ?", customer)
    return [{"type": each["type"], "value": each["value"]} for each in found]
