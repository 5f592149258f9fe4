"""An image in full: its tags, and the layers of what was pushed last, as thick and as coloured as in its cover."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.covers.drawing import STONE
from marketplace.covers.selectors import fills_of_images, layers_of, shown_manifests, strata_of
from marketplace.images.models import Image, Layer, Tag
from marketplace.images.selectors import tags as tags_selectors
from marketplace.images.selectors.tags import TagRow, newest_tags, pull_reference, stops_at, tag_rows_of
from marketplace.images.spans import merge_layers

_MEGABYTE = 1_000_000
_TAGS, _LAYERS = 200, 128  # rows of a page, which its images share
_FEWEST = 4  # of each image


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A layer, or several that were merged, with the colour and the thickness of its band in a table."""

    layer: Layer
    fill: str
    own: bool

    @property
    def height(self) -> int:
        """Pixels: grows with the logarithm of the size, so that the thinnest stays legible."""
        return round(42 + 9 * math.log2(1 + self.layer.size / _MEGABYTE))


@dataclass(frozen=True, slots=True)
class ImageDetail:
    """An image of a product page; `layers` has the newest on top, `listed` says how many tags a list has at most."""

    image: Image
    tag: Tag | None
    rows: list[TagRow]
    layers: list[LayerRow]
    listed: int

    @property
    def reference(self) -> str:
        return pull_reference(self.image, self.tag)

    @property
    def stops_at(self) -> int | None:
        return stops_at(self.rows, most=self.listed)

    @property
    def layer_count(self) -> int:
        return sum(row.layer.merged for row in self.layers)

    @property
    def size(self) -> int:
        """Compressed bytes of all layers."""
        return sum(row.layer.size for row in self.layers)

    @property
    def own_size(self) -> int:
        """Compressed bytes above the base."""
        return sum(row.layer.size for row in self.layers if row.own)


def image_details(images: Sequence[Image]) -> list[ImageDetail]:
    """Look up images for their product page, in their order. Five queries at most, whatever their number."""
    tags = newest_tags([image.pk for image in images])
    listed = min(tags_selectors.LISTED, _share(_TAGS, images))
    rows = tag_rows_of(images, most=listed)
    shown = shown_manifests(tags)
    layers = layers_of(manifest.pk for manifest in shown.values())
    fills = fills_of_images([image.pk for image in images])
    return [
        ImageDetail(
            image,
            tags.get(image.pk),
            rows[image.pk],
            _layer_rows(layers.get(shown[image.pk].pk, []) if image.pk in shown else [], fills.get(image.pk, {}), _share(_LAYERS, images)),
            listed,
        )
        for image in images
    ]


def _share(whole: int, images: Sequence[Image]) -> int:
    """Say how many rows of a page each of so many images gets."""
    return max(_FEWEST, whole // max(len(images), 1))


def _layer_rows(layers: Sequence[Layer], fills: Mapping[str, str], most: int) -> list[LayerRow]:
    """Colour each layer as its cover does. An image of very many layers has some merged there: those take their neighbour's colour."""
    rows, fill = [], next(iter(fills.values()), STONE[1])
    merged = merge_layers(layers, most)
    for layer, stratum in zip(merged, strata_of(merged), strict=True):
        fill = fills.get(stratum.digest, fill)
        rows.append(LayerRow(layer, fill, stratum.own))
    return rows[::-1]
