"""Invoices and credit notes as page and as file, for their buyer and their seller; and who an account is on them."""

from datetime import date
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.organisations.buying import buyer_named, buyers_of
from accounts.people.models import Account
from accounts.people.requests import signed_in
from accounts.sellers.models import SellerProfile
from billing.invoices.forms import BillingDetailsForm
from billing.invoices.models import BillingDetails, Document
from billing.invoices.months import MOST_FILES, archive_of, table_of
from billing.invoices.pdf import pdf_of
from billing.invoices.selectors import current_invoice, documents_seen_by, first_month, sold_in_month
from billing.invoices.services import correct_invoice, save_billing_details
from billing.invoices.wording import facts_of, sums_of
from billing.orders.views import own_order
from common.errors import ConflictError
from common.months import months_since, named_month
from marketplace.selling.guards import SellerRequest, sales_required


@login_required
@require_safe
def document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Show a document to its buyer or its seller, in the reader's language; what was written at its time stays as it was.

    Context: document, with lines and tax_lines; facts and sums, lists of label and text; bought, whether it is the reader's purchase.
    """
    found = _own_document(request, document_id)
    bought = found.buyer_id in {account.pk for account in buyers_of(signed_in(request))}
    context = {"document": found, "facts": facts_of(found), "sums": sums_of(found), "bought": bought}
    return render(request, "billing/document.html", context)


@login_required
@require_safe
def document_pdf(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Serve a document as PDF, in its own language."""
    return _pdf(_own_document(request, document_id))


@login_required
@require_safe
def order_invoice(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Redirect to the invoice of a purchase: where its receipt by mail leads, which is written before the invoice is.

    Older orders have none: their own page is their receipt.
    """
    found = current_invoice(own_order(signed_in(request), order_id).pk)
    return redirect("billing:document", found.pk) if found else redirect("billing:order", order_id)


@login_required
@require_POST
def invoice_correct(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Replace a purchase's invoice by one with the present billing details; back to the order, which lists both."""
    user = signed_in(request)
    try:
        made = correct_invoice(order=own_order(user, order_id), actor=user)
    except ConflictError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("{number} replaces the invoice that you had.").format(number=made.number))
    return redirect("billing:order", order_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def billing_details(request: HttpRequest) -> HttpResponse:
    """Show or change who the reader, or an organisation that they buy or sell for (`?buyer=`), is on documents from now on."""
    user = signed_in(request)
    account = buyer_named(user, request.POST.get("buyer") or request.GET.get("buyer") or "")
    known = BillingDetails.objects.filter(account=account).first()
    initial = {name: getattr(known, name) for name in ("name", "address", "vat_id", "tax_id", "tax_note")} if known else {}
    sells = SellerProfile.objects.filter(account=account).exists()
    form = BillingDetailsForm(request.POST if request.method == "POST" else None, account=account, sells=sells, initial=initial)
    page = partial(_details_page, request, form, account)
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    save_billing_details(account=account, actor=user, **form.cleaned_data)
    messages.success(request, gettext("Saved. Invoices from now on say it."))
    return redirect("billing:orders")


def _details_page(request: HttpRequest, form: BillingDetailsForm, account: Account, *, status: int) -> HttpResponse:
    context = {"form": form, "account": account, "buyers": buyers_of(signed_in(request))}
    return render(request, "billing/billing_details.html", context, status=status)


@sales_required
@require_safe
def documents(request: SellerRequest) -> HttpResponse:
    """List the seller's documents of a month: `?month=2026-11`, the present one unless told otherwise.

    Context: page, a Page of Document; month, its first day; months, those to choose from; details, who the seller is on them, or None.
    """
    month = _month(request)
    context = {
        "page": _page(request, month),
        "month": month,
        "months": months_since(first_month(request.seller), timezone.now().date()),
        "details": BillingDetails.objects.filter(account=request.seller.pk).first(),
    }
    return render(request, "billing/documents.html", context)


@sales_required
@require_safe
def documents_csv(request: SellerRequest) -> HttpResponse:
    """Serve all documents of a month as CSV."""
    month = _month(request)
    found = sold_in_month(request.seller, month).iterator(chunk_size=500)
    return _file(table_of(found).encode(), "text/csv; charset=utf-8", f"documents-{month:%Y-%m}.csv")


@sales_required
@require_safe
def documents_zip(request: SellerRequest) -> HttpResponse:
    """Serve the documents of one page of a month's list as PDFs in an archive."""
    month, page = _month(request), _page(request, _month(request))
    name = f"documents-{month:%Y-%m}-{page.number}.zip"
    return _file(archive_of(page.object_list), "application/zip", name)


def _page(request: SellerRequest, month: date) -> Page[Document]:
    return Paginator(sold_in_month(request.seller, month), MOST_FILES).get_page(request.GET.get("page"))


def _own_document(request: HttpRequest, document_id: UUID) -> Document:
    found = documents_seen_by(signed_in(request)).filter(pk=document_id).first()
    if found is None:
        raise Http404
    return found


def _pdf(found: Document) -> HttpResponse:
    return _file(pdf_of(found), "application/pdf", f"{found.number}.pdf")


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _month(request: SellerRequest) -> date:
    """Return the month of the address, the present one if it names none.

    Raises:
        Http404: there is no such month.
    """
    month = named_month(request.GET.get("month"), now=timezone.now())
    if month is None:
        raise Http404
    return month
