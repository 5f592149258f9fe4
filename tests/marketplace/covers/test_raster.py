"""Covers as PNG: the same picture as on pages, pixel by pixel the same each time."""

from io import BytesIO

import pytest
from PIL import Image as Pillow

from marketplace.covers.drawing import Drawing, DrawnLayer, draw
from marketplace.covers.raster import HEIGHT, WIDTH, preview_png


def opened(png: bytes) -> Pillow.Image:
    return Pillow.open(BytesIO(png)).convert("RGB")


def lightness(picture: Pillow.Image, x: int, y: int) -> int:
    pixel = picture.convert("L").getpixel((x, y))
    assert isinstance(pixel, int)
    return pixel


def drawn(body: str) -> Pillow.Image:
    return opened(preview_png(Drawing(WIDTH, HEIGHT, body, ())))


def test_the_same_layers_always_give_the_same_file() -> None:
    layers = [DrawnLayer(f"{number:016x}" * 4, 2**20 * number, number > 1) for number in range(1, 9)]
    first, second = (preview_png(draw("acme/db", layers, width=640, height=260)) for _ in range(2))

    assert first == second
    assert opened(first).size == (1200, 630)
    assert len(first) < 60_000


def test_each_band_is_where_it_is_on_pages() -> None:
    drawing = draw("acme/db", [DrawnLayer("ab" * 32, 2**24), DrawnLayer("12" * 32, 2**24)], width=1200, height=630, textured=False)
    picture = opened(preview_png(drawing))

    for band in drawing.bands:
        red, green, blue = (int(band.fill[at : at + 2], 16) for at in (1, 3, 5))
        x, y = WIDTH - 2, round((band.top + min(band.bottom, HEIGHT)) / 2)
        assert picture.getpixel((x, y)) == pytest.approx((red, green, blue), abs=3)


def test_what_is_of_another_shape_is_cut_evenly() -> None:
    halves = '<path fill="#f00" d="M0 0H100V100H0z"/><path fill="#00f" d="M50 0H100V100H50z"/>'
    picture = opened(preview_png(Drawing(100, 100, halves, ())))

    assert picture.getpixel((WIDTH // 2 - 2, HEIGHT // 2)) == (255, 0, 0)
    assert picture.getpixel((WIDTH // 2 + 2, HEIGHT // 2)) == (0, 0, 255)


def test_the_night_is_for_the_dark_theme_of_pages() -> None:
    picture = drawn('<path fill="#fff" d="M0 0H1200V630H0z"/><path class="night" fill="#000" fill-opacity="0" d="M0 0H1200V630H0z"/>')

    assert picture.getpixel((0, 0)) == (255, 255, 255)


GROUND = '<path fill="#fff" d="M0 0H1200V630H0z"/>'
LINE = 'fill="none" stroke="#000" stroke-opacity="0.5" stroke-width="4"'


def test_a_line_is_mixed_with_what_lies_below_it() -> None:
    picture = drawn(f'{GROUND}<path {LINE} d="M0 300H1200"/>')

    assert picture.getpixel((600, 300)) == pytest.approx((128, 128, 128), abs=2)
    assert picture.getpixel((600, 320)) == (255, 255, 255)


def dark(picture: Pillow.Image, y: int = 300) -> list[bool]:
    """Whether the line is drawn at the middle of each hundred pixels."""
    return [lightness(picture, x, y) < 200 for x in range(50, WIDTH, 100)]


def test_dashes_begin_and_end_as_in_the_drawing() -> None:
    # One C, as the drawing writes a line: here a straight one.
    line = "M0 300C400 300 800 300 1200 300"

    assert dark(drawn(f'{GROUND}<path {LINE} d="{line}"/>')) == [True] * 12
    assert dark(drawn(f'{GROUND}<path {LINE} stroke-dasharray="100 100" d="{line}"/>')) == [True, False] * 6
    shifted = drawn(f'{GROUND}<path {LINE} stroke-dasharray="100 100" stroke-dashoffset="100" d="{line}"/>')
    assert dark(shifted) == [False, True] * 6


def test_a_dash_of_no_length_is_a_dot() -> None:
    picture = drawn(f'{GROUND}<path {LINE} stroke-dasharray="0 100" d="M0 300C400 300 800 300 1200 300"/>')

    assert lightness(picture, 100, 300) < 200
    assert picture.getpixel((150, 300)) == (255, 255, 255)


def test_a_curve_goes_on_smoothly() -> None:
    """S mirrors the control point before it (SVG 2, "Path data"): a wave that C and S write crosses the middle where it should."""
    wave = '<path fill="#000" d="M0 315C100 115 500 115 600 315S1100 515 1200 315V630H0z"/>'
    picture = drawn(GROUND + wave)

    assert [lightness(picture, x, 315) < 128 for x in (300, 900)] == [True, False]
    assert [lightness(picture, x, y) < 128 for x, y in ((300, 200), (300, 150), (900, 480), (900, 430))] == [True, False, True, False]
