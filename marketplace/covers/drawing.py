"""Covers: a geological section with one band for each layer, the base at the bottom.

The seed (repository, or slug of a bundle) chooses the palette and the fold, so that a product stays recognisable from release to release.
The layers make the bands. Pure and deterministic: the same layers always give the same picture.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from marketplace.images.merging import spans

MOST_BANDS = 14
STONE = ("#d3ccbf", "#b3aa9b", "#8d8477", "#665f56", "#47423c")


class Palette(NamedTuple):
    """The colours of a cover: the sky, four tones from light to dark, and one accent."""

    sky: str
    tones: tuple[str, ...]
    accent: str


PALETTES = (
    Palette("#e6efe8", ("#a9d0c3", "#5fa899", "#1f7f75", "#0c4a47"), "#e0a63a"),
    Palette("#f5ead2", ("#ecce8c", "#d6a03f", "#a96c1c", "#643c12"), "#22736b"),
    Palette("#f5e4d8", ("#e8b795", "#d0794f", "#a3462a", "#5f2718"), "#2e6a6c"),
    Palette("#e7ebee", ("#b9c5cf", "#8095a5", "#4d6375", "#263543"), "#dd8f45"),
    Palette("#edefda", ("#c5cf95", "#909f54", "#5c6d31", "#313d1e"), "#c6603f"),
    Palette("#f0e3ea", ("#d6b0c5", "#a86f93", "#733f66", "#40203c"), "#dba94a"),
    Palette("#f6e5e1", ("#e6b6b0", "#c8777a", "#96424f", "#561f2e"), "#3d7a6f"),
    Palette("#e7e6f1", ("#bcbbdb", "#8886bb", "#55528f", "#2b2956"), "#e2946f"),
    Palette("#e4eeee", ("#abcdd0", "#6ba3ab", "#337480", "#153f49"), "#d9735a"),
    Palette("#f1ebe1", ("#d9c7a9", "#b09470", "#7b6147", "#45352a"), "#4b9386"),
)


class Texture(NamedTuple):
    """Lines parallel to the fold: their width, their dashes, and the distance between them in pixels of a cover 200 px high."""

    width: str
    dashes: str
    step: int


TEXTURES = (
    Texture("1", "", 5),
    Texture("1.6", "0 7", 6),
    Texture("1.1", "9 6", 7),
    Texture("2.4", "0 11", 9),
    Texture("1", "22 5 3 5", 8),
)
_KINDS = len(TEXTURES) + 1  # one more, without lines
_Wobble = tuple[float, ...]
_LEVEL: _Wobble = (0.0,) * 5


@dataclass(frozen=True, slots=True)
class DrawnLayer:
    """A layer of an image, as covers need it.

    Attributes:
        digest: hexadecimal, without the algorithm.
        size: compressed bytes.
        own: False for the base that the image was built on, which is drawn as stone.
    """

    digest: str
    size: int
    own: bool = True


@dataclass(frozen=True, slots=True)
class Band:
    """The band of a layer: its colour, and its upper and lower edge at the right side of the cover, in pixels."""

    layer: DrawnLayer
    fill: str
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """The content of an `<svg>` of this size, and its bands, bottom first."""

    width: int
    height: int
    body: str
    bands: tuple[Band, ...]


class _Fold:
    """The sine wave that all boundaries follow; it flattens with depth."""

    def __init__(self, seed: bytes, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.amplitude = height * (0.03 + seed[1] / 255 * 0.09)
        self.frequency, self.phase = 0.35 + seed[0] / 255 * 0.6, seed[3] / 255

    def at(self, y: float, x: float) -> float:
        swing = math.sin(2 * math.pi * (self.frequency * x / self.width + self.phase))
        return y - self.amplitude * (0.25 + 0.75 * (self.height - y) / self.height) * swing

    def curve(self, y: float, wobble: _Wobble = _LEVEL) -> str:
        """A boundary through five points: Catmull-Rom, written as one C and three S."""
        w = self.width
        p = [self.at(y, w * i / 4) + wobble[i] for i in range(5)]
        m = [(p[min(i + 1, 4)] - p[max(i - 1, 0)]) / (min(i + 1, 4) - max(i - 1, 0)) / 3 for i in range(5)]
        start = f"M0 {p[0]:.1f}C{w / 12:.1f} {p[0] + m[0]:.1f}"
        return start + "S".join(f" {w * (i - 1 / 3) / 4:.1f} {p[i] - m[i]:.1f} {w * i / 4:g} {p[i]:.1f}" for i in range(1, 5))


def draw(seed: str, layers: Sequence[DrawnLayer], *, width: int = 320, height: int = 200, textured: bool = True) -> Drawing:
    """Draw the layers, bottom first, as bands whose height is proportional to log2(1 + bytes / 64 KiB)."""
    key = hashlib.sha256(seed.encode()).digest()
    palette, fold = PALETTES[key[2] % len(PALETTES)], _Fold(key, width, height)
    box = f"M0 0H{width}V{height}H0z"
    parts = [
        f'<path class="sky" fill="{palette.sky}" d="{box}"/>',
        f'<path class="night" fill="{palette.tones[3]}" fill-opacity="0" d="{box}"/>',
    ]
    bands: list[Band] = []
    # Painter's order: the top band first, each filled down to the floor.
    for layer, top, bottom, fill in _coloured(_stacked(merge(layers), height), palette, height):
        digest, thick = bytes.fromhex(layer.digest[:16]), bottom - top
        wobble = tuple((digest[1 + i] / 255 - 0.5) * min(5, thick * 0.3) for i in range(5))
        parts.append(f'<path fill="{fill}" d="{fold.curve(top, wobble)}V{height}H0z"/>')
        if textured and thick >= height * 0.045 and digest[6] % _KINDS < len(TEXTURES):
            parts.extend(_lines(fold, TEXTURES[digest[6] % _KINDS], fill, (top, thick), wobble))
        bands.append(Band(layer, fill, fold.at(top, width), fold.at(bottom, width)))
    return Drawing(width, height, "".join(parts), tuple(reversed(bands)))


def merge(layers: Sequence[DrawnLayer], most: int = MOST_BANDS) -> list[DrawnLayer]:
    """Merge neighbours, smallest first, until no more than `most` are left. Base and own layers are merged only if nothing else can be."""
    found = spans([layer.size for layer in layers], [layer.own for layer in layers], most)
    return [DrawnLayer(layers[span.face].digest, span.size, layers[span.face].own) for span in found]


def empty(width: int = 320, height: int = 200) -> str:
    """Draw dashed lines: layers that have not been pushed yet."""
    w, h = width / 320, height / 200
    pen = 'fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="5 7"'
    lines = []
    for y, opacity in ((70, ".4"), (108, ".6"), (142, ".75"), (172, ".9")):
        rise = f"C{80 * w:g} {(y - 22) * h:g} {130 * w:g} {(y + 16) * h:g} {200 * w:g} {(y - 4) * h:g}"
        fall = f"S{290 * w:g} {(y - 18) * h:g} {width} {(y + 2) * h:g}"
        lines.append(f'<path {pen} stroke-opacity="{opacity}" d="M0 {y * h:g}{rise}{fall}"/>')
    return "".join(lines)


def plain(width: int = 320, height: int = 200) -> Drawing:
    """Draw the cover of what has none yet, as a separate picture, where no page around it sets the colour of the lines."""
    return Drawing(width, height, empty(width, height).replace("currentColor", STONE[2]), ())


def avatar(name: str) -> Drawing:
    """Draw the picture of a person: 60 x 60, five bands made from the hash of the name."""
    return draw(name, invented(name, 5), width=60, height=60, textured=False)


def invented(seed: str, count: int) -> list[DrawnLayer]:
    """Make layers from a hash, for pictures that belong to no image: those of people, and on error pages."""
    digests = [hashlib.sha256(f"{seed}/{n}".encode()).hexdigest() for n in range(count)]
    return [DrawnLayer(digest, 2 ** (15 + int(digest[-2:], 16) % 11), own=n > 0) for n, digest in enumerate(digests)]


def _stacked(layers: Sequence[DrawnLayer], height: int) -> list[tuple[DrawnLayer, float, float]]:
    """Return each layer with its top and bottom before folding. The total depth grows with the total size."""
    weights = [max(1.0, math.log2(1 + layer.size / 2**16)) for layer in layers]
    depth = height * min(0.9, 0.52 + 0.037 * math.log2(1 + sum(layer.size for layer in layers) / 2**20))
    stacked, floor = [], float(height)
    for layer, weight in zip(layers, weights, strict=True):
        stacked.append((layer, floor - depth * weight / sum(weights), floor))
        floor = stacked[-1][1]
    return stacked


def _coloured(
    stacked: list[tuple[DrawnLayer, float, float]], palette: Palette, height: int
) -> Iterator[tuple[DrawnLayer, float, float, str]]:
    """Yield the layers from the top down with a tone that comes from the digest, never twice in a row; one thin band may get the accent."""
    last, accented = "", False
    for layer, top, bottom in reversed(stacked):
        tone, shades = int(layer.digest[:2], 16), palette.tones if layer.own else STONE
        fill = shades[tone % len(shades)]
        if layer.own and not accented and bottom - top < height * 0.16 and tone % 3 == 0:
            fill, accented = palette.accent, True
        if fill == last:
            fill = shades[(tone + 1) % len(shades)]
        last = fill
        yield layer, top, bottom, fill


def _lines(fold: _Fold, texture: Texture, fill: str, span: tuple[float, float], wobble: _Wobble) -> Iterator[str]:
    top, thick = span
    ink = "#1c1b18" if int(fill[1:3], 16) + int(fill[3:5], 16) > 270 else "#fff"  # noqa: PLR2004  half of the two brightest channels
    count = int(thick / texture.step * 200 / fold.height)
    for k in range(1, count):
        dashes = f' stroke-dasharray="{texture.dashes}" stroke-linecap="round" stroke-dashoffset="{k % 2 * 5}"' if texture.dashes else ""
        d = fold.curve(top + k * thick / count, tuple(v * (1 - k / count) for v in wobble))
        yield f'<path fill="none" stroke="{ink}" stroke-opacity=".31" stroke-width="{texture.width}"{dashes} d="{d}"/>'
