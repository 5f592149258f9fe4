"""Who may open the seller's pages. A row that belongs to somebody else is answered like one that does not exist: 404."""

from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext

from accounts.organisations.models import BUYING_ROLES, SELLING_ROLES, Role
from accounts.people.models import User
from accounts.people.requests import signed_in
from accounts.sellers.models import SellerProfile
from marketplace.gifts.models import Gift
from marketplace.images.errors import RoleNotEnough
from marketplace.images.models import Image, Namespace
from marketplace.images.ownership import accounts_sold_for, role_for
from marketplace.products.models import Price, Product
from marketplace.products.selectors.pages import with_parts

P = ParamSpec("P")
_REMEMBERED = "seller"  # in the session: the account


class SellerRequest(HttpRequest):
    """A request by somebody who acts for a seller.

    Attributes:
        seller: for whom they act; to be trusted, for it is one of `sellers`.
        sellers: all for whom they may act, their own first, then organisations by name; each knows as `in_business` whether it has a
            namespace.
        role: in which they act: owner for their own.
        decides: whether they may publish, set prices and give names up.
    """

    seller: SellerProfile
    sellers: list[SellerProfile]
    role: Role
    decides: bool


def seller_required(view: Callable[Concatenate[SellerRequest, P], HttpResponse]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let only those in who sell: users without a namespace are redirected to the start page, visitors to the sign-in page.

    The view finds in `request.seller` for whom it acts. That is whoever owns the image, product, price or gift of the address; else the
    handle in the form's or the address' field `seller`; else whom the dashboard was last opened for; else themselves, or their first
    organisation.

    Raises:
        Http404: they do not sell for whom the field names.
    """
    return _guard(view, in_business=True, roles=SELLING_ROLES)


def sales_required(view: Callable[Concatenate[SellerRequest, P], HttpResponse]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let in as `seller_required` does, to a page of money: in an organisation only owners and billing people, and without a namespace too.

    Raises:
        RoleNotEnough: their role does not see the money of whom they act for.
        Http404: as `seller_required`.
    """
    return _guard(view, in_business=False, roles=BUYING_ROLES)


def _guard(
    view: Callable[Concatenate[SellerRequest, P], HttpResponse], *, in_business: bool, roles: Collection[Role]
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        sellers = _sellers_of(signed_in(request), in_business=in_business)
        if not sellers:
            if request.method == "POST":  # they sold when the page was opened
                messages.warning(
                    request, gettext("Nothing was saved: you do not sell for anybody now. “Back” in your browser leads to what you typed.")
                )
            return redirect("marketplace:start")
        selling = cast("SellerRequest", request)
        selling.sellers, selling.seller = sellers, _chosen(request, sellers, kwargs)
        role = role_for(signed_in(request), selling.seller.pk)
        if role is None or role not in roles:
            raise RoleNotEnough(roles=roles)
        selling.role = role
        selling.decides = selling.role.manages
        return view(selling, *args, **kwargs)

    return cast("Callable[Concatenate[HttpRequest, P], HttpResponse]", login_required(guarded))


def remember_seller(request: SellerRequest) -> None:
    """Act for this seller from now on, on pages that name none."""
    if request.session.get(_REMEMBERED) != str(request.seller.pk):
        request.session[_REMEMBERED] = str(request.seller.pk)


def address_for(request: SellerRequest, view: str) -> str:
    """Return the address of another of the seller's pages, which says for whom they act there.

    Args:
        view: as for `reverse`; it takes no arguments.
    """
    return f"{reverse(view)}?seller={request.seller.account.handle}"


def _sellers_of(user: User, *, in_business: bool) -> list[SellerProfile]:
    sellers = SellerProfile.objects.filter(account__in=accounts_sold_for(user.pk)).select_related("account")
    sellers = sellers.annotate(in_business=Exists(Namespace.objects.filter(owner=OuterRef("pk"))))
    if in_business:
        sellers = sellers.filter(in_business=True)
    return sorted(sellers, key=lambda seller: (seller.pk != user.account.pk, seller.display_name, seller.pk))


def _chosen(request: HttpRequest, sellers: list[SellerProfile], address: Mapping[str, Any]) -> SellerProfile:
    by_key = {seller.pk: seller for seller in sellers}
    owner_id = _owner_of(address) if len(sellers) > 1 else None
    if owner_id in by_key:
        return by_key[owner_id]
    handle = request.POST.get("seller") or request.GET.get("seller")
    if handle:
        named = next((seller for seller in sellers if seller.account.handle == handle), None)
        if named is None:
            raise Http404
        return named
    remembered = request.session.get(_REMEMBERED, "")
    return next((seller for seller in sellers if str(seller.pk) == remembered), sellers[0])


def _owner_of(address: Mapping[str, Any]) -> UUID | None:
    """Return the account that owns what the address is about, if it names something that exists."""
    if "image_id" in address:
        return Image.objects.filter(pk=address["image_id"]).values_list("owner", flat=True).first()
    if "product_id" in address:
        return Product.objects.filter(pk=address["product_id"]).values_list("seller", flat=True).first()
    if "price_id" in address:
        return Price.objects.filter(pk=address["price_id"]).values_list("product__seller", flat=True).first()
    if "gift_id" in address:
        return Gift.objects.filter(pk=address["gift_id"]).values_list("giver", flat=True).first()
    return None


def own_image(request: SellerRequest, image_id: UUID) -> Image:
    """Return this image of the seller, unless its name has been given up.

    Raises:
        Http404: there is none, or it is somebody else's.
    """
    image = Image.objects.occupying().select_related("namespace").filter(pk=image_id, owner=request.seller.pk).first()
    if image is None:
        raise Http404
    return image


def own_product(request: SellerRequest, product_id: UUID) -> Product:
    """Return this product of the seller, with namespace, images, prices and pictures loaded.

    Raises:
        Http404: there is none, or it is somebody else's.
    """
    product = with_parts(Product.objects.filter(pk=product_id, seller=request.seller), texts=True).first()
    if product is None:
        raise Http404
    return product
