"""Covers are drawn here, outside of any request, when what they show has changed."""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from marketplace.covers.drawing import Drawing, DrawnLayer, draw, merge
from marketplace.covers.layer_rows import SUMMARY, layer_rows
from marketplace.covers.models import Cover
from marketplace.covers.raster import preview_png
from marketplace.covers.selectors import Shape, drawn_layers, fills_of, layers_of, leading_manifests
from marketplace.images.models import Image, Layer, LayerList, Manifest
from marketplace.images.selectors.tags import leading_tags
from marketplace.products.models import Product
from marketplace.products.selectors.pages import images_of

logger = logging.getLogger(__name__)

_VERSION: Final = 2  # increase it when the drawing changes, or what is kept with it
_BUNDLES_AT_ONCE: Final = 20  # of those with the pushed image; the periodic job draws the others
_BATCH: Final = 20
_COLUMNS: Final = ("source_hash", *(shape.column for shape in Shape), "bands", "layers", "preview", "drawn_at")


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a cover belongs to: an image or a bundle. One of the two ids is None."""

    image_id: UUID | None
    product_id: UUID | None
    seed: str
    image_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    """What a cover is drawn from: the manifests that represent its images, in order, as far as they are described."""

    subject: _Subject
    manifests: tuple[Manifest, ...]

    @property
    def hash(self) -> str:
        text = "|".join((str(_VERSION), self.subject.seed, *(manifest.digest for manifest in self.manifests)))
        return hashlib.sha256(text.encode()).hexdigest()


def draw_cover_of_image(*, image_id: UUID) -> int:
    """Draw the cover of an image again, and those of bundles with it, unless they are up to date. Return how many were drawn."""
    bundles = Product.objects.filter(images=image_id).order_by("-published_at", "pk")
    return _draw([*_images([image_id]), *_bundles([product.pk for product in bundles.only("pk")[:_BUNDLES_AT_ONCE]])])


def draw_cover_of_product(*, product_id: UUID) -> int:
    """Draw the cover of a product again, unless it is up to date; with a single image, that is the image's cover."""
    parts = list(Image.objects.filter(product_images__product=product_id).values_list("pk", flat=True)[:2])
    return _draw(_images(parts) if len(parts) == 1 else _bundles([product_id]))


def draw_outdated_covers() -> int:
    """Check everything that was ever pushed, and draw the covers that are out of date. Return how many."""
    images = Image.objects.filter(first_pushed_at__isnull=False).order_by("pk").values_list("pk", flat=True)
    bundles = Product.objects.alias(parts=Count("product_images")).filter(parts__gt=1).order_by("pk").values_list("pk", flat=True)
    drawn = sum(_draw(_images(batch)) for batch in _batches(images.iterator(chunk_size=1_000), 10 * _BATCH))
    return drawn + sum(_draw(_bundles(batch)) for batch in _batches(bundles.iterator(chunk_size=1_000), _BATCH))


def preview_of(product: Product) -> bytes | None:
    """Return the cover of a product as PNG, as previews of links show it; None while it has none.

    Drawn when it is first asked for, for few covers ever are, and kept until the cover changes.
    """
    images = images_of(product)
    owner = Q(image=images[0]) if len(images) == 1 else Q(product=product)
    cover = Cover.objects.filter(owner).only("source_hash", "wide", "preview").first()
    if cover is None:
        return None
    if cover.preview is None:
        width, height, _ = Shape.WIDE.value
        cover.preview = preview_png(Drawing(width, height, cover.wide, ()))
        # Of a cover that was drawn anew meanwhile, this is not the picture.
        Cover.objects.filter(pk=cover.pk, source_hash=cover.source_hash).update(preview=cover.preview)
    return bytes(cover.preview)


def _images(image_ids: Sequence[UUID]) -> list[_Subject]:
    rows = Image.objects.filter(pk__in=image_ids).values_list("pk", "repository")
    return [_Subject(pk, None, repository, (pk,)) for pk, repository in rows]


def _bundles(product_ids: Sequence[UUID]) -> list[_Subject]:
    products = Product.objects.filter(pk__in=product_ids).only("pk", "slug").prefetch_related("product_images__image")
    found = [(product, images_of(product)) for product in products]
    return [_Subject(None, product.pk, product.slug, tuple(image.pk for image in images)) for product, images in found if len(images) > 1]


def _draw(subjects: list[_Subject]) -> int:
    leading = leading_manifests(leading_tags({image_id for subject in subjects for image_id in subject.image_ids}))
    described = set(LayerList.objects.filter(manifest__in=[one.pk for one in leading.values()]).values_list("manifest", flat=True))
    sources = [
        _Source(subject, tuple(leading[pk] for pk in subject.image_ids if pk in leading and leading[pk].pk in described))
        for subject in subjects
    ]
    unpushed = [subject for subject in subjects if not any(pk in leading for pk in subject.image_ids)]
    _of(unpushed).delete()
    stored = {(cover.image_id, cover.product_id): cover.source_hash for cover in _of(subjects).only("image", "product", "source_hash")}
    due = [one for one in sources if one.manifests and one.hash != stored.get((one.subject.image_id, one.subject.product_id))]
    layers = layers_of(manifest.pk for source in due for manifest in source.manifests)
    covers = list(_drawn(due, layers))
    for field in ("image", "product"):
        rows = [cover for cover in covers if getattr(cover, f"{field}_id")]
        Cover.objects.bulk_create(rows, update_conflicts=True, unique_fields=[field], update_fields=_COLUMNS)
    return len(covers)


def _drawn(sources: Sequence[_Source], layers: Mapping[UUID, Sequence[Layer]]) -> Iterator[Cover]:
    for source in sources:
        subject = source.subject
        try:
            drawings = _drawings(subject.seed, [layer for manifest in source.manifests for layer in drawn_layers(layers[manifest.pk])])
        except SoftTimeLimitExceeded:  # the whole task ran out of time
            raise
        except Exception:  # a cover that cannot be drawn must not stop the others
            logger.exception("cover not drawn", extra={"image": subject.image_id, "product": subject.product_id})
            continue
        tall = drawings[Shape.TALL]
        bands = [[band.layer.digest, band.layer.size, band.layer.own, band.fill, band.top, band.bottom] for band in tall.bands]
        yield Cover(
            image_id=subject.image_id,
            product_id=subject.product_id,
            source_hash=source.hash,
            bands=bands,
            layers=_summary(layers[source.manifests[0].pk], fills_of(bands)) if subject.image_id else None,
            drawn_at=timezone.now(),
            **{shape.column: drawing.body for shape, drawing in drawings.items()},
        )


def _summary(layers: Sequence[Layer], fills: Mapping[str, str]) -> list[list[str | int]]:
    return [[*row.layer, row.fill] for row in layer_rows(layers, fills, SUMMARY)]


def _drawings(seed: str, layers: Sequence[DrawnLayer]) -> dict[Shape, Drawing]:
    bands = merge(layers)
    sizes = {shape: shape.value for shape in Shape}
    return {shape: draw(seed, bands, width=width, height=height, textured=textured) for shape, (width, height, textured) in sizes.items()}


def _of(subjects: Sequence[_Subject]) -> QuerySet[Cover]:
    images, products = [one.image_id for one in subjects if one.image_id], [one.product_id for one in subjects if one.product_id]
    return Cover.objects.filter(Q(image__in=images) | Q(product__in=products))


def _batches(ids: Iterator[UUID], size: int) -> Iterator[list[UUID]]:
    while batch := list(islice(ids, size)):
        yield batch
