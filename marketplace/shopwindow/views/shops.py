"""A seller's shop, a product's page, and its cover as a picture."""

from collections.abc import Sequence

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import is_valid_path
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from accounts.domains.selectors import verified_domain_of
from accounts.people.models import User
from marketplace.contents.selectors.inside import Inside, inside_of
from marketplace.covers.drawing import Drawing, plain
from marketplace.covers.selectors import Shape, covers_of_products
from marketplace.images.models import Image, Namespace
from marketplace.images.ownership import edits_for, sells_for
from marketplace.images.selectors.tags import platforms_of_each
from marketplace.insights.visits import note_view
from marketplace.products.descriptions import rendered_description
from marketplace.products.models import Edition, Product
from marketplace.products.selectors.editions import edition_chosen
from marketplace.products.selectors.offers import offered_price, other_prices, price_shown
from marketplace.products.selectors.pages import images_of, with_parts
from marketplace.products.services.prices import smallest_price
from marketplace.reviews.selectors import reviews_for
from marketplace.shopwindow.bundles import one_by_one
from marketplace.shopwindow.details import ImageDetail, image_details
from marketplace.shopwindow.editions import edition_cards
from marketplace.shopwindow.listings import Listing, list_products
from marketplace.shopwindow.offer_state import offer_state_of
from marketplace.shopwindow.reductions import reduction_of
from marketplace.shopwindow.related import related_to
from marketplace.shopwindow.structured_data import product_data
from marketplace.shopwindow.trial_offer import trial_offer_of
from marketplace.updates.selectors import wanted_among

_PER_PAGE = 12
_TYPED = 12  # letters of an amount that was refused
_LONGEST_CHOSEN = 40  # letters of a handle or a code, which have no more


@require_safe
def shop(request: HttpRequest, namespace: str) -> HttpResponse:
    """Show what a seller offers."""
    found = Namespace.objects.select_related("owner__seller").filter(name=namespace, owner__seller__suspended_at__isnull=True).first()
    if found is None:
        return _page_without_its_slash(namespace)
    products = Product.objects.offered().filter(namespace=found).order_by("-published_at", "pk")
    page = Paginator(with_parts(products), _PER_PAGE).get_page(request.GET.get("page"))
    own = isinstance(request.user, User) and edits_for(request.user, found.owner_id)
    context = {
        "namespace": found,
        "seller": found.owner.seller,
        "domain": verified_domain_of(found.owner_id, timezone.now()),
        "page": page,
        "listings": list_products(list(page.object_list)),
        "own": own,
    }
    return render(request, "marketplace/shop.html", context)


def _page_without_its_slash(name: str) -> HttpResponse:
    """Send `/library` to `/library/`: the shop's own pattern keeps Django from doing so."""
    if not is_valid_path(f"/{name}/"):
        raise Http404
    return redirect(f"/{name}/", permanent=True)


@require_safe
def product(request: HttpRequest, namespace: str, slug: str) -> HttpResponse:
    """Show everything about a product: of several images the newest tags and few rows of layers, and with `?image=` all of one.

    `?code=` shows what a discount code makes of its price, `?edition=` chooses one of its editions by name; the first one else.
    `?buyer=` is the handle of the account that is selected to buy it; the first that lacks it else.
    """
    listing = list_products([visible_product(request, namespace, slug, texts=True)], Shape.WIDE)[0]
    if not _was_counted(request):
        note_view(request, listing.product)
    pictures = list(listing.product.pictures.all())
    several = len(listing.images) > 1
    chosen = [image for image in listing.images if several and image.repository == request.GET.get("image")]
    inside = _inside(request, chosen or listing.images, listing)
    details = image_details(listing.images, listing.tags, None if several else inside)
    reader = request.user if isinstance(request.user, User) else None
    edition = edition_chosen(listing.product, request.GET.get("edition", ""))
    price, editions = price_shown(listing.product, edition), edition_cards(listing, edition, reader)
    images_sold = next((card.images for card in editions if card.chosen), listing.images)
    sold = [detail for detail in details if detail.image in images_sold]
    offer_state = offer_state_of(reader, listing.product, price)
    buyer = offer_state.chosen(request.GET.get("buyer", ""))
    context = {
        "product": listing.product,
        "listing": listing,
        "edition": edition,
        "editions": editions,
        "price": price,
        "other_prices": other_prices(listing.product, price),
        "least": smallest_price(price.currency) if price else None,
        "typed_amount": request.GET.get("amount", "")[:_TYPED],
        "reduction": reduction_of(request, listing.product, price, buyer or (reader.account if reader else None)),
        "offer_state": offer_state,
        "buyer": buyer,
        "kept": urlencode(_kept(request, "code", "buyer")),
        "url_without_code": _url_without_code(request, edition),
        "trial": trial_offer_of(reader, listing.product, price, offer_state),
        "one_by_one": one_by_one(price, images_sold),
        "wanted": reader is not None and listing.product.pk in wanted_among(reader, [listing.product.pk]),
        "cover": listing.cover,
        "cover_label": gettext("Cover of {label}, drawn from its layers").format(label=listing.label),
        "description": rendered_description(listing.product),
        "pictures": pictures,
        "details": details,
        "sold": sold,
        "chosen": chosen[0] if chosen else None,
        "shown": image_details(chosen, listing.tags, inside) if chosen else details,
        "inside": inside,
        "facts": _facts(listing, details, sold),
        "structured_data": product_data(listing, offer=offered_price(listing.product), pictures=pictures, editions=editions),
        "domain": verified_domain_of(listing.product.seller_id, timezone.now()) if listing.verified else None,
        "unpulled_refund_days": settings.LAYERSTORE_UNPULLED_REFUND_DAYS,
        "related": related_to(listing.product),
        "reviews": reviews_for(listing.product, reader),
    }
    return render(request, "marketplace/product.html", context)


