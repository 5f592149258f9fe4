"""A drill core: the layers of an image side by side, the base at the left, each as wide as its share of all bytes.

Covers and the bands beside a list of layers grow with the logarithm, so that the smallest layer stays visible; this picture is to scale.
Pure and deterministic.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

WIDTH: Final = 640
HEIGHT: Final = 48
_NARROWEST: Final = 1.5  # pixels: a layer of a few bytes is still a line
_SWING: Final = 5.0  # pixels by which a boundary leaves its place


class Segment(NamedTuple):
    """A layer: the beginning of its digest in hexadecimal, its compressed bytes, its colour."""

    digest: str
    size: int
    fill: str


def draw_core(segments: Sequence[Segment]) -> str:
    """Return the content of an `<svg>` of `WIDTH` by `HEIGHT`, the segments from left to right."""
    whole = sum(segment.size for segment in segments) or 1
    widths = [max(_NARROWEST, WIDTH * segment.size / whole) for segment in segments]
    scale, x, parts = WIDTH / (sum(widths) or 1), 0.0, []
    # Painter's order: each segment is filled to the right end, and the next one covers it.
    for segment, width in zip(segments, widths, strict=True):
        parts.append(f'<path fill="{segment.fill}" d="M{x:.1f} 0{_boundary(segment, x, width * scale)}H{WIDTH}V0z"/>')
        x += width * scale
    return "".join(parts)


def _boundary(segment: Segment, x: float, width: float) -> str:
    """Return the left edge from top to bottom: bent as the digest has it, and straight at the end of the core."""
    room = min(_SWING, x, width / 3)
    bends = [(int(segment.digest[at : at + 2] or "80", 16) / 255 - 0.5) * 2 * room for at in (0, 2, 4)]
    return f"C{x + bends[0]:.1f} {HEIGHT / 3:.0f} {x + bends[1]:.1f} {2 * HEIGHT / 3:.0f} {x + bends[2] / 2:.1f} {HEIGHT}"
