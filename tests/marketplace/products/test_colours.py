"""A picture looks as it did, whatever its profile and depth. What is expected was computed from the profiles' own definitions."""

import struct
from io import BytesIO

import pytest
from PIL import Image as Pillow
from PIL import ImageCms
from PIL.PngImagePlugin import PngInfo

from marketplace.products.colours import to_srgb

# Colorants adapted to D50, as Apple's profile "Display P3" and Adobe's "Adobe RGB (1998)" name them.
DISPLAY_P3 = ((0.515121, 0.241196, -0.001053), (0.291977, 0.692245, 0.041885), (0.157104, 0.066574, 0.784073))
ADOBE_RGB = ((0.609741, 0.311111, 0.019470), (0.205276, 0.625671, 0.060867), (0.149185, 0.063217, 0.744568))
D50 = (0.964203, 1.0, 0.824905)


def xyz(values):
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def gamma_curve(gamma):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def profile(space, tags):
    """An ICC profile of version 2 (ICC.1:2001, section 6): header, table of tags, tags."""
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + b"\0" * 78
    tags = {b"desc": text + b"\0" * (-len(text) % 4), b"cprt": b"text\0\0\0\0ours\0\0\0\0", b"wtpt": xyz(D50), **tags}
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += name + struct.pack(">II", at + len(body), len(content))
        body += content
    header = struct.pack(">I4sI4s4s4s12x4s", at + len(body), b"\0\0\0\0", 0x02400000, b"mntr", space, b"XYZ ", b"acsp")
    header += b"\0" * (68 - len(header)) + xyz(D50)[8:]
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def rgb_profile(primaries, gamma):
    names = (b"rXYZ", b"gXYZ", b"bXYZ")
    colorants = {name: xyz(values) for name, values in zip(names, primaries, strict=True)}
    return profile(b"RGB ", colorants | {name: gamma_curve(gamma) for name in (b"rTRC", b"gTRC", b"bTRC")})


def reopened(picture, kind="PNG", **more):
    out = BytesIO()
    picture.save(out, kind, **more)
    return Pillow.open(BytesIO(out.getvalue()))


def close(colour, expected, by=3):
    return all(abs(one - other) <= by for one, other in zip(colour, expected, strict=True))


@pytest.mark.parametrize(
    ("icc", "stored", "seen"),
    [
        pytest.param(rgb_profile(DISPLAY_P3, 2.2), (200, 100, 50), (216, 93, 24), id="Display P3"),
        pytest.param(rgb_profile(DISPLAY_P3, 2.2), (128, 128, 128), (128, 128, 128), id="grey of Display P3"),
        pytest.param(rgb_profile(ADOBE_RGB, 2.2), (150, 150, 60), (151, 151, 48), id="Adobe RGB"),
        pytest.param(rgb_profile(DISPLAY_P3, 1.0), (55, 55, 55), (128, 128, 128), id="linear light"),
    ],
)
@pytest.mark.parametrize(("kind", "more"), [("PNG", {}), ("JPEG", {"quality": 100}), ("WEBP", {"lossless": True})])
def test_a_profile_is_followed(icc, stored, seen, kind, more):
    picture = reopened(Pillow.new("RGB", (8, 8), stored), kind, icc_profile=icc, **more)

    drawn = to_srgb(picture)

    assert drawn.mode == "RGB"
    assert close(drawn.getpixel((4, 4)), seen), drawn.getpixel((4, 4))


def test_a_profile_is_followed_and_transparency_stays():
    picture = reopened(Pillow.new("RGBA", (4, 4), (200, 100, 50, 90)), icc_profile=rgb_profile(DISPLAY_P3, 2.2))

    drawn = to_srgb(picture)

    assert close(drawn.getpixel((1, 1)), (216, 93, 24, 90)), drawn.getpixel((1, 1))


def test_a_profile_of_grey_is_followed():
    linear = profile(b"GRAY", {b"kTRC": gamma_curve(1.0)})

    assert close(to_srgb(reopened(Pillow.new("L", (4, 4), 55), icc_profile=linear)).getpixel((1, 1)), (128, 128, 128))


@pytest.mark.parametrize(
    "icc",
    [
        pytest.param(b"no profile", id="broken"),
        pytest.param(rgb_profile(DISPLAY_P3, 2.2)[:200], id="cut short"),
        pytest.param(profile(b"GRAY", {b"kTRC": gamma_curve(1.0)}), id="of grey"),
        pytest.param(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(), id="of another space"),
    ],
)
def test_a_profile_that_does_not_fit_is_passed_over(icc):
    assert to_srgb(reopened(Pillow.new("RGB", (4, 4), (200, 100, 50)), icc_profile=icc)).getpixel((1, 1)) == (200, 100, 50)


@pytest.mark.parametrize(("stored", "seen"), [(0, 0), (255, 1), (32_896, 128), (65_535, 255)])
def test_grey_of_sixteen_bits_keeps_its_shades(stored, seen):
    assert to_srgb(reopened(Pillow.new("I;16", (4, 4), stored))).getpixel((1, 1)) == (seen, seen, seen)


def test_ink_of_a_press_becomes_light():
    picture = reopened(Pillow.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=100)

    assert close(to_srgb(picture).getpixel((4, 4)), (255, 0, 0), by=4)


@pytest.mark.parametrize(("gamma", "seen"), [(100_000, 128), (45_455, 55), (1, 55), (4_000_000_000, 55)])
def test_an_encoding_that_a_png_names_instead_of_a_profile_is_followed(gamma, seen):
    notes = PngInfo()
    notes.add(b"gAMA", struct.pack(">I", gamma))

    drawn = to_srgb(reopened(Pillow.new("RGB", (4, 4), (55, 55, 55)), pnginfo=notes))

    assert close(drawn.getpixel((1, 1)), (seen, seen, seen), by=1)
