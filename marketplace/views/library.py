"""The buyer's library, and getting what is free."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import signed_in
from common.errors import DomainError
from marketplace.models import Product
from marketplace.selectors.library import library_of
from marketplace.selectors.listings import product_url
from marketplace.services.entitlements import obtain_free_product
from marketplace.views.help import free_reference


@login_required
@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """List what the reader holds, each with the command that pulls it."""
    entries = library_of(signed_in(request))
    context = {
        "entries": entries,
        "pullable": sum(entry.may_pull for entry in entries),
        "free_reference": "" if entries else free_reference(),
    }
    return render(request, "marketplace/library.html", context)


@login_required
@require_POST
def obtain(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Put a free product into the library for good."""
    product = Product.objects.published().select_related("namespace").filter(pk=product_id).first()
    if product is None:
        raise Http404
    try:
        obtain_free_product(product=product, user=signed_in(request))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect(product_url(product))
    messages.success(request, f"{product.title} is in your library. Pull it with the command below.")
    return redirect("marketplace:library")
