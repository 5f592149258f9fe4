"""Taxes of a Checkout Session: calculated once its buyer has said where they are, and a business its tax id."""

from typing import Any

from tools.sandbox import taxes
from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest


def locate(act: Act, session: dict[str, Any], said: dict[str, str]) -> bool:
    """Note what the buyer says of themselves, and calculate the taxes for that; returns whether it changes what is to be paid.

    Args:
        said: some of `taxes.NOBODY`; what is left out stays as it was.

    Raises:
        InvalidRequest: a tax id that does not look like one.
    """
    session["_buyer"] = session["_buyer"] | said
    before = session["amount_total"]
    if session["automatic_tax"]["enabled"]:
        _calculate(session, _place(session), taxes.home_of(act, session["automatic_tax"]))
    act.store.save(session)
    return bool(session["amount_total"] != before)


def breakdown(session: dict[str, Any]) -> dict[str, Any]:
    """What `total_details.breakdown` expands to."""
    every = [line["_tax"] for line in session["_line_items"] if "_tax" in line]
    return {"discounts": [], "taxes": [taxes.as_rate(tax) for tax in taxes.added_up(every)]}


def _calculate(session: dict[str, Any], place: taxes.Place, home: str) -> None:
    for line in session["_line_items"]:
        reduced = line["amount_subtotal"] - line["amount_discount"]
        tax = taxes.tax_on(reduced, session["currency"], line["price"]["tax_behavior"], place, home)
        line |= {"amount_tax": tax["amount"], "amount_total": reduced + taxes.outside(tax)}
        line |= {"taxes": [taxes.as_rate(tax)], "_tax": tax}
    session["amount_total"] = sum(line["amount_total"] for line in session["_line_items"])
    session["total_details"]["amount_tax"] = sum(line["amount_tax"] for line in session["_line_items"])
    session["automatic_tax"]["status"] = "complete"


def _place(session: dict[str, Any]) -> taxes.Place:
    """Where the session's buyer is; their tax id is kept for their customer and for what the session says of them."""
    buyer = session["_buyer"]
    country, vat = buyer["country"], buyer["tax_id"].replace(" ", "").upper()
    session["_tax_ids"] = []
    if not vat:
        return taxes.Place(country, business=False)
    if not session["_asks_tax_id"]:
        raise InvalidRequest("This session does not ask for a tax id.", param="tax_id")
    kind = taxes.kind_of_id(vat, country)
    taxes.country_of_id(kind, vat)
    session["_tax_ids"] = [{"type": kind, "value": vat}]
    return taxes.Place(country, business=taxes.verification(kind, vat) == "verified")
