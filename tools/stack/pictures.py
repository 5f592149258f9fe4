"""Drawn pictures for product pages: what a product does, as a figure. Paper, ink and one accent, like the rest of the shop."""

import io
import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont

SIZE = (1280, 800)
PAPER, INK, QUIET, LINE, ACCENT, WARM = "#faf8f3", "#1c1b18", "#6f6a60", "#d9d3c7", "#1f7f75", "#c6603f"
LEFT, TOP, RIGHT, BOTTOM = 110, 210, 1190, 690

Draw = ImageDraw.ImageDraw
Point = tuple[float, float]


def picture(title: str, caption: str, figure: Callable[[Draw], None]) -> bytes:
    """Return a PNG: a title, a caption and a figure between them."""
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((LEFT, 70), title, fill=INK, font=ImageFont.load_default(46))
    draw.text((LEFT, 136), caption, fill=QUIET, font=ImageFont.load_default(25))
    figure(draw)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def label(draw: Draw, point: Point, text: str, *, fill: str = QUIET, size: int = 22, anchor: str = "la") -> None:
    """Write a small text."""
    draw.text(point, text, fill=fill, font=ImageFont.load_default(size), anchor=anchor)


def frame(draw: Draw, *, rows: int, unit: Callable[[int], str]) -> None:
    """Draw the ruled ground of a chart, with a word at each rule."""
    for row in range(rows + 1):
        y = BOTTOM - (BOTTOM - TOP) * row / rows
        draw.line([(LEFT, y), (RIGHT, y)], fill=LINE, width=2)
        label(draw, (LEFT - 14, y), unit(row), anchor="rm", size=19)


def curve(draw: Draw, values: list[float], *, fill: str, width: int = 5) -> None:
    """Draw values between 0 and 1 as one line across the chart."""
    step = (RIGHT - LEFT) / (len(values) - 1)
    points = [(LEFT + index * step, BOTTOM - value * (BOTTOM - TOP)) for index, value in enumerate(values)]
    draw.line(points, fill=fill, width=width, joint="curve")


def memory_under_its_limit(draw: Draw) -> None:
    """A day of a cache: load swings, memory stays below the limit."""
    frame(draw, rows=4, unit=lambda row: f"{row * 128} MB")
    noise = random.Random(7)  # noqa: S311 - a drawing, the same each time
    load = [0.42 + 0.2 * math.sin(index / 9) + noise.uniform(-0.05, 0.05) for index in range(120)]
    curve(draw, load, fill=LINE, width=4)
    curve(draw, [0.8 - 0.55 * math.exp(-index / 14) + noise.uniform(-0.008, 0.008) for index in range(120)], fill=ACCENT, width=6)
    y = BOTTOM - 0.85 * (BOTTOM - TOP)
    draw.line([(LEFT, y), (RIGHT, y)], fill=WARM, width=3)
    label(draw, (RIGHT, y - 32), "limit of the container, minus 15 %", fill=WARM, anchor="ra")
    label(draw, (RIGHT, BOTTOM - 0.8 * (BOTTOM - TOP) + 14), "memory", fill=ACCENT, anchor="ra")


def latency_steps(draw: Draw) -> None:
    """How long answers take, by share of requests."""
    frame(draw, rows=4, unit=lambda row: f"{row} ms")
    bars = [("50 %", 0.09), ("75 %", 0.12), ("90 %", 0.17), ("95 %", 0.22), ("99 %", 0.36), ("99.9 %", 0.61)]
    width = (RIGHT - LEFT) / len(bars)
    for index, (name, value) in enumerate(bars):
        x = LEFT + index * width
        draw.rectangle([x + 30, BOTTOM - value * (BOTTOM - TOP), x + width - 30, BOTTOM], fill=ACCENT)
        label(draw, (x + width / 2, BOTTOM + 16), name, anchor="ma")


def calendar_year(draw: Draw) -> None:
    """A year as a field of days; the free ones stand out."""
    noise = random.Random(3)  # noqa: S311 - a drawing, the same each time
    free = {(noise.randrange(53), noise.randrange(5)) for _ in range(14)}
    cell = (RIGHT - LEFT) / 53
    for week in range(53):
        for day in range(7):
            x, y = LEFT + week * cell, TOP + 70 + day * (cell + 30)
            fill = WARM if (week, day) in free else (LINE if day > 4 else ACCENT)  # noqa: PLR2004 - Saturday is day 5
            draw.rectangle([x + 2, y, x + cell - 3, y + cell + 22], fill=fill)
    for index, name in enumerate(("working", "weekend", "public holiday")):
        x = LEFT + index * 210
        draw.rectangle([x, TOP + 6, x + 26, TOP + 32], fill=(ACCENT, LINE, WARM)[index])
        label(draw, (x + 38, TOP + 5), name)


def nightly_backups(draw: Draw) -> None:
    """Two weeks of dumps, each checked by restoring it."""
    frame(draw, rows=3, unit=lambda row: f"{row * 2} GB")
    width = (RIGHT - LEFT) / 14
    for night in range(14):
        x, height = LEFT + night * width, (0.52 + 0.02 * night) * (BOTTOM - TOP)
        draw.rectangle([x + 14, BOTTOM - height, x + width - 14, BOTTOM], fill=ACCENT)
        middle = x + width / 2
        draw.line(
            [(middle - 11, BOTTOM - height - 24), (middle - 3, BOTTOM - height - 15), (middle + 12, BOTTOM - height - 34)],
            fill=INK,
            width=4,
        )
        label(draw, (middle, BOTTOM + 16), f"{night + 1}", anchor="ma")


def boxes(names: list[list[str]], notes: list[str]) -> Callable[[Draw], None]:
    """Return a figure of columns of boxes with arrows between the columns and a note on each arrow."""

    def draw_boxes(draw: Draw) -> None:
        width, gap = 250, (RIGHT - LEFT - 250 * len(names)) / max(1, len(names) - 1)
        for column, words in enumerate(names):
            x = LEFT + column * (width + gap)
            for index, word in enumerate(words):
                y = (TOP + BOTTOM) / 2 + (index - (len(words) - 1) / 2) * 150
                last = column == len(names) - 1
                draw.rounded_rectangle([x, y - 50, x + width, y + 50], radius=6, outline=ACCENT if last else INK, width=4)
                label(draw, (x + width / 2, y), word, fill=INK, size=27, anchor="mm")
            if column + 1 < len(names):
                y = (TOP + BOTTOM) / 2
                tip = x + width + gap - 14
                draw.line([(x + width + 14, y), (tip, y)], fill=ACCENT, width=5)
                draw.polygon([(tip, y - 12), (tip + 16, y), (tip, y + 12)], fill=ACCENT)
                label(draw, (x + width + gap / 2, y - 22), notes[column], anchor="ms", size=20)

    return draw_boxes


def status_rows(draw: Draw) -> None:
    """Ninety days of services, one mark a day."""
    noise = random.Random(11)  # noqa: S311 - a drawing, the same each time
    step = (RIGHT - LEFT - 170) / 90
    for row, name in enumerate(("Website", "API", "Registry", "Mail")):
        y = TOP + 30 + row * 115
        label(draw, (LEFT, y + 28), name, fill=INK, size=27, anchor="lm")
        for day in range(90):
            x = LEFT + 170 + day * step
            bad = noise.random() < 0.025  # noqa: PLR2004 - about two days in ninety
            draw.rectangle([x, y, x + step - 3, y + 60], fill=WARM if bad else ACCENT)
