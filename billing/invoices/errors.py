"""Why a document is not made or corrected."""

from django.utils.translation import gettext

from common.errors import ConflictError


class NoInvoice(ConflictError):
    """The order has no invoice: it was not paid, or was paid before invoices were made. 409."""

    code = "no_invoice"

    def __init__(self) -> None:
        super().__init__(gettext("This order has no invoice. Its own page is its receipt."))


class InvoiceNotCorrectable(ConflictError):
    """It was corrected once, or money has gone back. 409."""

    code = "invoice_not_correctable"

    def __init__(self) -> None:
        super().__init__(gettext("An invoice is corrected once, and only while no money has gone back. Write to the seller."))
