"""Tax as Stripe Tax works it out at Checkout: what is asked for, and what is read back (docs.stripe.com/tax/checkout).

The seller is liable for it, and prices contain it: what a buyer pays, and what we keep of it, is the same with and without.
"""

from typing import TYPE_CHECKING, Final

import stripe

from billing.stripe.payment_data import BillingParty, TaxLine
from common.money import Money

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

OF_A_SESSION: Final = "total_details.breakdown"
# "General - Electronically Supplied Services": images are delivered by download (docs.stripe.com/tax/tax-codes).
TAX_CODE: Final = "txcd_10000000"


def tax_params(destination: str) -> "SessionCreateParams":
    """Return what a session with tax says in addition: on the account of the seller, and with the buyer's VAT id."""
    return {
        "automatic_tax": {"enabled": True, "liability": {"type": "account", "account": destination}},
        "tax_id_collection": {"enabled": True},
    }


def taxes_of(session: stripe.checkout.Session) -> tuple[TaxLine, ...]:
    """Return the taxes of a session that was expanded by `OF_A_SESSION`."""
    breakdown = getattr(session.total_details, "breakdown", None)  # left out unless the call asked
    return tuple(_line(tax, session.currency or "") for tax in (breakdown.taxes if breakdown else ()))


def _line(tax: stripe.checkout.Session.TotalDetails.Breakdown.Tax, currency: str) -> TaxLine:
    return TaxLine(
        name=tax.rate.display_name,
        percent=_percent(tax.rate),
        country=tax.rate.country or "",
        reason=tax.taxability_reason or "",
        amount=Money(tax.amount, currency),
    )


def billing_party_of(session: stripe.checkout.Session) -> BillingParty | None:
    """Return who the buyer said they are."""
    details = session.customer_details
    if details is None:
        return None
    ids = [found.value for found in details.tax_ids or () if found.value]
    return BillingParty(name=details.business_name or details.name or "", address=_address(details.address), tax_ids=tuple(ids))


def taxes_of_invoice(v1: stripe.V1Services, invoice: stripe.Invoice) -> tuple[TaxLine, ...]:
    """Return the taxes of a later period, by its invoice, which only names their rates: one call more for each."""
    return tuple(_line_of_invoice(v1, tax, invoice.currency) for tax in invoice.total_taxes or ())


def _line_of_invoice(v1: stripe.V1Services, tax: stripe.Invoice.TotalTax, currency: str) -> TaxLine:
    rate = v1.tax_rates.retrieve(tax.tax_rate_details.tax_rate) if tax.tax_rate_details else None
    return TaxLine(
        name=rate.display_name if rate else "",
        percent=_percent(rate) if rate else "",
        country=(rate.country or "") if rate else "",
        reason=tax.taxability_reason or "",
        amount=Money(tax.amount, currency),
    )


def _percent(rate: stripe.TaxRate) -> str:
    return str(rate.effective_percentage if rate.effective_percentage is not None else rate.percentage)


def party_of_invoice(invoice: stripe.Invoice) -> BillingParty:
    """Return who the customer of an invoice is, as they said at Checkout or in the customer portal since."""
    ids = tuple(found.value for found in invoice.customer_tax_ids or () if found.value)
    return BillingParty(name=invoice.customer_name or "", address=_address(invoice.customer_address), tax_ids=ids)


def _address(address: stripe.checkout.Session.CustomerDetails.Address | stripe.Invoice.CustomerAddress | None) -> tuple[str, ...]:
    if address is None:
        return ()
    city = " ".join(part for part in (address.postal_code, address.city) if part)
    return tuple(line for line in (address.line1, address.line2, city, address.state, address.country) if line)
