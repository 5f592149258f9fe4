"""A seller's discounts and offers."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.people.requests import signed_in
from billing.discounts.forms import CodeForm, OfferForm
from billing.discounts.models import Discount
from billing.discounts.offers import edition_named, make_offer
from billing.discounts.selectors import discounts_of, products_named, uses_of
from billing.discounts.services import end_discount, make_discount, pause_discount, resume_discount
from common.errors import DomainError
from common.web.forms import refuse_form
from marketplace.selling.guards import SellerRequest, address_for, sales_required

DISCOUNTS_A_PAGE = 25
_MOVES = {"pause": pause_discount, "resume": resume_discount, "end": end_discount}


@sales_required
@require_safe
def discounts(request: SellerRequest) -> HttpResponse:
    """List the seller's codes and offers with what came of them.

    Context: page, a Page of Discount; rows, pairs of each Discount with its Uses; decides, whether the reader may change them.
    """
    page = Paginator(discounts_of(request.seller.pk), DISCOUNTS_A_PAGE).get_page(request.GET.get("page"))
    found = list(page.object_list)
    uses = uses_of([discount.pk for discount in found])
    context = {"page": page, "rows": [(discount, uses[discount.pk]) for discount in found], "decides": request.decides}
    return render(request, "billing/discounts.html", context)


@sales_required
@require_http_methods(["GET", "HEAD", "POST"])
def discount_new(request: SellerRequest) -> HttpResponse:
    """Make a code. Context: form."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    page = partial(_form_page, request, "billing/discount_form.html", form)
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    try:
        terms = form.terms(products_named(form.cleaned_data["products"], seller_id=request.seller.pk))
        made = make_discount(seller=request.seller, terms=terms, actor=signed_in(request))
    except DomainError as error:
        return refuse_form(form, error, page)
    messages.success(request, gettext("The code {code} counts from now on, or from its first day.").format(code=made.code))
    return redirect(address_for(request, "billing:discounts"))


@sales_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer_new(request: SellerRequest) -> HttpResponse:
    """Make an offer to one buyer. Context: form."""
    form = OfferForm(request.POST if request.method == "POST" else None)
    page = partial(_form_page, request, "billing/offer_form.html", form)
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    data = form.cleaned_data
    try:
        (product,) = products_named(data["product"], seller_id=request.seller.pk, field="product", most=1)
        edition = edition_named(product, data["edition"])
        made = make_offer(
            product=product, price=data["money"], to=data["email"], ends_at=form.end, actor=signed_in(request), edition=edition
        )
    except DomainError as error:
        return refuse_form(form, error, page)
    messages.success(request, gettext("The offer is on its way to {addressee}.").format(addressee=made.addressee))
    return redirect(address_for(request, "billing:discounts"))


@sales_required
@require_POST
def discount_move(request: SellerRequest, discount_id: UUID) -> HttpResponse:
    """Pause a code or an offer, let it go on, or end it: `act` says which."""
    discount = Discount.objects.filter(pk=discount_id, seller=request.seller).first()
    move = _MOVES.get(request.POST.get("act", ""))
    if discount is None or move is None:
        raise Http404
    try:
        moved = move(discount=discount, actor=signed_in(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("{name}: {state}.").format(name=moved, state=moved.state.label))
    return redirect(address_for(request, "billing:discounts"))


def _form_page(request: SellerRequest, template: str, form: Form, *, status: int) -> HttpResponse:
    return render(request, template, {"form": form}, status=status)
