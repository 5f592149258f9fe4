"""Which product an image in a library belongs to: the one that brought it, else one that offers it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet

from marketplace.entitlements.models import Entitlement
from marketplace.gifts.models import Gift
from marketplace.images.models import Image
from marketplace.products.models import Price, Product
from marketplace.trials.models import Trial

_OFFERS: Final = 10  # the newest products with an image, of which one is linked
ProductFinder = Callable[[Collection[UUID]], Iterable[tuple[UUID, UUID]]]
_finders: dict[str, ProductFinder] = {}


def finds_products_of(kind: Entitlement.Source) -> Callable[[ProductFinder], ProductFinder]:
    """Have the function asked for the products of sources of this kind, as pairs of a source's id and its product's. One query.

    Imports point one way, so whoever sells registers when the apps are ready.
    """

    def register(function: ProductFinder) -> ProductFinder:
        _finders[kind] = function
        return function

    return register


@finds_products_of(Entitlement.Source.FREE)
def _of_free(source_ids: Collection[UUID]) -> Iterable[tuple[UUID, UUID]]:
    return zip(source_ids, source_ids, strict=True)  # the product itself is the source


@finds_products_of(Entitlement.Source.SELLER)
def _of_gifts(source_ids: Collection[UUID]) -> Iterable[tuple[UUID, UUID]]:
    given = Gift.objects.filter(source_kind=Gift.Source.SELLER, source_id__in=source_ids)
    return given.values_list("source_id", "product_id")


@finds_products_of(Entitlement.Source.TRIAL)
def _of_trials(source_ids: Collection[UUID]) -> Iterable[tuple[UUID, UUID]]:
    return Trial.objects.filter(pk__in=source_ids).values_list("pk", "product_id")


def products_of(entitlements: Sequence[Entitlement], offering: Sequence[Product]) -> dict[UUID, Product]:
    """Return by the id of an entitlement the product that it is named after: the one that brought it, whatever became of that.

    Where its source is of no product, as what staff give, it is the first that offers the image now, else the first that did until its
    seller withdrew it. At most nine queries.

    Args:
        offering: the products that offer the images, as `products_with` returns them.
    """
    brought = _brought_by_source(entitlements)
    offered = _first_with_image(offering)
    left = {one.image_id for one in entitlements if one.source_id not in brought} - offered.keys()
    withdrawn = products_with(left, Product.objects.filter(state=Product.State.WITHDRAWN))
    guessed = _first_with_image(withdrawn) | offered  # a product has more images than those that were asked for
    found = {one.pk: brought.get(one.source_id) or guessed.get(one.image_id) for one in entitlements}
    return {key: product for key, product in found.items() if product}


def products_with(image_ids: Collection[UUID], among: QuerySet[Product]) -> list[Product]:
    """Find the products with these images, of each the newest ten: what sells one image alone before bundles, the older first.

    `in_editions` says whether a product has some. Three queries; none for no image.
    """
    if not image_ids:
        return []
    offering = among.filter(product_images__image=OuterRef("pk")).order_by("-published_at", "pk").values("pk")
    found = Image.objects.filter(pk__in=image_ids).order_by().values_list(ArraySubquery(offering[:_OFFERS]), flat=True)
    of_editions = Price.objects.current().filter(product=OuterRef("pk"), edition__isnull=False)
    products = _loaded({pk for several in found for pk in several}).annotate(in_editions=Exists(of_editions))
    return sorted(products, key=_rank)


def _brought_by_source(entitlements: Iterable[Entitlement]) -> Mapping[UUID, Product]:
    """Return by the id of a source its product. A query for each kind of source, and two."""
    by_kind: dict[str, set[UUID]] = {}
    for one in entitlements:
        by_kind.setdefault(one.source_kind, set()).add(one.source_id)
    named = {source: product for kind, ids in by_kind.items() if kind in _finders for source, product in _finders[kind](ids)}
    products = {product.pk: product for product in _loaded(set(named.values()))}
    return {source: products[product] for source, product in named.items() if product in products}


def _loaded(product_ids: Collection[UUID]) -> QuerySet[Product]:
    """Load what a library shows of products, and which images are in them. Two queries."""
    found = Product.objects.filter(pk__in=product_ids).select_related("namespace", "seller")
    shown = found.only("slug", "title", "state", "created_at", "namespace__name", "seller__suspended_at")
    return shown.prefetch_related("product_images")


def _first_with_image(products: Sequence[Product]) -> dict[UUID, Product]:
    """Return for each image the first of the products that has it."""
    first: dict[UUID, Product] = {}
    for product in products:
        for part in product.product_images.all():
            first.setdefault(part.image_id, product)
    return first


def _rank(product: Product) -> tuple[int, datetime, str]:
    """What is guessed stays the same when the same image is sold once more alone."""
    return len(product.product_images.all()), product.created_at, product.slug
