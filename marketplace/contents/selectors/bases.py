"""Which image of the shop another one is built on."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from common.web.links import image_reference
from marketplace.contents.bases import chains_below
from marketplace.contents.models import KnownBase
from marketplace.images.models import Image, Layer
from marketplace.products.models import Price, Product, ProductImage


@dataclass(frozen=True, slots=True)
class Base:
    """A free image of this shop whose layers, all of them, are the lowest ones of another image.

    Attributes:
        layers: how many these are.
        size: compressed bytes of them.
        address: a page on which it is free.
    """

    repository: str
    tag: str
    digest: str
    layers: int
    size: int
    namespace: str
    slug: str

    @property
    def reference(self) -> str:
        return image_reference(self.repository, tag=self.tag)


def public_images() -> QuerySet[Image]:
    """Return the images that everybody may pull: those in a product that is offered for nothing."""
    return Image.objects.filter(Exists(ProductImage.objects.filter(image=OuterRef("pk"), product__in=_free())))


def base_of(image: Image, layers: Sequence[Layer]) -> Base | None:
    """Return the public image that an image is built on, the one with the most layers; None if the shop knows none. Two queries.

    Args:
        layers: all of the image's, base first.
    """
    below = chains_below(layers)
    if not below:
        return None
    known = KnownBase.objects.filter(chain__in=below, manifest__image__in=public_images()).exclude(manifest__image=image)
    found = known.select_related("manifest__image").order_by("-layers").first()
    part = _sold_free(found.manifest.image_id) if found else None
    if found is None or part is None:
        return None
    product, manifest = part.product, found.manifest
    return Base(manifest.image.repository, found.tag, manifest.digest, found.layers, found.size, product.namespace.name, product.slug)


def _sold_free(image_id: UUID) -> ProductImage | None:
    return ProductImage.objects.filter(image=image_id, product__in=_free()).select_related("product__namespace").first()


def _free() -> QuerySet[Product]:
    return Product.objects.offered().filter(Exists(Price.objects.current().free().filter(product=OuterRef("pk"))))
