"""Pages on which a seller drafts, edits, publishes and withdraws products."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.people.requests import signed_in
from common.errors import DomainError
from common.web.forms import refuse_form
from common.web.links import image_reference
from common.web.markdown import in_readers_language
from marketplace.images.models import Namespace
from marketplace.products.descriptions import render_description
from marketplace.products.forms import ProductForm
from marketplace.products.selectors.pages import product_url
from marketplace.products.services.editing import create_product
from marketplace.products.services.publishing import publish_product, withdraw_product
from marketplace.products.services.unsaved import discard_unsaved
from marketplace.selling.editor import editor, opened_form, product_form, typed_description, usable_images
from marketplace.selling.guards import SellerRequest, own_product, seller_required
from marketplace.selling.saving import save_typed
from marketplace.selling.typed import keep_typed, to_editor
from marketplace.selling.unsaved import EditorTab, editor_tab


@seller_required
@require_http_methods(["GET", "HEAD", "POST"])
def product_new(request: SellerRequest) -> HttpResponse:
    """Draft a product."""
    namespaces = Namespace.objects.filter(owner=request.seller.pk)
    tab = editor_tab(request, None)
    form = product_form(request, None, _suggestion(request), bound=request.method == "POST")
    if not form.is_bound:
        form = opened_form(request, None, tab) or form
    page = partial(_new_page, request, form, namespaces, tab)
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    namespace, images = form.cleaned_data.get("namespace") or namespaces[0], form.cleaned_data["images"]
    try:
        product = create_product(seller=request.seller, namespace=namespace, actor=signed_in(request), images=images, **form.page)
    except DomainError as error:
        return refuse_form(form, error, page)
    discard_unsaved(seller_id=request.seller.pk, tab=tab.id, actor=signed_in(request))
    messages.success(request, gettext("{title} is a draft. The check-list shows what is left to do.").format(title=product.title))
    return redirect("marketplace:product_edit", product.pk)


def _new_page(request: SellerRequest, form: ProductForm, namespaces: QuerySet[Namespace], tab: EditorTab, *, status: int) -> HttpResponse:
    prefix = f"{image_reference(namespaces[0].name)}/" if len(namespaces) == 1 else ""
    context = {"form": form, "slug_prefix": prefix, "preview": typed_description(form), "tab": tab}
    return render(request, "marketplace/product_form.html", context, status=status)


def _suggestion(request: SellerRequest) -> dict[str, object]:
    """Fill the form in for the image whose page the seller came from, or for their only one."""
    usable = list(usable_images(request))
    chosen = next((image for image in usable if str(image.pk) == request.GET.get("image")), None)
    image = chosen or (usable[0] if len(usable) == 1 else None)
    return {"images": [image.pk], "slug": image.name, "title": image.name.replace("-", " ").capitalize()} if image else {}


@seller_required
@require_http_methods(["GET", "HEAD", "POST"])
def product_edit(request: SellerRequest, product_id: UUID) -> HttpResponse:
    """Show the editor, or save the page."""
    product = own_product(request, product_id)
    if request.method != "POST":
        return editor(request, product)
    refused = save_typed(request, product)
    if refused is not None:
        return refused
    messages.success(request, gettext("Saved."))
    return redirect("marketplace:product_edit", product.pk)


@seller_required
@require_POST
def product_publish(request: SellerRequest, product_id: UUID) -> HttpResponse:
    """Put the product on the shelf; what was typed and came along is saved before."""
    product = own_product(request, product_id)
    refused = save_typed(request, product) if "revision" in request.POST else None
    if refused is not None:
        return refused
    try:
        product = publish_product(product=product, actor=signed_in(request))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("marketplace:product_edit", product.pk)
    messages.success(request, gettext("{title} is published. This is what buyers see.").format(title=product.title))
    return redirect(product_url(product))


@seller_required
@require_POST
def product_withdraw(request: SellerRequest, product_id: UUID) -> HttpResponse:
    """Take the product off the shelf; those who have it keep it."""
    product = own_product(request, product_id)
    refused = keep_typed(request, product)
    if refused is not None:
        return refused
    try:
        withdraw_product(product=product, actor=signed_in(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("{title} is withdrawn. Those who have it can still pull.").format(title=product.title))
    return to_editor(request, product)


@seller_required
@require_POST
def preview(request: SellerRequest) -> HttpResponse:
    """Render a description as buyers will see it, for the script that previews it while the seller types."""
    return HttpResponse(in_readers_language(render_description(request.POST.get("markdown", "")).html))
