"""In which editions a product is sold, and what each of them holds. What has no editions asks nothing more here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from marketplace.images.models import Image
from marketplace.products.models import Edition, EditionImage, Price, Product, ProductImage
from marketplace.products.selectors.offers import current_prices
from marketplace.products.selectors.pages import images_of

LONGEST_TITLE = 80  # of what was sold


@dataclass(frozen=True, slots=True)
class EditionOnSale:
    """An edition as its product's page shows it.

    Attributes:
        prices: the current ones, the leading one first.
        images: what it holds, in the product's order.
    """

    edition: Edition
    prices: tuple[Price, ...]
    images: tuple[Image, ...]


def editions_on_sale(product: Product) -> list[EditionOnSale]:
    """Return the editions that are not retired, in their order: each has a price. One query; none for a product without."""
    return editions_of_products([product])[product]


def editions_of_products(products: Sequence[Product]) -> dict[Product, list[EditionOnSale]]:
    """Return the editions of each product, as `editions_on_sale` does. One query where they were loaded with their parts."""
    prices = {product: [price for price in current_prices(product) if price.edition] for product in products}
    editions = {price.edition_id for each in prices.values() for price in each}
    held = images_in(editions) if editions else {}
    return {product: _on_sale(product, prices[product], held) for product in products}


def _on_sale(product: Product, prices: Sequence[Price], held: Mapping[UUID, set[UUID]]) -> list[EditionOnSale]:
    editions = {price.edition_id: price.edition for price in prices if price.edition}
    return [
        EditionOnSale(
            edition,
            tuple(price for price in prices if price.edition_id == key),
            tuple(image for image in images_of(product) if image.pk in held[edition.pk]),
        )
        for key, edition in editions.items()
    ]


def is_sold_in_editions(product: Product) -> bool:
    """Whether its editions have prices, and it has none of its own. No query where `current_prices` has none."""
    return any(price.edition_id for price in current_prices(product))


def edition_chosen(product: Product, name: str) -> Edition | None:
    """Return the edition with this name, or the first one; None for a product without. No query where `current_prices` has none."""
    editions = [price.edition for price in current_prices(product) if price.edition]
    return next((one for one in editions if one.name == name), next(iter(editions), None))


def images_in(editions: Collection[UUID | None]) -> dict[UUID, set[UUID]]:
    """Return the keys of the images that each of these editions holds. One query."""
    held: dict[UUID, set[UUID]] = {key: set() for key in editions if key}
    for edition_id, image_id in EditionImage.objects.filter(edition__in=held).values_list("edition_id", "image_id"):
        held[edition_id].add(image_id)
    return held


def sold_for(price: Price, images: Sequence[Image]) -> list[Image]:
    """Return what is sold for a price: of the product's images those of its edition; without one all. One query, with one alone."""
    if price.edition_id is None:
        return list(images)
    held = images_in([price.edition_id])[price.edition_id]
    return [image for image in images if image.pk in held]


def title_sold(product: Product, price: Price) -> str:
    """Return what is sold for a price in words: the product's title, and its edition's name, as orders copy it."""
    return title_of(product, price.edition)


def title_of(product: Product, edition: Edition | None) -> str:
    """Return an edition in words, as `title_sold` does; the product's title without one."""
    if edition is None:
        return product.title
    room = LONGEST_TITLE - len(edition.name) - 2
    title = product.title if len(product.title) <= room else f"{product.title[: room - 1]}…"
    return f"{title}, {edition.name}"


def editions_by_name(product_ids: Collection[UUID]) -> dict[tuple[UUID, str], Edition]:
    """Return the editions of products that are not retired, by product and name, which is folded to one case. One query."""
    found = Edition.objects.filter(product__in=product_ids, retired_at=None)
    return {(edition.product_id, edition.name.casefold()): edition for edition in found}


def images_sold(product: Product, edition: Edition | None) -> set[UUID]:
    """Return the keys of the images in an edition, or in the whole product. One query."""
    held = EditionImage.objects.filter(edition=edition) if edition else ProductImage.objects.filter(product=product)
    return set(held.values_list("image_id", flat=True))


def sets_sold(product: Product) -> list[set[UUID]]:
    """Return the keys of what was ever to be bought at once: all images, and those of each edition, retired ones too. One query."""
    within = EditionImage.objects.filter(product=product, image=OuterRef("image")).values("edition")
    sets: dict[UUID | None, set[UUID]] = {None: set()}
    for image_id, editions in ProductImage.objects.filter(product=product).values_list("image_id", ArraySubquery(within)):
        for key in (None, *editions):
            sets.setdefault(key, set()).add(image_id)
    return list(sets.values())
