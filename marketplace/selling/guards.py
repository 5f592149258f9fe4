"""Who may open the seller's pages. A row that belongs to somebody else is answered like one that does not exist: 404."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.people.requests import signed_in
from accounts.sellers.models import SellerProfile
from marketplace.images.models import Image
from marketplace.products.models import Product
from marketplace.products.selectors.pages import with_parts

P = ParamSpec("P")


class SellerRequest(HttpRequest):
    """A request by a seller, that is, somebody who owns a namespace."""

    seller: SellerProfile


def seller_required(view: Callable[Concatenate[SellerRequest, P], HttpResponse]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let only sellers in: users without a namespace are redirected to the start page, visitors to the sign-in page.

    The view finds its seller in `request.seller`.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        sellers = SellerProfile.objects.filter(account=signed_in(request).account, account__namespaces__isnull=False)
        seller = sellers.first()
        if seller is None:
            return redirect("marketplace:start")
        selling = cast("SellerRequest", request)
        selling.seller = seller
        return view(selling, *args, **kwargs)

    return cast("Callable[Concatenate[HttpRequest, P], HttpResponse]", login_required(guarded))


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
