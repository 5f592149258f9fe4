"""A drawn cover as PNG, for places that show no SVG: previews of links.

Pure and deterministic: it reads the paths that `marketplace.covers.drawing` wrote, so the picture is what pages show.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from io import BytesIO
from itertools import accumulate, pairwise
from math import dist
from typing import Final

from PIL import Image, ImageColor, ImageDraw

from marketplace.covers.drawing import Drawing

WIDTH, HEIGHT = 1200, 630  # what sites crop previews of links to
_FINER: Final = 2  # drawn so much larger and then scaled down, for smooth edges
_STEPS: Final = 24  # straight pieces of a curve
_COLOURS: Final = 128  # of the palette: two for each band, and what lies between
_PATH = re.compile(r"<path ([^>]*)/>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_COMMAND = re.compile(r"([MCSVH])([^MCSVHz]*)")

_Point = tuple[float, float]


class _Canvas:
    """Draws in the coordinates of a drawing, which fills the picture; what sticks out is cut off evenly."""

    def __init__(self, drawing: Drawing) -> None:
        wide, high = WIDTH * _FINER, HEIGHT * _FINER
        self.scale = max(wide / drawing.width, high / drawing.height)
        self.left = (wide - drawing.width * self.scale) / 2
        self.top = (high - drawing.height * self.scale) / 2
        self.picture = Image.new("RGB", (wide, high))
        self.pen = ImageDraw.Draw(self.picture)

    def at(self, points: list[_Point]) -> list[_Point]:
        return [(x * self.scale + self.left, y * self.scale + self.top) for x, y in points]

    def fill(self, points: list[_Point], colour: str) -> None:
        self.pen.polygon(self.at(points), fill=colour)

    def stroke(self, points: list[_Point], width: float, colour: tuple[int, ...]) -> None:
        """Draw a line with round ends; of a single point, a dot."""
        placed, thick = self.at(points), width * self.scale
        self.pen.line(placed, fill=colour, width=round(thick), joint="curve")
        for x, y in (placed[0], placed[-1]):
            self.pen.circle((x, y), thick / 2, fill=colour)


def preview_png(drawing: Drawing) -> bytes:
    """Draw a cover as PNG of 1,200 by 630 pixels."""
    canvas, ground = _Canvas(drawing), "#000"
    for written in _PATH.findall(drawing.body):
        path = dict(_ATTRIBUTE.findall(written))
        points = list(_points(path["d"]))
        if "stroke" in path:
            _draw_line(canvas, path, points, ground)
        elif path.get("fill-opacity") != "0":  # the night sky, which pages bring out in the dark
            ground = path["fill"]
            canvas.fill(points, ground)
    small = canvas.picture.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    out = BytesIO()
    small.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(out, format="PNG", optimize=True)
    return out.getvalue()


def _draw_line(canvas: _Canvas, path: dict[str, str], points: list[_Point], ground: str) -> None:
    """Draw a line of a texture: it lies on one band, so its opacity is a mixture with that band's colour."""
    opacity = float(path["stroke-opacity"])
    ink, under = ImageColor.getrgb(path["stroke"]), ImageColor.getrgb(ground)
    mixed = tuple(round(over * opacity + below * (1 - opacity)) for over, below in zip(ink, under, strict=True))
    dashes = [float(number) for number in path.get("stroke-dasharray", "").split()]
    for piece in _pieces(points, dashes, float(path.get("stroke-dashoffset", 0))):
        canvas.stroke(piece, float(path["stroke-width"]), mixed)


def _pieces(points: list[_Point], dashes: list[float], offset: float) -> Iterator[list[_Point]]:
    """Cut a line into its dashes (SVG 2, "Stroke dashing"); without a pattern it is one piece. A dash of no length is a dot."""
    if not dashes:
        yield points
        return
    marks = [0.0, *accumulate(dist(one, other) for one, other in pairwise(points))]
    at, number = -offset, 0
    while at < marks[-1]:
        end = at + dashes[number % len(dashes)]
        if number % 2 == 0 and end >= 0:
            begin, stop = max(at, 0.0), min(end, marks[-1])
            inside = [point for point, mark in zip(points, marks, strict=True) if begin < mark < stop]
            yield [_along(points, marks, begin), *inside, _along(points, marks, stop)]
        at, number = end, number + 1


def _along(points: list[_Point], marks: list[float], at: float) -> _Point:
    """Return the point of a line that lies so far from its beginning."""
    after = min(bisect_right(marks, at), len(points) - 1)
    (x1, y1), (x2, y2) = points[after - 1], points[after]
    share = (at - marks[after - 1]) / (marks[after] - marks[after - 1])
    return x1 + (x2 - x1) * share, y1 + (y2 - y1) * share


def _points(path: str) -> Iterator[_Point]:
    """Yield the corners of a path; its curves are cut into straight pieces. Knows what `marketplace.covers.drawing` writes."""
    x = y = 0.0
    bend = (0.0, 0.0)  # the last control point of the curve before
    for command, text in _COMMAND.findall(path):
        numbers = [float(number) for number in text.split()]
        match command:
            case "H":
                x = numbers[0]
            case "V":
                y = numbers[0]
            case "M":
                x, y = numbers
            case _:
                first = (numbers[0], numbers[1]) if command == "C" else (2 * x - bend[0], 2 * y - bend[1])
                bend, end = (numbers[-4], numbers[-3]), (numbers[-2], numbers[-1])
                yield from (_bezier((x, y), first, bend, end, step / _STEPS) for step in range(1, _STEPS))
                x, y = end
        yield x, y


def _bezier(start: _Point, first: _Point, second: _Point, end: _Point, t: float) -> _Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    corners = (start, first, second, end)
    return (
        sum(weight * point[0] for weight, point in zip(weights, corners, strict=True)),
        sum(weight * point[1] for weight, point in zip(weights, corners, strict=True)),
    )
