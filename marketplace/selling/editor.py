"""The page on which a product is edited, put together from its parts."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString

from marketplace.covers.selectors import Shape
from marketplace.images.models import Image, Namespace
from marketplace.products.descriptions import render_description, shown_description
from marketplace.products.forms import PictureForm, PriceForm, ProductForm
from marketplace.products.models import Product
from marketplace.products.selectors.readiness import Missing, Step, missing_for_publication
from marketplace.selling.guards import SellerRequest
from marketplace.shopwindow.listings import Listing, list_products


@dataclass(frozen=True, slots=True)
class Check:
    """A line of the check-list before publishing."""

    done: bool
    text: str
    url: str = ""
    command: str = ""


_DONE = {
    Step.TITLE: "It has a title",
    Step.IMAGES: "Its images are chosen",
    Step.PUSH: "Each has been pushed with a tag",
    Step.PRICE: "It has a price",
    Step.STRIPE: "You can be paid, or it is free",
}


def usable_images(request: SellerRequest) -> QuerySet[Image]:
    """List the images that a product of this seller may contain."""
    return Image.objects.live().filter(owner=request.seller.pk, taken_down_at__isnull=True)


def product_form(request: SellerRequest, product: Product | None, initial: dict[str, object], *, bound: bool) -> ProductForm:
    """Make the form of the page itself; bound to what was sent if that was this form."""
    namespaces = Namespace.objects.filter(owner=request.seller.pk)
    data = request.POST if bound else None
    return ProductForm(data, namespaces=namespaces, images=usable_images(request), product=product, initial=initial)


def typed_description(form: ProductForm) -> SafeString:
    """Render what the form holds, as buyers would see it; plain text where it costs too much."""
    return render_description(str(form["description"].value() or "")).html


def editor(
    request: SellerRequest,
    product: Product,
    *,
    form: ProductForm | None = None,
    price_form: PriceForm | None = None,
    picture_form: PictureForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the editor; forms that were sent and refused keep what was typed."""
    listing = list_products([product], Shape.WIDE)[0]
    form = form or product_form(request, product, ProductForm.initial_of(product), bound=False)
    checks = _checks(listing)
    context = {
        "product": product,
        "form": form,
        "slug_prefix": f"{settings.LAYERSTORE_IMAGE_HOST}/{product.namespace.name}/",
        "preview": typed_description(form) if form.is_bound else shown_description(product),
        "cover": listing.cover,
        "price": listing.price,
        "price_form": price_form or PriceForm(initial=PriceForm.initial_of(listing.price.money if listing.price else None)),
        "pictures": product.pictures.all(),
        "picture_form": picture_form or PictureForm(),
        "checks": checks,
        "missing": sum(not check.done for check in checks),
        "fee_percent": settings.LAYERSTORE_APPLICATION_FEE_PERCENT,
        "page_url": listing.url,
    }
    return render(request, "marketplace/product_form.html", context, status=status)


def _checks(listing: Listing) -> list[Check]:
    missing = {one.step: one for one in missing_for_publication(listing.product)}
    return [_undone(missing[step], listing) if step in missing else Check(done=True, text=_DONE[step]) for step in Step]


def _undone(missing: Missing, listing: Listing) -> Check:
    urls = {
        Step.TITLE: "#id_title",
        Step.IMAGES: "#id_images" if listing.images else reverse("marketplace:reserve"),
        Step.PRICE: "#price",
        Step.STRIPE: reverse("billing:payouts"),
    }
    command = f"docker push {listing.references[0]}:1.0" if missing.step is Step.PUSH else ""
    return Check(done=False, text=missing.sentence, url=urls.get(missing.step, ""), command=command)
