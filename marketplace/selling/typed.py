"""What a seller has typed anywhere in the editor: its script sends all of it with each button, and no button loses any."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import uuid4

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from accounts.people.requests import signed_in
from common.errors import DomainError
from common.ids import read_id
from common.web.forms import refuse_form
from marketplace.products.errors import UnsavedElsewhere
from marketplace.products.forms import EDITORS_OWN, ProductForm, UnsavedForm
from marketplace.products.models import Product
from marketplace.products.price_forms import PricesForm
from marketplace.products.services.unsaved import discard_unsaved, keep_unsaved
from marketplace.selling.editor import PRICE_FIELDS, editor, product_form
from marketplace.selling.guards import SellerRequest
from marketplace.selling.unsaved import differences

PICTURE_FIELDS: Final = ("alt",)


def price_changed(data: QueryDict) -> bool:
    """Whether the price, or the trial of what has editions, was changed in this tab: another tab's newer price is not undone by a save."""
    if "price_began" not in data:
        return False
    now = PricesForm.typed(data, grow=False).shown if "amount" in data else data.get("trial_days", "")
    return now != data["price_began"]


def typed_in(data: QueryDict, *, without: Collection[str] = ()) -> dict[str, list[str]]:
    """Return the fields of the page, and those of prices and a picture's words where somebody typed there, except `without`."""
    names = [name for name in ProductForm.base_fields if name not in EDITORS_OWN]
    names += PRICE_FIELDS if price_changed(data) else ()
    names += PICTURE_FIELDS if data.get("alt", "").strip() else ()
    return {name: data.getlist(name) for name in names if name in data and name not in without}


def keep_typed(request: SellerRequest, product: Product, *, without: Sequence[str] = ()) -> HttpResponse | None:
    """Keep what came along with the button of a part of the page, unless it is saved already.

    Args:
        without: the fields that this button saves.

    Returns:
        The page that says why it could not be kept, with all of it; then the button has done nothing.
    """
    sent = UnsavedForm(request.POST)
    if not sent.is_valid():  # without scripts a part is sent alone
        return None
    typed, actor = typed_in(request.POST, without=without), signed_in(request)
    form = product_form(request, product, {}, bound=True)
    if not _unsaved(form, product, request, typed):
        discard_unsaved(seller_id=request.seller.pk, tab=sent.cleaned_data["tab"], actor=actor)
        return None
    try:
        keep_unsaved(seller_id=request.seller.pk, product=product, typed=typed, actor=actor, **sent.cleaned_data)
    except UnsavedElsewhere:  # opened twice: this one is kept apart
        apart = request.POST.copy()
        apart["tab"], apart["seen"] = str(uuid4()), "0"
        request.POST = apart  # type: ignore[assignment]  # what Django reads may be replaced by a changed copy
        return keep_typed(request, product, without=without)
    except DomainError as error:
        return refuse_form(form, error, lambda *, status: editor(request, product, form=form, status=status))
    return None


def _unsaved(form: ProductForm, product: Product, request: SellerRequest, typed: Mapping[str, Sequence[str]]) -> bool:
    saved = product_form(request, product, ProductForm.initial_of(product), bound=False)
    return any(name not in ProductForm.base_fields for name in typed) or bool(differences(form, saved))


def to_editor(request: SellerRequest, product: Product, part: str = "") -> HttpResponseRedirect:
    """Go back to the editor, at one of its parts; what this tab has kept is opened again."""
    tab = read_id(request.POST.get("tab", ""))
    opened = f"?unsaved={tab}" if tab and product.unsaved_texts.filter(tab=tab, seller=request.seller).exists() else ""
    return HttpResponseRedirect(reverse("marketplace:product_edit", args=[product.pk]) + opened + part)
