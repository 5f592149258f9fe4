"""What else somebody who looks at a product may want: more of its seller's, and what is pulled most in its category.

Two queries, by indexes, and what listings take: the same for any number of products.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from marketplace.covers.selectors import Shape
from marketplace.products.models import Product
from marketplace.products.selectors.pages import with_parts
from marketplace.shopwindow.listings import Listing, list_products

OF_EACH: Final = 3


@dataclass(frozen=True, slots=True)
class Related:
    """Products beside another.

    Attributes:
        of_seller: of the same shop, the newest first.
        of_category: of others in its category, the most pulled first; empty if it has none.
    """

    of_seller: Sequence[Listing]
    of_category: Sequence[Listing]


def related_to(product: Product) -> Related:
    """Find what stands beside a product; never itself, nothing twice, and nothing that cannot be had."""
    offered = with_parts(Product.objects.offered().exclude(pk=product.pk))
    own = list(offered.filter(namespace=product.namespace_id).order_by("-published_at", "pk")[:OF_EACH])
    others = offered.filter(category=product.category_id).exclude(namespace=product.namespace_id) if product.category_id else offered.none()
    shelf = list(others.order_by("-pulls", "-published_at", "pk")[:OF_EACH])
    listings = list_products([*own, *shelf], Shape.LINE)
    return Related(listings[: len(own)], listings[len(own) :])
