"""Colours of uploaded pictures: whatever its profile and depth, a file becomes eight-bit sRGB and still looks the same."""

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

    A profile that is broken, or made for another kind of pixels, is ignored, as browsers do.
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
    """Scale 16-bit grey to eight bits; Pillow would clip it at 255."""
    if not picture.mode.startswith("I"):
        return picture
    return picture.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")


def _through_profile(picture: Pillow.Image, profile: bytes) -> Pillow.Image | None:
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if source.profile.xcolor_space != _SPACES.get(picture.mode):
            return None
        opaque = picture.convert(picture.mode.removesuffix("A"))
        # Browsers use the perceptual intent, and it is the only one that every profile has.
        return ImageCms.profileToProfile(opaque, source, _SRGB, ImageCms.Intent.PERCEPTUAL, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _through_gamma(picture: Pillow.Image, gamma: float) -> Pillow.Image:
    """Apply the gamma that a PNG states instead of a profile; 1.0 means that its values are linear light."""
    if not 0.1 <= gamma <= 10 or abs(gamma - _SRGB_GAMMA) < 0.005:  # noqa: PLR2004 - beyond is a broken file, within it is sRGB
        return picture
    table = [round(255 * _encode((value / 255) ** (1 / gamma))) for value in range(256)]
    return picture.point(table * 3)


def _encode(light: float) -> float:
    """Return the sRGB value of linear light from 0 to 1 (IEC 61966-2-1)."""
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055  # noqa: PLR2004 - the standard's figures
