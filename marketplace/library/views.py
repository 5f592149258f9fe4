"""The buyer's library, and getting what is free."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.organisations.buying import buyer_named
from accounts.people.requests import signed_in
from common.errors import DomainError
from marketplace.entitlements.services.grants import obtain_free_product
from marketplace.library.selectors import library_page, shelves_of
from marketplace.products.models import Product
from marketplace.products.selectors.pages import product_url
from marketplace.shopwindow.views.help import free_reference


@login_required
@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """List what the reader and their organisations hold, each with the command that pulls it.

    Context: page, a Page of entitlements; shelves, those of it that are not empty; entries, all of theirs; pullable, how many of these
    the reader may pull; free_reference.
    """
    user = signed_in(request)
    page = library_page(user, request.GET.get("page", 1))
    shelves = shelves_of(user, page.object_list)
    entries = [entry for shelf in shelves for entry in shelf.entries]
    context = {
        "page": page,
        "shelves": shelves,
        "entries": entries,
        "pullable": sum(entry.may_pull for entry in entries),
        "free_reference": "" if entries else free_reference(),
    }
    return render(request, "marketplace/library.html", context)


@login_required
@require_POST
def obtain(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Put a free product into the user's library for good, or into an organisation's (`buyer`: its handle)."""
    product = Product.objects.visible().select_related("namespace").filter(pk=product_id).first()
    if product is None:
        raise Http404
    user = signed_in(request)
    holder = buyer_named(user, request.POST.get("buyer", ""))
    try:
        obtain_free_product(product=product, user=user, holder=holder)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect(product_url(product))
    own = gettext("{title} is in your library. Pull it with the command below.")
    others = gettext("{title} is in the library of {holder}. Pull it with the command below.")
    messages.success(request, (own if holder == user.account else others).format(title=product.title, holder=holder.name))
    return redirect("marketplace:library")
