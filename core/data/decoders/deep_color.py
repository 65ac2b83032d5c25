"""Colors of more than 8 bits, of which Pillow keeps the upper 8 alone.

PNG and TIFF files are read twice, byte by byte; HEIC photos by their own library.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.base.types import Pixels
from core.data.decoders.value_range import ValueRange, to_bytes

_BYTES = {
    f"{mode};16{order}": (f"{mode};16B", f"{mode};16L", is_big)
    for mode in ("RGB", "RGBA")
    for order, is_big in (("B", True), ("L", False), ("N", sys.byteorder == "big"))
}
"""What a decoder is told → what gives the first byte of each value, and the second; whether the first is the upper."""
_GRAY_ALPHA = "LA;16B"
_ROWS = 256
Opened: TypeAlias = AbstractContextManager[Image.Image]


def is_deep_color(image: Image.Image) -> bool:
    """Return whether an opened file has more than 8 bits a color, or gray of 16 bits with transparency.

    That is known of PNG, TIFF and HEIC files.
    """
    return _layout(image) is not None or _is_deep_heic(image)


def color_values(image: Image.Image, again: Opened) -> NDArray[np.uint16]:
    """Return the values of an opened file of more than 8 bits a color; those of HEIC in 16 bits.

    Args:
        image: The file at its page, not yet read; see `is_deep_color`.
        again: Opens the same page once more.

    Returns:
        Values (H, W, C): gray and alpha (C = 2), RGB (3) or RGB and alpha (4).
    """
    if _is_deep_heic(image):
        library = importlib.import_module(type(image).__module__.partition(".")[0])  # pi_heif or pillow_heif
        file: Any = image.fp  # type: ignore[attr-defined]
        values: NDArray[np.uint16] = np.array(library.open_heif(file, convert_hdr_to_8bit=False, hdr_to_16bit=True))
        values |= values >> int(image.info["bit_depth"])  # so that the highest value is 65535, as in other files
        return values
    layout = _layout(image)
    if layout == _GRAY_ALPHA:  # as wide as four 8-bit channels: both bytes of both values at once
        both = _read(image, "RGBA").astype(np.uint16)
        return np.stack([both[..., 0] << 8 | both[..., 1], both[..., 2] << 8 | both[..., 3]], axis=-1)
    first, second, is_big = _BYTES[str(layout)]
    transparent = image.info.get("transparency")
    one = _read(image, first)
    with again as other:
        two = _read(other, second)
    upper, lower = (one, two) if is_big else (two, one)
    values = upper.astype(np.uint16)
    values <<= 8
    values |= lower
    if isinstance(transparent, tuple) and values.shape[2] == 3:
        is_seen = (values != np.array(transparent, dtype=np.uint16)).any(axis=2, keepdims=True)
        values = np.concatenate([values, np.where(is_seen, np.uint16(65535), np.uint16(0))], axis=2)
    return values


def color_image(values: NDArray[np.uint16], value_range: ValueRange | None) -> Image.Image:
    """Scale the colors of 16-bit values to 8 bits.

    Args:
        values: (H, W, C) as `color_values` gives them.
        value_range: Values that become 0 and 255, for gray and colors; None: the full range. Alpha has its full range.

    Returns:
        An image of mode LA, RGB or RGBA.
    """
    scaled: Pixels = np.empty(values.shape, dtype=np.uint8)
    num = values.shape[2] - (values.shape[2] in (2, 4))
    for rows in _blocks(len(values)):
        scaled[rows, :, :num] = to_bytes(values[rows, :, :num].astype(np.int64), value_range)
        scaled[rows, :, num:] = values[rows, :, num:] // 257
    return Image.fromarray(scaled)


def _blocks(num: int) -> Iterator[slice]:
    """Yield slices of rows, so that no large image of wide numbers stands in memory."""
    yield from (slice(start, start + _ROWS) for start in range(0, num, _ROWS))


def _is_deep_heic(image: Image.Image) -> bool:
    return image.format == "HEIF" and image.mode in ("RGB", "RGBA") and int(image.info.get("bit_depth") or 8) > 8


def _layout(image: Image.Image) -> str | None:
    """Return what all tiles of an opened file tell the decoder of their 16-bit colors; None where there is none."""
    if image.format not in ("PNG", "TIFF"):
        return None
    modes = {_raw_mode(tile.args) for tile in getattr(image, "tile", ())}
    layout = modes.pop() if len(modes) == 1 else None
    return layout if layout in _BYTES or layout == _GRAY_ALPHA else None


def _raw_mode(arguments: Any) -> str | None:
    first = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return first if isinstance(first, str) else None


def _read(image: Image.Image, raw_mode: str) -> Pixels:
    """Read a file with another layout of its bytes."""
    image.tile = [  # type: ignore[attr-defined]
        tile._replace(args=(raw_mode, *tile.args[1:]) if isinstance(tile.args, tuple) else raw_mode)
        for tile in image.tile  # type: ignore[attr-defined]
    ]
    image.load()
    return np.asarray(image)
