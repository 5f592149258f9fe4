"""What a seller types is kept while they type; the script of the editor sends it."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from accounts.people.requests import signed_in
from common.errors import DomainError
from marketplace.products.errors import UnsavedElsewhere
from marketplace.products.forms import DiscardForm, UnsavedForm
from marketplace.products.models import Product
from marketplace.products.services.unsaved import discard_unsaved, keep_unsaved
from marketplace.selling.guards import SellerRequest, address_for, own_product, seller_required
from marketplace.selling.typed import typed_in


@seller_required
@require_POST
def keep_new(request: SellerRequest) -> HttpResponse:
    """Keep what is typed for a product that is not made yet."""
    return _keep(request, None)


@seller_required
@require_POST
def keep(request: SellerRequest, product_id: UUID) -> HttpResponse:
    """Keep what is typed for a product."""
    return _keep(request, own_product(request, product_id))


def _keep(request: SellerRequest, product: Product | None) -> HttpResponse:
    form = UnsavedForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"message": gettext("Reload the page: it is too old to keep what you type.")}, status=400)
    typed = typed_in(request.POST)
    try:
        kept = keep_unsaved(seller_id=request.seller.pk, product=product, typed=typed, actor=signed_in(request), **form.cleaned_data)
    except DomainError as error:
        apart = {"tab": str(uuid4())} if isinstance(error, UnsavedElsewhere) else {}
        return JsonResponse({"message": error.message, **apart}, status=error.status)
    at = timezone.localtime(kept.kept_at).strftime("%H:%M:%S UTC")
    return JsonResponse({"version": kept.version, "revision": product.revision if product else None, "at": at})


@seller_required
@require_POST
def discard(request: SellerRequest) -> HttpResponse:
    """Delete an unsaved text, and show the editor again that it was opened from."""
    form = DiscardForm(request.POST)
    if form.is_valid():
        discard_unsaved(seller_id=request.seller.pk, tab=form.cleaned_data["tab"], actor=signed_in(request))
        messages.success(request, gettext("The unsaved text was discarded."))
    wanted: UUID | None = form.cleaned_data.get("product")
    own = wanted is not None and Product.objects.filter(pk=wanted, seller=request.seller).exists()
    return redirect("marketplace:product_edit", wanted) if own else redirect(address_for(request, "marketplace:product_new"))