def _kept(request: HttpRequest, *names: str) -> dict[str, str]:
    """Return those of the parameters that choose something, for links to the same page."""
    return {name: text[:_LONGEST_CHOSEN] for name in names if (text := request.GET.get(name, ""))}


def _url_without_code(request: HttpRequest, edition: Edition | None) -> str:
    query = ({"edition": edition.name} if edition else {}) | _kept(request, "buyer")
    return f"{request.path}?{urlencode(query)}" if query else request.path


def _was_counted(request: HttpRequest) -> bool:
    """Whether this is the rest of a page that was counted as a view. Links to an edition are shared; between them leads the page itself."""
    if request.GET.keys() & {"image", "platform", "amount", "buyer"}:
        return True
    return "edition" in request.GET and request.headers.get("Referer", "").partition("?")[0] == request.build_absolute_uri(request.path)


def _inside(request: HttpRequest, images: Sequence[Image], listing: Listing) -> Inside | None:
    """Tell what is inside the only image, or the one that was chosen; of several together nothing."""
    if len(images) != 1:
        return None
    image = images[0]
    return inside_of(image, listing.tags.get(image.pk), platform=request.GET.get("platform", ""))


@require_safe
def cover(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Serve the cover of a product that the reader may see as a picture, for mails and previews; a plain one until it has been drawn."""
    found = visible_product(request, namespace, name)
    drawing = covers_of_products({found.pk: images_of(found)}, Shape.CARD).get(found.pk)
    if drawing is None and not any(image.was_pushed for image in images_of(found)):
        raise Http404
    response = HttpResponse(_standalone(drawing or plain()), content_type="image/svg+xml")
    public = f"public, max-age={3600 if drawing else 60}"
    response["Cache-Control"] = public if found.is_visible else "private, no-store"
    return response


def _standalone(drawing: Drawing) -> str:
    size = f'width="{drawing.width}" height="{drawing.height}" viewBox="0 0 {drawing.width} {drawing.height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{drawing.body}</svg>'


def visible_product(request: HttpRequest, namespace: str, slug: str, *, texts: bool = False) -> Product:
    """Find a product that the reader may see: everybody may, or it is their own, or they are staff."""
    found = with_parts(Product.objects.filter(namespace__name=namespace, slug=slug), texts=texts).first()
    if found is None:
        raise Http404
    user = request.user
    if not found.is_visible and not (isinstance(user, User) and (user.is_staff or sells_for(user, found.seller_id))):
        raise Http404
    return found


def _facts(listing: Listing, details: list[ImageDetail], sold: list[ImageDetail]) -> dict[str, object]:
    tag = details[0].tag if len(details) == 1 else None
    return {
        "tag": tag.name if tag else "",
        "platforms": platforms_of_each(detail.tag for detail in sold),
        "pushed_at": listing.pushed_at,
        "sold_pushed_at": max((detail.tag.pushed_at for detail in sold if detail.tag), default=None),
        "sold_size": sum(detail.size for detail in sold),
        "pulls": listing.pulls,
        "layer_count": sum(detail.layer_count for detail in details),
        "size": sum(detail.size for detail in details),
        "own_size": sum(detail.own_size for detail in details),
    }
