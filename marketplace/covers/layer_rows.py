"""The layers of an image as pages list them: as many rows as there is room for, in the colours of its cover."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from marketplace.covers.drawing import STONE
from marketplace.covers.selectors import drawn_layers
from marketplace.images.merging import merge_layers
from marketplace.images.models import Layer

SUMMARY: Final = 8  # rows of an image that are kept with its cover
_MEGABYTE: Final = 1_000_000


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


def layer_rows(layers: Sequence[Layer], fills: Mapping[str, str], most: int) -> list[LayerRow]:
    """Merge the layers into at most `most` rows, base first, each in the colour it has on the cover.

    Where the cover merges layers, a layer without a colour takes the one below it.
    """
    rows, fill = [], next(iter(fills.values()), STONE[1])
    merged = merge_layers(layers, most)
    for layer, drawn in zip(merged, drawn_layers(merged), strict=True):
        fill = fills.get(drawn.digest, fill)
        rows.append(LayerRow(layer, fill, drawn.own))
    return rows
