"""An image in full: its tags, and the layers of what was pushed last, as thick and as coloured as in its cover."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.covers import layers_of, shown_manifests, strata_of
from marketplace.models import Image, Layer, Tag
from marketplace.selectors.tags import TagRow, newest_tags, pull_reference, stops_at, tag_rows_of
from marketplace.strata import MOST_BANDS, draw

_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A layer with the colour and the thickness of its band in a table."""

    layer: Layer
    fill: str
    own: bool

    @property
    def height(self) -> int:
        """Pixels: grows with the logarithm of the size, so that the thinnest stays legible."""
        return round(42 + 9 * math.log2(1 + self.layer.size / _MEGABYTE))


@dataclass(frozen=True, slots=True)
class ImageDetail:
    """An image of a product page; `layers` has the newest on top."""

    image: Image
    tag: Tag | None
    rows: list[TagRow]
    layers: list[LayerRow]

    @property
    def reference(self) -> str:
        return pull_reference(self.image, self.tag)

    @property
    def stops_at(self) -> int | None:
        return stops_at(self.rows)

    @property
    def size(self) -> int:
        """Compressed bytes of all layers."""
        return sum(row.layer.size for row in self.layers)

    @property
    def own_size(self) -> int:
        """Compressed bytes above the base."""
        return sum(row.layer.size for row in self.layers if row.own)


def image_details(images: Sequence[Image]) -> list[ImageDetail]:
    """Look up images for their product page, in their order. Four queries at most, whatever their number."""
    tags = newest_tags([image.pk for image in images])
    rows = tag_rows_of(images)
    shown = shown_manifests(tags)
    layers = layers_of(manifest.pk for manifest in shown.values())
    return [
        ImageDetail(
            image, tags.get(image.pk), rows[image.pk], _layer_rows(image, layers.get(shown[image.pk].pk, []) if image.pk in shown else [])
        )
        for image in images
    ]


def _layer_rows(image: Image, layers: Sequence[Layer]) -> list[LayerRow]:
    """Colour each layer as its cover does. An image of very many layers has some merged there: those take their neighbour's colour."""
    strata = strata_of(layers)
    bands = draw(image.repository, strata, textured=False).bands
    if len(strata) <= MOST_BANDS:
        fills = [band.fill for band in bands]
    else:
        by_digest = {band.layer.digest: band.fill for band in bands}
        fills = [by_digest.get(stratum.digest, bands[-1].fill) for stratum in strata]
    rows = [LayerRow(layer, fill, stratum.own) for layer, fill, stratum in zip(layers, fills, strata, strict=True)]
    return rows[::-1]
