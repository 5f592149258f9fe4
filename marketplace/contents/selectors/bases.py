"""Which image of the shop another one is built on."""

from collections.abc import Collection, Sequence
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
    """Return the public image that an image is built on, the one with the most layers; None if the shop knows none.

    One short query where no other image has such layers, as of most; else two.

    Args:
        layers: all of the image's, base first.
    """
    below = chains_below(layers)
    # At most one of each chain.
    of_others = KnownBase.objects.filter(chain__in=below).exclude(manifest__image=image).select_related("manifest__image")
    known = list(of_others.order_by("-layers")) if below else []
    pages = _free_pages_of({found.manifest.image_id for found in known}) if known else {}
    for found in known:
        page, manifest = pages.get(found.manifest.image_id), found.manifest
        if page is not None:
            return Base(manifest.image.repository, found.tag, manifest.digest, found.layers, found.size, *page)
    return None


def _free_pages_of(image_ids: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
    """Return the namespace and the slug of a free product of each image that has one: a narrow row for each, however many have it."""
    parts = ProductImage.objects.filter(image__in=image_ids, product__in=_free()).order_by("image", "position", "pk").distinct("image")
    rows = parts.values_list("image", "product__namespace__name", "product__slug")
    return {image: (namespace, slug) for image, namespace, slug in rows}


def _free() -> QuerySet[Product]:
    return Product.objects.offered().filter(Exists(Price.objects.current().free().filter(product=OuterRef("pk"))))
