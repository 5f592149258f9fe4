"""What a seller gives without payment: the list, giving one or many, sending again and taking back."""

from collections.abc import Iterable, Iterator
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.people.requests import signed_in
from common.errors import DomainError
from common.web.csv_files import csv_file
from common.web.forms import refuse_form
from marketplace.gifts.errors import Fault, InvalidFile
from marketplace.gifts.forms import GiveForm, RevokeForm, SendForm, UploadForm
from marketplace.gifts.models import Gift
from marketplace.gifts.selectors import gifts_of_seller, images_left
from marketplace.gifts.services.ending import revoke_gift
from marketplace.gifts.services.giving import give_link, give_to_account
from marketplace.gifts.services.links import link_of, renew_gift
from marketplace.gifts.services.uploads import COLUMNS, MOST_BYTES, MOST_LINES, give_by_file
from marketplace.images.ownership import require_owner
from marketplace.selling.guards import SellerRequest, address_for, seller_required

_GIFTS_A_PAGE = 25
_IN_A_FILE = 500
_MOMENTS = ("created_at", "expires_at", "claimed_at", "access_ends_at")


@never_cache  # a new link is shown once
@seller_required
@require_http_methods(["GET", "HEAD", "POST"])
def gifts(request: SellerRequest) -> HttpResponse:
    """List what the seller has given; a POST gives one product."""
    require_owner(signed_in(request), request.seller.pk)
    form = GiveForm(request.POST if request.method == "POST" else None, seller=request.seller.account)
    page = partial(_page, request, form=form)
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    reason, holder = form.cleaned_data["reason"], form.cleaned_data["account"]
    try:
        if holder is not None:
            give_to_account(giving=form.giving, holder=holder, reason=reason, actor=signed_in(request))
            messages.success(request, gettext("{name} has it now.").format(name=holder.name))
            return redirect(address_for(request, "marketplace:gifts"))
        made, secret = give_link(giving=form.giving, reason=reason, actor=signed_in(request))
    except DomainError as error:
        return refuse_form(form, error, page)
    return _sent(request, made, secret)


@never_cache
@seller_required
@require_POST
def gifts_upload(request: SellerRequest) -> HttpResponse:
    """Give what the lines of a CSV file say, or say what is wrong with which line."""
    require_owner(signed_in(request), request.seller.pk)
    form = UploadForm(request.POST, request.FILES, auto_id="upload_%s")
    page = partial(_page, request, upload=form)
    if not form.is_valid():
        return page(status=400)
    content = form.cleaned_data["file"].read(MOST_BYTES + 1)
    try:
        done = give_by_file(seller_id=request.seller.pk, content=content, reason=form.cleaned_data["reason"], actor=signed_in(request))
    except InvalidFile as invalid:
        return refuse_form(form, invalid, partial(page, faults=invalid.faults))
    except DomainError as error:
        return refuse_form(form, error, page)
    said = gettext("Given: {given}. Given already by an earlier upload, and so left as they are: {known}.")
    messages.success(request, said.format(given=done.given, known=done.known))
    return redirect(address_for(request, "marketplace:gifts"))


@never_cache
@seller_required
@require_http_methods(["GET", "HEAD", "POST"])
def gift_change(request: SellerRequest, gift_id: UUID) -> HttpResponse:
    """Show one gift, with the forms that send it again (`do=send`) and take it back (`do=revoke`)."""
    require_owner(signed_in(request), request.seller.pk)
    found = gifts_of_seller(request.seller.pk).filter(pk=gift_id).first()
    if found is None:
        raise Http404
    doing = request.POST.get("do") if request.method == "POST" else ""
    send = SendForm(request.POST if doing == "send" else None, initial={"email": found.email})
    revoke = RevokeForm(request.POST if doing == "revoke" else None)
    page = partial(_one, request, found, send, revoke)
    if not (send.is_valid() if doing == "send" else revoke.is_valid()):
        return page(status=400 if request.method == "POST" else 200)
    try:
        if doing == "send":
            secret = renew_gift(gift=found, email=send.cleaned_data["email"], actor=signed_in(request))
            found.refresh_from_db()
            return _sent(request, found, secret)
        revoke_gift(gift=found, reason=revoke.cleaned_data["reason"], actor=signed_in(request))
    except DomainError as error:
        return refuse_form(send if doing == "send" else revoke, error, page)
    messages.success(request, gettext("It is taken back."))
    return redirect(address_for(request, "marketplace:gifts"))


@seller_required
@require_safe
def gifts_csv(request: SellerRequest) -> HttpResponse:
    """Serve what the seller has given as CSV, a line each: the newest 500, or with `?page=2` those before them, and so on."""
    require_owner(signed_in(request), request.seller.pk)
    files = Paginator(gifts_of_seller(request.seller.pk), _IN_A_FILE)
    return csv_file(_lines(files.get_page(request.GET.get("page"))), name="gifts")


def _lines(gifts_of_file: Iterable[Gift]) -> Iterator[list[object]]:
    yield [*("id", "product", "email", "account", "state"), *_MOMENTS, *("note", "reason", "revoked_because")]
    for gift in gifts_of_file:
        product = f"{gift.product.namespace.name}/{gift.product.slug}"
        whose = gift.holder.handle if gift.holder else ""
        at = [moment and f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (getattr(gift, name) for name in _MOMENTS)]
        yield [gift.pk, product, gift.email, whose, gift.state.value, *at, gift.message, gift.reason, gift.revocation_reason]


def _sent(request: SellerRequest, gift: Gift, secret: str) -> HttpResponse:
    """Say that the link was mailed; or show it, this once."""
    if gift.email:
        messages.success(request, gettext("The link is on its way to {email}.").format(email=gift.email))
        return redirect(address_for(request, "marketplace:gifts"))
    context = {"gift": gift, "link": link_of(secret), "back": address_for(request, "marketplace:gifts")}
    return render(request, "marketplace/gift_link.html", context)


def _page(
    request: SellerRequest,
    *,
    status: int,
    form: GiveForm | None = None,
    upload: UploadForm | None = None,
    faults: list[Fault] | None = None,
) -> HttpResponse:
    """Show the list.

    Context: page (a Page of Gift), file_page, which file has its first gift; form, upload, faults of a file, columns and most_lines of one.
    """
    found = Paginator(gifts_of_seller(request.seller.pk), _GIFTS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": found,
        "file_page": found.start_index() // _IN_A_FILE + 1,
        "form": form or GiveForm(None, seller=request.seller.account, initial={"product": request.GET.get("product", "")}),
        "upload": upload or UploadForm(auto_id="upload_%s"),
        "faults": faults or [],
        "columns": ",".join(COLUMNS),
        "most_lines": MOST_LINES,
    }
    return render(request, "marketplace/gifts.html", context, status=status)


def _one(request: SellerRequest, gift: Gift, send: SendForm, revoke: RevokeForm, *, status: int) -> HttpResponse:
    left = images_left(gift) if gift.reduced_at else ()
    return render(request, "marketplace/gift_change.html", {"gift": gift, "left": left, "send": send, "revoke": revoke}, status=status)
