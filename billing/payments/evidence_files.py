"""What a bank is sent beside the texts of the evidence: the receipt and the licence, as they were, as PDF."""

from typing import Final
from uuid import UUID

from billing.invoices.pdf import pdf_of, pdf_of_text
from billing.invoices.selectors import current_invoice
from billing.orders.models import Order

LONGEST_LICENCE: Final = 40_000  # characters: some card networks read 19 pages (docs.stripe.com/disputes/best-practices)


def files_of(order_id: UUID) -> dict[str, bytes]:
    """Return the files by Stripe's names of their fields; an order without an invoice, or without a licence, has none of that."""
    order, files = Order.objects.select_related("sold_page").get(pk=order_id), {}
    invoice, page = current_invoice(order_id), order.sold_page
    if invoice is not None:
        files["receipt"] = pdf_of(invoice)
    if page is not None and page.licence_text:
        text = page.licence_text
        shown = text if len(text) <= LONGEST_LICENCE else f"{text[:LONGEST_LICENCE]}\n[cut here: the rest does not fit]"
        files["uncategorized_file"] = pdf_of_text(f"Licence as it was sold: {page.licence_name}".rstrip(": "), shown)
    return files
