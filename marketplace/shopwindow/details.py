"""An image as its product's page shows it: its tags, and the layers of its leading tag in the colours of its cover."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.covers.drawing import STONE
from marketplace.covers.selectors import drawn_layers, fills_of_images, layers_of, leading_manifests
from marketplace.images.merging import merge_layers
from marketplace.images.models import Image, Layer, Tag
from marketplace.images.selectors import tags as tags_selectors
from marketplace.images.selectors.tags import TagRow, leading_tags, pull_reference, stops_at, tag_rows_of

_MEGABYTE = 1_000_000
_TAGS, _LAYERS = 200, 128  # rows of a page, which its images share
_FEWEST = 4  # of each image


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A row of the table of layers: a layer, or several merged into one, with the colour of its band.

    Attributes:
        own: whether it lies above the base image.
    """

    layer: Layer
    fill: str
    own: bool

    @property
    def height(self) -> int:
        """Height in pixels: grows with the logarithm of the size, so that even the smallest layer stays legible."""
        return round(42 + 9 * math.log2(1 + self.layer.size / _MEGABYTE))


@dataclass(frozen=True, slots=True)
class ImageDetail:
    """An image on a product's page.

    Attributes:
        tag: the leading one (`Image.leading_tag`); None while nothing has been pushed.
        rows: its tags, at most `listed`.
        layers: those of the leading tag, the newest first.
    """

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
    """Load what a product's page shows of these images, in the given order. At most five queries for any number of images."""
    tags = leading_tags([image.pk for image in images])
    listed = min(tags_selectors.LISTED, _share(_TAGS, images))
    rows = tag_rows_of(images, most=listed)
    shown = leading_manifests(tags)
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
    """Divide the rows of a page among its images; each gets a few at least."""
    return max(_FEWEST, whole // max(len(images), 1))


def _layer_rows(layers: Sequence[Layer], fills: Mapping[str, str], most: int) -> list[LayerRow]:
    """Give each layer the colour it has on the cover. Where the cover merges layers, a layer without one takes the colour below it."""
    rows, fill = [], next(iter(fills.values()), STONE[1])
    merged = merge_layers(layers, most)
    for layer, drawn in zip(merged, drawn_layers(merged), strict=True):
        fill = fills.get(drawn.digest, fill)
        rows.append(LayerRow(layer, fill, drawn.own))
    return rows[::-1]
