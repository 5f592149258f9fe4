"""Covers of images and products as the worker drew them (`marketplace.covers.services`). One query for any number; nothing is drawn."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any
from uuid import UUID

from django.db.models import Q

from marketplace.covers.drawing import Band, Drawing, DrawnLayer
from marketplace.covers.models import Cover
from marketplace.images.models import Image, Layer, LayerList, Manifest, Tag


class Shape(Enum):
    """The sizes that pages use: width, height, and whether bands have textures (not on small covers)."""

    CARD = (320, 200, True)
    LINE = (320, 200, False)
    TALL = (320, 240, True)
    WIDE = (640, 260, True)
    MARK = (60, 60, False)

    @property
    def column(self) -> str:
        """The column that stores the drawing."""
        return self.name.lower()


def covers_of_images(image_ids: Collection[UUID], shape: Shape) -> dict[UUID, Drawing]:
    """Return the cover of each image; images without one are left out. One query."""
    return {pk: _drawing(cover, shape) for cover in _covers(Q(image__in=image_ids), shape) for pk in (cover.image_id,) if pk is not None}


def covers_of_products(images: Mapping[UUID, Sequence[Image]], shape: Shape) -> dict[UUID, Drawing]:
    """Return the cover of each product by product id; products without one are left out. One query.

    Args:
        images: of each product. A product with a single image has that image's cover; a bundle has its own, with the layers of all images.
    """
    alone = {pk: several[0].pk for pk, several in images.items() if len(several) == 1}
    covers = _covers(Q(image__in=set(alone.values())) | Q(product__in=images.keys() - alone.keys()), shape)
    drawn = {cover.product_id if cover.image_id is None else cover.image_id: _drawing(cover, shape) for cover in covers}
    return {pk: drawn[of] for pk in images if (of := alone.get(pk, pk)) in drawn}


def fills_of_images(image_ids: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """Return the colours of the bands of each image's cover, by the beginning of the layer's digest. One query."""
    covers = Cover.objects.filter(image__in=image_ids).values_list("image", "bands")
    return {image_id: fills_of(bands) for image_id, bands in covers}


def fills_of(bands: Sequence[Sequence[Any]]) -> dict[str, str]:
    """Return the colours of `Cover.bands` by the beginning of the layer's digest."""
    return {digest: fill for digest, _, _, fill, _, _ in bands}


def summaries_of_images(image_ids: Collection[UUID]) -> dict[UUID, tuple[Sequence[Layer], Mapping[str, str]]]:
    """Return `Cover.layers` of each image: layers, base first, and their colours by the beginning of the digest. One query.

    An image whose cover has none, or was not drawn yet, is left out.
    """
    covers = Cover.objects.filter(image__in=image_ids, layers__isnull=False).values_list("image", "layers")
    return {image_id: _summary(rows) for image_id, rows in covers if rows is not None}


def _summary(rows: Sequence[Sequence[Any]]) -> tuple[list[Layer], dict[str, str]]:
    layers = [Layer(*fields) for *fields, _ in rows]
    return layers, {hexadecimal(layer): row[-1] for layer, row in zip(layers, rows, strict=True)}


def leading_manifests(tags: Mapping[UUID, Tag]) -> dict[UUID, Manifest]:
    """Return for each image the manifest whose layers represent it: that of its tag, or for an index its first described child."""
    leading = {image_id: tag.manifest for image_id, tag in tags.items()}
    indexes = {image_id: manifest for image_id, manifest in leading.items() if manifest.children}
    if indexes:
        wanted = {digest for manifest in indexes.values() for digest in manifest.children}
        children = {(child.image_id, child.digest): child for child in Manifest.objects.filter(image__in=indexes, digest__in=wanted)}
        for image_id, index in indexes.items():
            leading[image_id] = next((children[image_id, digest] for digest in index.children if (image_id, digest) in children), index)
    return leading


def layers_of(manifest_ids: Iterable[UUID]) -> dict[UUID, list[Layer]]:
    """Return the layers of each manifest, base first. One query."""
    return {found.manifest_id: found.layers for found in LayerList.objects.filter(manifest__in=set(manifest_ids))}


def drawn_layers(layers: Sequence[Layer]) -> list[DrawnLayer]:
    """Return the layers as they are drawn: the one that everything else was built on as stone."""
    return [DrawnLayer(hexadecimal(layer), layer.size, own=position > 0 or len(layers) == 1) for position, layer in enumerate(layers)]


def hexadecimal(layer: Layer) -> str:
    """Return the beginning of the layer's digest, in hexadecimal, from which it is drawn."""
    return layer.digest.rpartition(":")[2][:16]


def _covers(which: Q, shape: Shape) -> Iterable[Cover]:
    columns = ("image", "product", shape.column, *(["bands"] if shape is Shape.TALL else []))
    return Cover.objects.filter(which).only(*columns)


def _drawing(cover: Cover, shape: Shape) -> Drawing:
    width, height, _ = shape.value
    bands = cover.bands if shape is Shape.TALL else ()
    return Drawing(
        width,
        height,
        getattr(cover, shape.column),
        tuple(Band(DrawnLayer(digest, size, own), fill, top, bottom) for digest, size, own, fill, top, bottom in bands),
    )
