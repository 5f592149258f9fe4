"""Saves what a seller has typed in the editor: the page, and a price or a picture that was typed beside it."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext

from accounts.people.requests import signed_in
from common.errors import DomainError
from common.web.forms import FormPage, refuse_form
from marketplace.images.models import Image
from marketplace.products.errors import EditedMeanwhile
from marketplace.products.forms import PictureForm, ProductForm
from marketplace.products.models import Product
from marketplace.products.price_forms import PricesForm, TrialForm
from marketplace.products.services.editing import edit_product
from marketplace.products.services.pictures import add_picture
from marketplace.products.services.prices import set_prices, set_trial
from marketplace.products.services.unsaved import discard_unsaved
from marketplace.selling.editor import editor, product_form
from marketplace.selling.guards import SellerRequest, own_product
from marketplace.selling.typed import price_changed


def save_typed(request: SellerRequest, product: Product) -> HttpResponse | None:
    """Save all that was typed. Returns the editor that says what was refused, with what was typed; None if nothing was."""
    form = product_form(request, product, ProductForm.initial_of(product), bound=True)
    changed = price_changed(request.POST)
    prices = PricesForm.sent(request.POST) if changed and "amount" in request.POST else None
    trial = TrialForm(request.POST) if changed and prices is None else None
    picture = PictureForm(request.POST, request.FILES) if request.POST.get("alt", "").strip() or "file" in request.FILES else None
    parts = [part for part in (form, prices, trial, picture) if part is not None]
    page = partial(_with_a_word, request, product, form=form, price_form=prices, trial_form=trial, picture_form=picture)
    valid = [part.is_valid() for part in parts]  # asked of each, so that each says what is wrong with it
    if not all(valid):
        return page(status=400)
    refused = _save_price(request, product, prices, trial, page) or _save_picture(request, product, picture, page)
    return refused or _save_page(request, product, form)


def _with_a_word(request: SellerRequest, product: Product, *, form: ProductForm, **parts: Any) -> HttpResponse:
    """Show the editor again; a fault far below is told above."""
    if not form.errors:
        messages.error(request, gettext("The page is not saved yet. What is wrong is marked below."))
    return editor(request, product, form=form, **parts)


def _save_price(
    request: SellerRequest, product: Product, prices: PricesForm | None, trial: TrialForm | None, page: FormPage
) -> HttpResponse | None:
    actor = signed_in(request)
    if prices:
        try:
            set_prices(product=product, prices=prices.prices, actor=actor, trial_days=prices.trial_days)
        except DomainError as error:
            return refuse_form(prices.blamed(error), error, page)
    if trial:
        set_trial(product=product, days=trial.cleaned_data["trial_days"] or 0, actor=actor)
    return None


def _save_picture(request: SellerRequest, product: Product, picture: PictureForm | None, page: FormPage) -> HttpResponse | None:
    if picture is None:
        return None
    try:
        add_picture(product=product, upload=picture.cleaned_data["file"], alt=picture.cleaned_data["alt"], actor=signed_in(request))
    except DomainError as error:
        return refuse_form(picture, error, page)
    return None


def _save_page(request: SellerRequest, product: Product, form: ProductForm) -> HttpResponse | None:
    """Save the page last: what was saved before it shows as saved, whatever is refused here."""
    now = own_product(request, product.pk)
    before = [part.image for part in now.product_images.all()]
    chosen, actor = _in_order(form.cleaned_data["images"], before), signed_in(request)
    revision, images = form.cleaned_data["revision"], None if chosen == before else chosen
    try:
        edit_product(product=product, actor=actor, images=images, revision=revision, **form.page)
    except EditedMeanwhile as error:
        now = own_product(request, product.pk)
        return refuse_form(form, error, partial(editor, request, now, form=form, overtaken=True))
    except DomainError as error:
        return refuse_form(form, error, partial(editor, request, now, form=form))
    if form.cleaned_data["tab"]:
        discard_unsaved(seller_id=request.seller.pk, tab=form.cleaned_data["tab"], actor=actor)
    if request.POST.get("slug", now.slug) != now.slug and "slug" not in form.fields:
        messages.warning(request, gettext("The product was published meanwhile: its address stays {slug}.").format(slug=now.slug))
    return None


def _in_order(chosen: Iterable[Image], before: Sequence[Image]) -> list[Image]:
    """Return the chosen images in the order that they had in the product, and new ones behind them: a form says no order."""
    wanted = list(chosen)
    return [*(image for image in before if image in wanted), *(image for image in wanted if image not in before)]
