"""The parts of a product with forms of their own: its price and its pictures."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from accounts.people.requests import signed_in
from common.errors import DomainError
from common.web.forms import refuse_form
from marketplace.products.forms import PictureForm, PriceForm
from marketplace.products.services.pictures import MOST_PICTURES, add_picture, move_picture, remove_picture
from marketplace.products.services.prices import set_price
from marketplace.selling.editor import editor
from marketplace.selling.guards import SellerRequest, own_product, seller_required


@seller_required
@require_POST
def product_price(request: SellerRequest, product_id: UUID) -> HttpResponse:
    """Give the product a price from now on."""
    product = own_product(request, product_id)
    form = PriceForm(request.POST)
    if not form.is_valid():
        return editor(request, product, price_form=form, status=400)
    try:
        price = set_price(product=product, money=form.cleaned_data["money"], actor=signed_in(request))
    except DomainError as error:
        return refuse_form(form, error, partial(editor, request, product, price_form=form))
    says = gettext("It is free from now on.") if price.is_free else gettext("It costs {price} from now on.")
    messages.success(request, says.format(price=price.money))
    return redirect(reverse("marketplace:product_edit", args=[product.pk]))


@seller_required
@require_POST
def picture_add(request: SellerRequest, product_id: UUID) -> HttpResponse:
    """Add a picture to the page."""
    product = own_product(request, product_id)
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        return editor(request, product, picture_form=form, status=400)
    try:
        add_picture(product=product, upload=form.cleaned_data["file"], alt=form.cleaned_data["alt"], actor=signed_in(request))
    except DomainError as error:
        return refuse_form(form, error, partial(editor, request, product, picture_form=form))
    messages.success(request, gettext("The picture was added."))
    return redirect(reverse("marketplace:product_edit", args=[product.pk]) + "#pictures")


@seller_required
@require_POST
def picture_delete(request: SellerRequest, product_id: UUID, picture_id: UUID) -> HttpResponse:
    """Take a picture off the page."""
    product = own_product(request, product_id)
    picture = get_object_or_404(product.pictures, pk=picture_id)
    remove_picture(picture=picture, actor=signed_in(request))
    messages.success(request, gettext("The picture was deleted."))
    return redirect(reverse("marketplace:product_edit", args=[product.pk]) + "#pictures")


@seller_required
@require_POST
def picture_move(request: SellerRequest, product_id: UUID, picture_id: UUID) -> HttpResponse:
    """Move a picture to another place on the page; `to` counts from 0. The script that drags asks for no message on the next page."""
    product = own_product(request, product_id)
    picture = get_object_or_404(product.pictures, pk=picture_id)
    to = request.POST.get("to", "")
    place = move_picture(picture=picture, to=int(to) if to in map(str, range(MOST_PICTURES)) else 0, actor=signed_in(request))
    if "quiet" not in request.POST:
        messages.success(request, gettext("{alt} is number {place} now.").format(alt=picture.alt, place=place + 1))
    return redirect(reverse("marketplace:product_edit", args=[product.pk]) + "#pictures")
