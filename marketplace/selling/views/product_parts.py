"""The parts of a product with forms of their own: its prices, its earlier buyers and its pictures."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from accounts.people.requests import signed_in
from common.errors import DomainError
from common.web.forms import refuse_form
from marketplace.growth.services import reach_earlier_buyers
from marketplace.products.errors import SoldInEditions
from marketplace.products.forms import PictureForm
from marketplace.products.models import Price
from marketplace.products.price_forms import PricesForm, TrialForm
from marketplace.products.services.pictures import MOST_PICTURES, add_picture, move_picture, remove_picture
from marketplace.products.services.prices import set_prices, set_trial
from marketplace.selling.editor import PRICE_FIELDS, editor
from marketplace.selling.guards import SellerRequest, own_product, seller_required
from marketplace.selling.typed import PICTURE_FIELDS, keep_typed, to_editor


@seller_required
@require_POST
def product_price(request: SellerRequest, product_id: UUID) -> HttpResponse:
    """Give the product its prices from now on; or only show a row more, for another currency (`more`)."""
    product = own_product(request, product_id)
    refused = keep_typed(request, product, without=PRICE_FIELDS)
    if refused is not None:
        return refused
    if "more" in request.POST:
        return editor(request, product, price_form=PricesForm.typed(request.POST))
    form = PricesForm.sent(request.POST)
    if not form.is_valid():
        return editor(request, product, price_form=form, status=400)
    try:
        prices = set_prices(product=product, prices=form.prices, actor=signed_in(request), trial_days=form.trial_days)
    except SoldInEditions as error:  # the editor has no such form any more on which to say it
        messages.error(request, error.message)
        return to_editor(request, product, "#price")
    except DomainError as error:
        return refuse_form(form.blamed(error), error, partial(editor, request, product, price_form=form))
    messages.success(request, _says(prices))
    return to_editor(request, product)


@seller_required
@require_POST
def product_trial(request: SellerRequest, product_id: UUID) -> HttpResponse:
    """Set for how long a product that is sold in editions can be tried from now on."""
    product = own_product(request, product_id)
    refused = keep_typed(request, product, without=PRICE_FIELDS)
    if refused is not None:
        return refused
    form = TrialForm(request.POST)
    if not form.is_valid():
        return editor(request, product, trial_form=form, status=400)
    set_trial(product=product, days=form.cleaned_data["trial_days"] or 0, actor=signed_in(request))
    messages.success(request, gettext("The trial is saved. It counts for trials that begin from now on."))
    return to_editor(request, product, "#price")


def _says(prices: Sequence[Price]) -> str:
    if prices[0].buyer_decides:
        return gettext("Buyers pay what they want from now on.")
    if prices[0].is_free:
        return gettext("It is free from now on.")
    return gettext("It costs {price} from now on.").format(price=", ".join(price.words for price in prices))


@seller_required
@require_POST
def product_reach(request: SellerRequest, product_id: UUID) -> HttpResponse:
    """Give an image of the product (`image`, its id) to those who have bought the product before."""
    product = own_product(request, product_id)
    refused = keep_typed(request, product)
    if refused is not None:
        return refused
    image = next((part.image for part in product.product_images.all() if str(part.image_id) == request.POST.get("image")), None)
    if image is None:
        raise Http404
    try:
        reach_earlier_buyers(product=product, image=image, actor=signed_in(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("{name} is being given to earlier buyers.").format(name=image.repository))
    return to_editor(request, product, "#reach")


@seller_required
@require_POST
def picture_add(request: SellerRequest, product_id: UUID) -> HttpResponse:
    """Add a picture to the page."""
    product = own_product(request, product_id)
    refused = keep_typed(request, product, without=PICTURE_FIELDS)
    if refused is not None:
        return refused
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        return editor(request, product, picture_form=form, status=400)
    try:
        add_picture(product=product, upload=form.cleaned_data["file"], alt=form.cleaned_data["alt"], actor=signed_in(request))
    except DomainError as error:
        return refuse_form(form, error, partial(editor, request, product, picture_form=form))
    messages.success(request, gettext("The picture was added."))
    return to_editor(request, product, "#pictures")


@seller_required
@require_POST
def picture_delete(request: SellerRequest, product_id: UUID, picture_id: UUID) -> HttpResponse:
    """Take a picture off the page."""
    product = own_product(request, product_id)
    refused = keep_typed(request, product)
    if refused is not None:
        return refused
    picture = get_object_or_404(product.pictures, pk=picture_id)
    remove_picture(picture=picture, actor=signed_in(request))
    messages.success(request, gettext("The picture was deleted."))
    return to_editor(request, product, "#pictures")


@seller_required
@require_POST
def picture_move(request: SellerRequest, product_id: UUID, picture_id: UUID) -> HttpResponse:
    """Move a picture to another place on the page; `to` counts from 0. The script that drags asks for no message on the next page."""
    product = own_product(request, product_id)
    refused = keep_typed(request, product)
    if refused is not None:
        return refused
    picture = get_object_or_404(product.pictures, pk=picture_id)
    to = request.POST.get("to", "")
    place = move_picture(picture=picture, to=int(to) if to in map(str, range(MOST_PICTURES)) else 0, actor=signed_in(request))
    if "quiet" not in request.POST:
        messages.success(request, gettext("{alt} is number {place} now.").format(alt=picture.alt, place=place + 1))
    return to_editor(request, product, "#pictures")
