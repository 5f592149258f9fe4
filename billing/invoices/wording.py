"""A document in words of the active language, as page and PDF show it."""

from datetime import date
from typing import Any

from django.utils.translation import gettext

from billing.invoices.models import Document
from common.languages import long_day, separated

Words = dict[str, Any]


def written(document: Document) -> Words:
    """Return everything that a document shows, as text."""
    content = document.content
    return {
        "language": document.language.partition("-")[0],
        "region": document.language.partition("-")[2],
        "title": title_of(document),
        "seller": _party(content["seller"]),
        "buyer": _party(content["buyer"]),
        "facts": facts_of(document),
        "lines": [{"text": line["text"], "details": line["details"], "amount": str(line["money"])} for line in document.lines],
        "sums": sums_of(document),
        "total": {"label": gettext("Total"), "amount": str(document.money)},
        "notes": notes_of(document),
        "footer": f"{content['seller']['name'][:60]} · {document.number}",
        "words": {
            "seller": gettext("Seller"),
            "buyer": gettext("Buyer"),
            "facts": gettext("Details"),
            "line": gettext("What was sold"),
            "amount": gettext("Amount"),
            "page": gettext("Page"),
        },
    }


def title_of(document: Document) -> str:
    """Return what it is, with its number."""
    return f"{document.get_kind_display()} {document.number}"


def facts_of(document: Document) -> list[Words]:
    """Return label and text of date, order, payment and what it corrects."""
    content = document.content
    supplied = long_day(date.fromisoformat(content["supplied_on"])) if content["supplied_on"] else ""
    found = [
        (gettext("Date"), long_day(document.issued_at)),
        (gettext("Corrects"), content.get("corrects", "")),
        (gettext("Date of supply"), supplied),
        (gettext("Order"), content["order_number"]),
        (gettext("Paid with"), content["paid_with"]),
        (gettext("Payment"), content["payment"]),
    ]
    return [{"label": label, "text": text} for label, text in found if text]


def sums_of(document: Document) -> list[Words]:
    """Return what is without tax, and each tax; nothing where no tax was worked out."""
    if not document.tax_lines:
        return []
    taxes = [
        {
            "label": gettext("{name} {percent} % {country}").format(
                name=line["name"], percent=separated(f"{float(line['percent']):g}"), country=line["country"]
            ),
            "amount": str(line["money"]),
        }
        for line in document.tax_lines
    ]
    return [{"label": gettext("Without tax"), "amount": str(document.net)}, *taxes]


def notes_of(document: Document) -> list[str]:
    """Return why it was made, if it corrects another one, and the sentences about tax."""
    reason = document.content.get("reason")
    return [*([f"{reason}."] if reason else []), *document.content["notes"]]


def _party(party: Words) -> Words:
    ids = [
        gettext("VAT id {number}").format(number=party["vat_id"]) if party["vat_id"] else "",
        gettext("Tax number {number}").format(number=party["tax_id"]) if party["tax_id"] else "",
    ]
    return {"name": party["name"], "address": party["address"], "ids": [line for line in ids if line]}
