"""Pages on which a seller divides a product into editions."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.people.requests import signed_in
from accounts.sellers.selectors import fee_words
from common.errors import DomainError
from common.web.forms import refuse_form
from marketplace.products.edition_forms import EditionForm
from marketplace.products.errors import InvalidPrice
from marketplace.products.models import Edition, Product
from marketplace.products.price_forms import EditionPricesForm, PricesForm
from marketplace.products.selectors.offers import current_prices
from marketplace.products.services.editions import MOST_EDITIONS, EditionTerms, add_edition, edit_edition, move_edition, retire_edition
from marketplace.selling.guards import SellerRequest, own_product, seller_required
from marketplace.selling.typed import keep_typed, to_editor


@seller_required
@require_http_methods(["GET", "HEAD", "POST"])
def edition_new(request: SellerRequest, product_id: UUID) -> HttpResponse:
    """Add an edition; the first one begins at the product's prices."""
    return _edition_page(request, own_product(request, product_id), None)


@seller_required
@require_http_methods(["GET", "HEAD", "POST"])
def edition_edit(request: SellerRequest, product_id: UUID, edition_id: UUID) -> HttpResponse:
    """Change what an edition is called, holds and costs."""
    product = own_product(request, product_id)
    return _edition_page(request, product, _own_edition(product, edition_id))


@seller_required
@require_POST
def edition_move(request: SellerRequest, product_id: UUID, edition_id: UUID) -> HttpResponse:
    """Move an edition to another place; `to` counts from 0."""
    product = own_product(request, product_id)
    refused = keep_typed(request, product)
    if refused is not None:
        return refused
    edition, to = _own_edition(product, edition_id), request.POST.get("to", "")
    place = move_edition(edition=edition, to=int(to) if to in map(str, range(MOST_EDITIONS)) else 0, actor=signed_in(request))
    messages.success(request, gettext("{alt} is number {place} now.").format(alt=edition.name, place=place + 1))
    return to_editor(request, product, "#price")


@seller_required
@require_POST
def edition_retire(request: SellerRequest, product_id: UUID, edition_id: UUID) -> HttpResponse:
    """Sell an edition to nobody any more."""
    product = own_product(request, product_id)
    edition = _own_edition(product, edition_id)
    try:
        retire_edition(edition=edition, actor=signed_in(request))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("marketplace:edition_edit", product.pk, edition.pk)
    messages.success(request, gettext("{name} is no longer sold.").format(name=edition.name))
    return _to_editor(product)


def _edition_page(request: SellerRequest, product: Product, edition: Edition | None) -> HttpResponse:
    """Show the form, save what was sent, or only show a row more, for another currency (`more`)."""
    whole = [price for price in current_prices(product) if price.edition_id == (edition and edition.pk)]
    if request.method != "POST":
        initial = EditionForm.initial_of(product, edition)
        return _page(request, product, edition, EditionForm(product=product, initial=initial), EditionPricesForm.of(whole))
    if "more" in request.POST:
        typed = {"name": request.POST.get("name", ""), "line": request.POST.get("line", ""), "images": request.POST.getlist("images")}
        return _page(request, product, edition, EditionForm(product=product, initial=typed), EditionPricesForm.typed(request.POST))
    form, prices = EditionForm(request.POST, product=product), EditionPricesForm.sent(request.POST)
    page = partial(_page, request, product, edition, form, prices)
    if not (form.is_valid() & prices.is_valid()):
        return page(status=400)
    terms = EditionTerms(form.cleaned_data["name"], form.cleaned_data["line"], list(form.cleaned_data["images"]), prices.prices)
    try:
        if edition is None:
            edition = add_edition(product=product, terms=terms, actor=signed_in(request))
        else:
            edition = edit_edition(edition=edition, terms=terms, actor=signed_in(request))
    except DomainError as error:
        return refuse_form(prices.blamed(error) if isinstance(error, InvalidPrice) else form, error, page)
    messages.success(request, _saved_words(product).format(name=edition.name))
    return _to_editor(product)


def _saved_words(product: Product) -> str:
    if product.state == Product.State.PUBLISHED:
        return gettext("{name} is saved. Buyers see it from now on.")
    return gettext("{name} is saved. Buyers see it once the product is published.")


def _page(
    request: SellerRequest, product: Product, edition: Edition | None, form: EditionForm, prices: PricesForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "product": product,
        "edition": edition,
        "form": form,
        "price_form": prices,
        "fee": fee_words(seller_id=product.seller_id, at=timezone.now(), currency=""),
        "first": edition is None and not any(price.edition_id for price in current_prices(product)),
    }
    return render(request, "marketplace/edition_form.html", context, status=status)


def _own_edition(product: Product, edition_id: UUID) -> Edition:
    """Return this edition of the product that is sold.

    Raises:
        Http404: there is none.
    """
    found = Edition.objects.select_related("product").filter(pk=edition_id, product=product, retired_at__isnull=True).first()
    if found is None:
        raise Http404
    return found


def _to_editor(product: Product) -> HttpResponse:
    return redirect(reverse("marketplace:product_edit", args=[product.pk]) + "#price")
