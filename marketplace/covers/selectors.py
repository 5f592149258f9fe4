"""Covers of images and products, as the worker drew them (`marketplace.covers.services`): one query for any number, and no drawing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from uuid import UUID

from django.db.models import Q

from marketplace.covers.drawing import Band, Drawing, DrawnLayer
from marketplace.covers.models import Cover
from marketplace.images.models import Image, Layer, LayerList, Manifest, Tag


class Shape(Enum):
    """The sizes that pages ask for: width, height, and whether bands carry texture (small covers do not)."""

    CARD = (320, 200, True)
    LINE = (320, 200, False)
    TALL = (320, 240, True)
    WIDE = (640, 260, True)
    MARK = (60, 60, False)

    @property
    def column(self) -> str:
        """Where the drawing is stored."""
        return self.name.lower()


def covers_of_images(image_ids: Collection[UUID], shape: Shape) -> dict[UUID, Drawing]:
    """Give the cover of each image that has been drawn; the others are left out. One query."""
    return {pk: _drawing(cover, shape) for cover in _covers(Q(image__in=image_ids), shape) for pk in (cover.image_id,) if pk is not None}


def covers_of_products(images: Mapping[UUID, Sequence[Image]], shape: Shape) -> dict[UUID, Drawing]:
    """Give the cover of each product that has been drawn, by product id. One query.

    Args:
        images: of each product. One that sells a single image has that image's cover; a bundle has the layers of all in turn, and its own.
    """
    alone = {pk: several[0].pk for pk, several in images.items() if len(several) == 1}
    covers = _covers(Q(image__in=set(alone.values())) | Q(product__in=images.keys() - alone.keys()), shape)
    drawn = {cover.product_id if cover.image_id is None else cover.image_id: _drawing(cover, shape) for cover in covers}
    return {pk: drawn[of] for pk in images if (of := alone.get(pk, pk)) in drawn}


def fills_of_images(image_ids: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """Give the colours of each drawn image's bands, by the beginning of the layer's digest. One query."""
    covers = Cover.objects.filter(image__in=image_ids).values_list("image", "bands")
    return {image_id: {digest: fill for digest, _, _, fill, _, _ in bands} for image_id, bands in covers}


def leading_manifests(tags: Mapping[UUID, Tag]) -> dict[UUID, Manifest]:
    """Give for each image the manifest whose layers stand for it: its tag's, or for an index the first child that is described."""
    shown = {image_id: tag.manifest for image_id, tag in tags.items()}
    indexes = {image_id: manifest for image_id, manifest in shown.items() if manifest.children}
    if indexes:
        wanted = {digest for manifest in indexes.values() for digest in manifest.children}
        children = {(child.image_id, child.digest): child for child in Manifest.objects.filter(image__in=indexes, digest__in=wanted)}
        for image_id, index in indexes.items():
            shown[image_id] = next((children[image_id, digest] for digest in index.children if (image_id, digest) in children), index)
    return shown


def layers_of(manifest_ids: Iterable[UUID]) -> dict[UUID, list[Layer]]:
    """Give the layers of each manifest, base first. One query."""
    return {found.manifest_id: found.layers for found in LayerList.objects.filter(manifest__in=set(manifest_ids))}


def drawn_layers(layers: Sequence[Layer]) -> list[DrawnLayer]:
    """Say what is drawn as stone: the layer that everything else was built on."""
    return [DrawnLayer(hexadecimal(layer), layer.size, own=position > 0 or len(layers) == 1) for position, layer in enumerate(layers)]


def hexadecimal(layer: Layer) -> str:
    """Return the beginning of the layer's digest, by which it is drawn."""
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
