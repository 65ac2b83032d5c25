"""Colors of decoded images: profiles and CMYK to sRGB, transparency on a ground."""

import io
from functools import lru_cache
from typing import Any

from PIL import Image, ImageCms, ImageColor

GRAY_MODES = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16L", "I;16B", "I;16N")
DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
"""Modes of more than 8 bits a pixel."""


def to_gray_or_rgb(image: Image.Image, background: str = "white") -> Image.Image:
    """Bring an 8-bit image to L or RGB, as a screen shows it.

    Args:
        image: Any mode but the deep ones.
        background: Color under transparent pixels.

    Returns:
        A gray image in mode L, any other in RGB; colors of an embedded profile become sRGB.
    """
    is_gray = image.mode in GRAY_MODES
    profile = image.info.get("icc_profile")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, ImageColor.getrgb(background))
        color = Image.alpha_composite(ground, rgba).convert("RGB")
        if is_gray and _is_gray_color(background):
            return color.convert("L")
        return color if is_gray else _to_srgb(color, profile)
    if is_gray:
        return image if image.mode == "L" else image.convert("L")
    if image.mode == "P":
        image = image.convert("RGB")
    return _to_srgb(image, profile)


def _is_gray_color(color: str) -> bool:
    return len(set(ImageColor.getrgb(color)[:3])) == 1


def _to_srgb(image: Image.Image, profile: Any) -> Image.Image:
    if isinstance(profile, bytes) and profile and image.mode in ("RGB", "CMYK"):
        transform = _transform(profile, image.mode)
        if transform is not None:
            return ImageCms.applyTransform(image, transform) or image
    return image if image.mode == "RGB" else image.convert("RGB")


@lru_cache(maxsize=64)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the way from a profile to sRGB; None where it is sRGB itself or cannot be used."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).casefold():
            return None
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
