"""Disputes of a seller's sales: what the bank wants and by when, what it is sent, and what the seller adds."""

from functools import partial

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.people.requests import signed_in
from billing.disputes.evidence import collect_evidence, sections
from billing.disputes.forms import StatementForm
from billing.disputes.models import Dispute
from billing.disputes.selectors import disputes_of_seller, evidence_on_its_way
from billing.disputes.services import write_statement
from common.errors import DomainError
from common.web.forms import refuse_form
from marketplace.selling.guards import SellerRequest, sales_required

DISPUTES_A_PAGE = 25


@sales_required
@require_safe
def seller_disputes(request: SellerRequest) -> HttpResponse:
    """List the disputes of the seller's sales. Context: page, a Page of Dispute with its order; seller."""
    found = Paginator(disputes_of_seller(request.seller), DISPUTES_A_PAGE)
    return render(request, "billing/seller_disputes.html", {"page": found.get_page(request.GET.get("page")), "seller": request.seller})


@sales_required
@require_http_methods(["GET", "HEAD", "POST"])
def seller_dispute(request: SellerRequest, dispute_id: str) -> HttpResponse:
    """Show one dispute and what the bank is sent, or keep what the seller adds."""
    dispute = _own_dispute(request, dispute_id)
    form = StatementForm(request.POST if request.method == "POST" else None, initial={"text": dispute.seller_statement})
    page = partial(_page, request, dispute, form)
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    try:
        write_statement(dispute=dispute, text=form.cleaned_data["text"], actor=signed_in(request))
    except DomainError as error:
        return refuse_form(form, error, page)
    messages.success(request, gettext("Saved. It is sent to the bank together with our evidence."))
    handle = request.seller.account.handle
    return HttpResponseRedirect(f"{reverse('billing:seller_dispute', args=[dispute.pk])}?seller={handle}", status=303)


def _page(request: SellerRequest, dispute: Dispute, form: StatementForm, *, status: int) -> HttpResponse:
    sent = evidence_on_its_way(dispute)
    context = {
        "dispute": dispute,
        "order": dispute.order,
        "seller": request.seller,
        "form": form,
        "sent": sent,
        "may_write": dispute.needs_response and sent is None,
        "sections": sections(collect_evidence(dispute, for_seller=True)),
        "reversal": getattr(dispute, "reversal", None),
    }
    return render(request, "billing/seller_dispute.html", context, status=status)


def _own_dispute(request: SellerRequest, dispute_id: str) -> Dispute:
    found = disputes_of_seller(request.seller).filter(pk=dispute_id).first()
    if found is None:
        raise Http404
    return found
