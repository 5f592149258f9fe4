"""Colours of uploaded pictures: whatever profile and depth a file has, it comes out as eight-bit sRGB and looks as it did."""

from io import BytesIO
from typing import Final

from PIL import Image as Pillow
from PIL import ImageCms

_SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_SRGB_GAMMA: Final = 0.45455  # what files write that mean sRGB (PNG specification, "gAMA Image gamma")
_SPACES: Final = {
    "L": "GRAY",
    "LA": "GRAY",
    "RGB": "RGB ",
    "RGBA": "RGB ",
    "CMYK": "CMYK",
}  # Pillow's word, ICC.1:2022's word


def to_srgb(picture: Pillow.Image) -> Pillow.Image:
    """Return the picture as RGB, or RGBA where it has transparency, in sRGB.

    A profile that is broken, or made for other pixels than the file's, is passed over, as browsers do.
    """
    profile, gamma = picture.info.get("icc_profile"), picture.info.get("gamma")
    transparent = picture.has_transparency_data
    flat = _eight_bits(picture)
    alpha = flat.convert("RGBA").getchannel("A") if transparent else None
    colours = (_through_profile(flat, profile) if profile else None) or flat.convert("RGB")
    if not profile and gamma and "srgb" not in picture.info:
        colours = _through_gamma(colours, gamma)
    if alpha is not None:
        colours.putalpha(alpha)
    return colours


def _eight_bits(picture: Pillow.Image) -> Pillow.Image:
    """Bring grey of 16 bits, which Pillow would cut at 255, to eight."""
    if not picture.mode.startswith("I"):
        return picture
    return picture.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")


def _through_profile(picture: Pillow.Image, profile: bytes) -> Pillow.Image | None:
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if source.profile.xcolor_space != _SPACES.get(picture.mode):
            return None
        opaque = picture.convert(picture.mode.removesuffix("A"))
        # Perceptual is what browsers use, and the only intent that every profile has.
        return ImageCms.profileToProfile(opaque, source, _SRGB, ImageCms.Intent.PERCEPTUAL, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _through_gamma(picture: Pillow.Image, gamma: float) -> Pillow.Image:
    """Apply the encoding that a PNG names instead of a profile: 1.0 means that its values are light itself."""
    if not 0.1 <= gamma <= 10 or abs(gamma - _SRGB_GAMMA) < 0.005:  # noqa: PLR2004 - beyond is a broken file, within it is sRGB
        return picture
    table = [round(255 * _encode((value / 255) ** (1 / gamma))) for value in range(256)]
    return picture.point(table * 3)


def _encode(light: float) -> float:
    """Return sRGB's value of an amount of light from 0 to 1 (IEC 61966-2-1)."""
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055  # noqa: PLR2004 - the standard's figures
