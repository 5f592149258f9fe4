"""Invoices and credit notes are made, in the transaction of the change that they document and under the order's lock.

What an order's documents come to is brought in line with what has happened: a refund that succeeded or a dispute that is lost is credited,
and what of it turned out otherwise is charged again. So it does not matter how often, or in which order, we hear of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import Sum
from django.utils import timezone, translation
from django.utils.translation import gettext

from accounts.people.models import Account, User
from audit.services import record_audit
from billing.disputes.models import Dispute
from billing.invoices.content import Content, buyer_of, content_of, share_of_lines
from billing.invoices.errors import InvoiceNotCorrectable, NoInvoice
from billing.invoices.locks import lock_series
from billing.invoices.models import BillingDetails, Document
from billing.invoices.selectors import current_invoice
from billing.orders.locks import lock_order
from billing.orders.models import Order
from billing.orders.state import HOLDING_STATES, UNPAID_STATES
from billing.refunds.models import Refund
from billing.stripe.payment_data import DisputeState, Payment
from common.db.locking import locked_transaction
from common.money import Money
from outbox.mail.languages import language_for

Kind = Document.Kind
CORRECTION: Final = "correction"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why money of an order went back, and how much of it should be credited."""

    name: str
    wanted: int
    refund: Refund | None = None
    dispute: Dispute | None = None


def save_billing_details(*, account: Account, actor: User, name: str, address: str, vat_id: str = "", **of_sellers: str) -> BillingDetails:
    """Write who the account is on documents from now on; those that were made stay as they are.

    Args:
        of_sellers: tax_id and tax_note.
    """
    with locked_transaction():
        values = {"name": name, "address": address, "vat_id": vat_id, **of_sellers, "changed_at": timezone.now()}
        details, _ = BillingDetails.objects.update_or_create(account=account, defaults=values)
        record_audit(actor=actor, action="account.billing_details_changed", target=account)
    return details


def document_order(order: Order, payment: Payment, *, came_from: Order.State) -> None:
    """Make the documents that follow from what was observed of an order: its invoice once it is sold, and what went back of it.

    A payment that is returned at once has none: nothing was sold for it. The caller holds the order's lock.
    """
    if came_from in UNPAID_STATES and (order.state in HOLDING_STATES or order.state == Order.State.DISPUTED):
        issue_invoice(order, payment)
    if payment.refunds or payment.disputes:
        document_what_went_back(order)


def issue_invoice(order: Order, payment: Payment) -> Document:
    """Make the invoice of an order that has just been sold, or return the one it has. The caller holds the order's lock.

    It is a receipt while the seller has not said who they are in law.
    """
    key = f"invoice:{order.pk}"
    if (known := Document.objects.filter(key=key).first()) is not None:
        return known
    language = language_for(order.email, otherwise=None)
    with translation.override(language):
        content = content_of(order, taxes=payment.taxes, party=payment.billing_party)
    kind = Kind.INVOICE if content["seller"]["address"] else Kind.RECEIPT
    tax = sum(line.amount.minor for line in payment.taxes)
    return _issue(Document(kind=kind, key=key, order=order, amount=order.amount, tax_amount=tax, language=language, content=content))


def document_what_went_back(order: Order) -> list[Document]:
    """Credit what refunds and lost disputes have taken from an order, or charge again what came back; return what was made.

    An order without an invoice gets nothing: it was never sold, or before there were invoices. The caller holds the order's lock.
    """
    invoice = current_invoice(order.pk)
    if invoice is None:
        return []
    made = []
    for cause in _causes(order, invoice.money):
        of_cause = Document.objects.filter(order=order, refund=cause.refund, dispute=cause.dispute)
        change = cause.wanted + of_cause.aggregate(sum=Sum("amount", default=0))["sum"]
        if change:
            made.append(_balance(invoice, cause, -change, number=of_cause.count() + 1))
    return made


def _causes(order: Order, paid: Money) -> Iterator[Cause]:
    """Yield refunds before disputes; together they never credit more than was paid."""
    left = paid.minor
    for refund in order.refunds.order_by("created_at", "pk"):
        wanted = min(refund.amount, left) if refund.state == Refund.State.SUCCEEDED else 0
        left -= wanted
        yield Cause(f"refund:{refund.pk}", wanted, refund=refund)
    for dispute in order.disputes.order_by("opened_at", "pk"):
        disputed = dispute.amount if dispute.currency == order.currency else left
        wanted = min(disputed, left) if dispute.state is DisputeState.LOST else 0
        left -= wanted
        yield Cause(f"dispute:{dispute.pk}", wanted, dispute=dispute)


