"""Products with everything that pages and the API show of them, in a fixed number of queries."""

from typing import Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch, QuerySet
from django.urls import reverse

from marketplace.images.models import Image
from marketplace.products.models import Product, ProductImage
from marketplace.products.selectors.offers import with_current_prices

LONG_TEXTS: Final = ("description", "description_html", "licence_text")


def product_url(product: Product) -> str:
    """Return the product's own address, `/namespace/slug`."""
    return reverse("marketplace:product", args=[product.namespace.name, product.slug])


def with_parts(products: QuerySet[Product], *, texts: bool = False) -> QuerySet[Product]:
    """Join what a listing shows: seller, namespace, category, images in order, the current price.

    Args:
        texts: read description and licence too. They are long, so do this for a single product and never for a list.
    """
    found = with_current_prices(products.defer("search_document", "search_words", *([] if texts else LONG_TEXTS)))
    images = Prefetch("product_images", ProductImage.objects.select_related("image"))
    return found.select_related("seller", "namespace", "category").prefetch_related(images)


def listed(products: QuerySet[Product]) -> QuerySet[Product]:
    """Join what a list of the API shows: seller, namespace, current price, and the names of the images in order, as `repositories`."""
    parts = ProductImage.objects.filter(product=OuterRef("pk")).order_by("position", "id").values("image__repository")
    found = products.defer("search_document", "search_words", *LONG_TEXTS).select_related("seller", "namespace")
    return with_current_prices(found.annotate(repositories=ArraySubquery(parts)))


def images_of(product: Product) -> tuple[Image, ...]:
    """Return the product's images in the seller's order."""
    return tuple(part.image for part in product.product_images.all())
