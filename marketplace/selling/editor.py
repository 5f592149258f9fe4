"""The page on which a seller edits a product: its forms, preview, cover and check-list."""

from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop

from accounts.sellers.selectors import fee_words
from common.web.links import image_reference
from common.web.markdown import in_readers_language
from marketplace.covers.selectors import Shape
from marketplace.growth.selectors import reach_of
from marketplace.images.models import Image, Namespace
from marketplace.products.descriptions import render_description, rendered_description
from marketplace.products.forms import PictureForm, ProductForm
from marketplace.products.models import Product, UnsavedText
from marketplace.products.price_forms import KindForm, PriceForm, PricesForm, TrialForm
from marketplace.products.requirements import what_to_do
from marketplace.products.selectors.editions import editions_on_sale
from marketplace.products.selectors.offers import current_prices, earlier_prices
from marketplace.products.selectors.readiness import Missing, Requirement, missing_for_publication
from marketplace.products.selectors.unsaved import initial_from
from marketplace.selling.guards import SellerRequest, address_for
from marketplace.selling.unsaved import EditorTab, differences, editor_tab
from marketplace.shopwindow.listings import Listing, list_products


@dataclass(frozen=True, slots=True)
class Check:
    """A line of the check-list: a requirement of publication, and, unless it is met, where or with which command to meet it."""

    done: bool
    text: str
    url: str = ""
    command: str = ""


_DONE = {
    Requirement.TITLE: gettext_noop("It has a title"),
    Requirement.IMAGES: gettext_noop("Its images are chosen"),
    Requirement.PUSH: gettext_noop("Each has been pushed with a tag"),
    Requirement.PRICE: gettext_noop("It has a price"),
    Requirement.STRIPE: gettext_noop("You can be paid, or it is free"),
}


PRICE_FIELDS: Final = (*KindForm.base_fields, *PriceForm.base_fields, "leading")


def usable_images(request: SellerRequest) -> QuerySet[Image]:
    """List the images that a product of this seller may contain: theirs, neither given up nor taken down."""
    return Image.objects.usable().filter(owner=request.seller.pk)


def product_form(request: SellerRequest, product: Product | None, initial: dict[str, object], *, bound: bool) -> ProductForm:
    """Make the form for the product's own fields; `bound` says whether the request submitted this form."""
    namespaces = Namespace.objects.filter(owner=request.seller.pk)
    data = request.POST if bound else None
    return ProductForm(data, namespaces=namespaces, images=usable_images(request), product=product, initial=initial)


def opened_form(request: SellerRequest, product: Product | None, tab: EditorTab) -> ProductForm | None:
    """Make the form for the unsaved text that the tab holds; None if it holds none."""
    return product_form(request, product, initial_from(tab.kept), bound=False) if tab.kept else None


def typed_description(form: ProductForm) -> SafeString:
    """Render the description in the form as buyers would see it; as plain text if it is too costly to render."""
    return in_readers_language(render_description(str(form["description"].value() or "")).html)


def editor(
    request: SellerRequest,
    product: Product,
    *,
    form: ProductForm | None = None,
    price_form: PricesForm | None = None,
    trial_form: TrialForm | None = None,
    picture_form: PictureForm | None = None,
    overtaken: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Render the editor. Pass a form that was refused to show it again with its errors and what was typed.

    Args:
        overtaken: whether it was refused because the product had been saved elsewhere: the next save is meant to replace that.
    """
    listing = list_products([product], Shape.WIDE)[0]
    tab, saved = editor_tab(request, product), product_form(request, product, ProductForm.initial_of(product), bound=False)
    form = form or opened_form(request, product, tab) or saved
    prices, kept = current_prices(product), _kept_parts(tab.kept)
    priced, editions = PricesForm.of(prices, trial_days=product.trial_days), editions_on_sale(product)
    checks = [*_checks(request, listing), *_standing(request)]
    context = {
        "product": product,
        "form": form,
        "slug_prefix": f"{image_reference(product.namespace.name)}/",
        "preview": rendered_description(product) if form is saved else typed_description(form),
        "cover": listing.cover,
        "price_words": ", ".join(price.words for price in prices),
        "editions": editions,
        "earlier_prices": earlier_prices(product),
        "price_form": price_form or (PricesForm.typed(kept, grow=False) if "amount" in kept else priced),
        "price_began": request.POST.get("price_began") or (str(product.trial_days) if editions else priced.shown),
        "trial_form": trial_form or TrialForm(initial={"trial_days": kept.get("trial_days", product.trial_days)}),
        "reach": reach_of(product),
        "pictures": list(product.pictures.all()),
        "picture_form": picture_form or PictureForm(initial={"alt": kept.get("alt", "")}),
        "checks": checks,
        "missing": sum(not check.done for check in checks),
        "fee": fee_words(seller_id=product.seller_id, at=timezone.now(), currency=prices[0].currency if len(prices) == 1 else ""),
        "page_url": listing.url,
        "tab": tab,
        "revision": product.revision if overtaken else tab.revision,
        "differences": differences(form, saved) if tab.revision != product.revision else [],
    }
    return render(request, "marketplace/product_form.html", context, status=status)


def _kept_parts(text: UnsavedText | None) -> QueryDict:
    """Return what was typed beside the page, as the form sent it."""
    parts = QueryDict(mutable=True)
    for name, values in text.typed.items() if text else ():
        parts.setlist(name, values)
    return parts


def _checks(request: SellerRequest, listing: Listing) -> list[Check]:
    missing = {one.requirement: one for one in missing_for_publication(listing.product)}
    return [
        _undone(request, missing[requirement], listing) if requirement in missing else Check(done=True, text=gettext(_DONE[requirement]))
        for requirement in Requirement
    ]


def _standing(request: SellerRequest) -> list[Check]:
    reason = request.seller.suspension_reason
    return (
        [Check(done=False, text=gettext("Your account is suspended: {reason} Write to us.").format(reason=reason))]
        if request.seller.suspended_at
        else []
    )


def _undone(request: SellerRequest, missing: Missing, listing: Listing) -> Check:
    urls = {
        Requirement.TITLE: "#id_title",
        Requirement.IMAGES: "#id_images" if listing.images else address_for(request, "marketplace:reserve"),
        Requirement.PRICE: "#price",
        Requirement.STRIPE: address_for(request, "billing:payouts"),
    }
    command = f"docker push {listing.references[0]}:1.0" if missing.requirement is Requirement.PUSH else ""
    return Check(done=False, text=what_to_do(missing), url=urls.get(missing.requirement, ""), command=command)
