"""The first page: search, categories, what is new, what is pulled most."""

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from marketplace.covers.drawing import Drawing
from marketplace.covers.selectors import Shape, covers_of_products
from marketplace.products.models import Category, Product
from marketplace.shopwindow.listings import Listing, list_products

_NEW, _POPULAR = 6, 5


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what is new and what is pulled most, and the categories."""
    newest, popular = list_products(_newest()), list_products(_popular(), Shape.LINE)
    hero = next((listing for listing in newest if listing.cover), None)
    context = {
        "facts": _facts([*newest, *popular]),
        "hero": hero,
        "hero_cover": _tall(hero) if hero else None,
        "categories": _shelves(),
        "newest": newest,
        "popular": popular,
    }
    return render(request, "marketplace/home.html", context)


def _shelves() -> QuerySet[Category]:
    """Return the categories that hold something; an empty one has its page, but nothing to be led to."""
    offered = Q(products__in=Product.objects.offered())
    counted = Category.objects.annotate(shelf_size=Count("products", filter=offered))
    return counted.filter(shelf_size__gt=0).order_by("position", "name")


def _newest() -> QuerySet[Product]:
    return Product.objects.offered().order_by("-published_at")[:_NEW]


def _popular() -> QuerySet[Product]:
    return Product.objects.offered().filter(pulls__gt=0).order_by("-pulls", "slug")[:_POPULAR]


def _facts(listed: list[Listing]) -> dict[str, object]:
    """Count products and sellers, and list the platforms of those products that the page shows."""
    counted = Product.objects.offered().aggregate(products=Count("pk"), sellers=Count("seller", distinct=True))
    return {**counted, "platforms": sorted({platform for listing in listed for platform in listing.platforms})[:4]}


def _tall(hero: Listing) -> Drawing | None:
    return covers_of_products({hero.product.pk: hero.images}, Shape.TALL).get(hero.product.pk)
