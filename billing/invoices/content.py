"""What a document says: copied from rows and from Stripe's answer at one moment, in the buyer's language. Nothing here writes."""

from typing import Any, Final

from django.utils.translation import gettext, gettext_lazy

from accounts.people.models import Account
from billing.invoices.models import BillingDetails
from billing.orders.models import Order
from billing.stripe.payment_data import BillingParty, TaxLine

Content = dict[str, Any]
PRICES_INCLUDE_TAXES: Final = gettext_lazy("The price includes all taxes that the seller owes.")
_REVERSE_CHARGE: Final = "reverse_charge"  # Stripe's word for it (docs.stripe.com/api/checkout/sessions/object, taxability_reason)


def content_of(order: Order, *, taxes: tuple[TaxLine, ...], party: BillingParty | None) -> Content:
    """Return what the invoice of an order says.

    Args:
        taxes: as Stripe worked them out; empty without Stripe Tax.
        party: who the buyer said they are on Stripe's page, which counts before what they have told us.
    """
    known = BillingDetails.objects.in_bulk([order.seller_id, order.buyer_id])
    seller = known.get(order.seller_id)
    return {
        "seller": _seller_of(order, seller),
        "buyer": _asked_at_stripe(party) or buyer_of(order.buyer, known.get(order.buyer_id)),
        "lines": _lines(order),
        "taxes": [_tax(line) for line in taxes],
        "notes": notes(taxes=taxes, note=seller.tax_note if seller else ""),
        "order_number": order.number,
        "payment": order.payment_intent_id or "",
        "paid_with": order.paid_with_words,
        "supplied_on": order.paid_at.date().isoformat() if order.paid_at else "",
    }


def _seller_of(order: Order, details: BillingDetails | None) -> Content:
    """Return who sold it: who the seller is in law, or only the name of their shop while they have not said."""
    if details is None:
        return _party(order.seller.display_name)
    return _party(details.name, details.address, vat_id=details.vat_id, tax_id=details.tax_id)


def buyer_of(account: Account, details: BillingDetails | None) -> Content:
    """Return who bought it, as they have said, or else by the account's name."""
    return _party(account.name) if details is None else _party(details.name, details.address, vat_id=details.vat_id)


def notes(*, taxes: tuple[TaxLine, ...], note: str) -> list[str]:
    """Return the sentences about tax: the rule where no tax was worked out, who owes it instead, and the seller's own."""
    found = [] if taxes else [str(PRICES_INCLUDE_TAXES)]
    if any(line.reason == _REVERSE_CHARGE for line in taxes):
        found.append(gettext("Reverse charge: the buyer owes the tax."))
    return [*found, note] if note else found


def share_of_lines(lines: list[Content], *, amount: int, total: int, text: str) -> list[Content]:
    """Return the lines of a credit note: those of the invoice if all of it goes back, else one line that says which part."""
    if -amount == total:
        return [line | {"amount": -line["amount"]} for line in lines]
    return [{"text": text, "details": [line["text"] for line in lines], "amount": amount}]


def _asked_at_stripe(party: BillingParty | None) -> Content | None:
    if party is None or not party.name:
        return None
    return _party(party.name, "\n".join(party.address), vat_id=", ".join(party.tax_ids))


def _party(name: str, address: str = "", *, vat_id: str = "", tax_id: str = "") -> Content:
    return {"name": name, "address": address.splitlines(), "vat_id": vat_id, "tax_id": tax_id}


def _lines(order: Order) -> list[Content]:
    """Return what was sold at its price and for which time, and what earlier purchases and a discount took off."""
    details, period = [image.repository for image in order.images.all()], order.period_words
    sold = gettext("{product}: {period}").format(product=order.product_title, period=period) if period else order.product_title
    lines: list[Content] = [{"text": sold, "details": details, "amount": order.list_price.minor}]
    if order.credit_amount:
        earlier = [f"{row.earlier.number} {row.earlier.product_title}" for row in order.credits.select_related("earlier")]
        lines.append({"text": gettext("Credit for what was bought before"), "details": earlier, "amount": -order.credit_amount})
    if order.discount_amount:
        text = gettext("Discount {code}").format(code=order.discount_code) if order.discount_code else gettext("Offer to you")
        lines.append({"text": text, "details": [], "amount": -order.discount_amount})
    return lines


def _tax(line: TaxLine) -> Content:
    return {"name": line.name, "percent": line.percent, "country": line.country, "reason": line.reason, "amount": line.amount.minor}