def _balance(invoice: Document, cause: Cause, amount: int, *, number: int) -> Document:
    """Make a credit note if the amount is below zero, else an invoice over what is owed after all."""
    tax = _tax_of(invoice, amount)
    with translation.override(invoice.language):
        text = _text(cause, back=amount < 0)
        lines = share_of_lines(invoice.content["lines"], amount=amount, total=invoice.amount, text=text)
    return _issue(
        Document(
            kind=Kind.CREDIT_NOTE if amount < 0 else invoice.kind,
            key=f"{cause.name}:{number}",
            order=invoice.order,
            refund=cause.refund,
            dispute=cause.dispute,
            corrects=invoice,
            amount=amount,
            tax_amount=tax,
            language=invoice.language,
            content=_changed(invoice, lines, amount, tax, reason=text),
        )
    )


def _text(cause: Cause, *, back: bool) -> str:
    if cause.dispute is not None:
        return gettext("Taken back by the buyer’s bank") if back else gettext("Given back by the buyer’s bank")
    return gettext("Refund") if back else gettext("The refund could not be made")


def _changed(invoice: Document, lines: list[Content], amount: int, tax: int, *, reason: str) -> Content:
    taxes = [line | {"amount": line["money"].part(amount, invoice.amount).minor} for line in invoice.tax_lines]
    for line in taxes:
        del line["money"]
    if taxes:  # rounded one by one: the last makes them add up
        taxes[-1]["amount"] += tax - sum(line["amount"] for line in taxes)
    content: Content = invoice.content
    return content | {"lines": lines, "taxes": taxes, "corrects": invoice.number, "reason": reason}


def _tax_of(invoice: Document, amount: int) -> int:
    """Return the tax in a part that changes sides, so that none is left once all has gone back."""
    so_far = Document.objects.filter(order=invoice.order_id).aggregate(amount=Sum("amount"), tax=Sum("tax_amount"))
    return invoice.tax.part(so_far["amount"] + amount, invoice.amount).minor - int(so_far["tax"])


def correct_invoice(*, order: Order, actor: User) -> Document:
    """Replace an order's invoice by one with the buyer's present details: a credit note over all of it, and a new invoice.

    Raises:
        NoInvoice: there is nothing to correct.
        InvoiceNotCorrectable: it was corrected before, or something of it went back.
    """
    with locked_transaction():
        locked = lock_order(order_id=order.pk)
        invoice = current_invoice(locked.pk)
        if invoice is None:
            raise NoInvoice
        if Document.objects.filter(order=locked).count() > 1:
            raise InvoiceNotCorrectable
        details = BillingDetails.objects.filter(account=locked.buyer_id).first()
        with translation.override(invoice.language):
            reason = gettext("Replaced by an invoice with other details of the buyer")
            content = invoice.content | {"buyer": buyer_of(locked.buyer, details), "corrects": invoice.number, "reason": ""}
        lines = share_of_lines(invoice.content["lines"], amount=-invoice.amount, total=invoice.amount, text=reason)
        common = {"order": locked, "corrects": invoice, "language": invoice.language}
        _issue(
            Document(
                kind=Kind.CREDIT_NOTE,
                key=f"{CORRECTION}:{locked.pk}:1",
                amount=-invoice.amount,
                tax_amount=-invoice.tax_amount,
                content=_changed(invoice, lines, -invoice.amount, -invoice.tax_amount, reason=reason),
                **common,
            )
        )
        corrected = _issue(
            Document(
                kind=invoice.kind,
                key=f"{CORRECTION}:{locked.pk}:2",
                amount=invoice.amount,
                tax_amount=invoice.tax_amount,
                content=content,
                **common,
            )
        )
        record_audit(actor=actor, action="order.invoice_corrected", target=locked, number=corrected.number)
    return corrected


def _issue(document: Document) -> Document:
    """Give the document the next number of its seller's year, and write it: both or neither."""
    now, order = timezone.now(), document.order
    series = lock_series(seller_id=order.seller_id, year=now.year)
    series.last += 1
    series.save(update_fields=["last"])
    document.seller_id, document.buyer_id, document.currency = order.seller_id, order.buyer_id, order.currency
    document.year, document.serial, document.issued_at = series.year, series.last, now
    document.save(force_insert=True)
    return document
