"""Decode and encode images with one decoder for model and reviewer."""

import io
import os
import stat
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from core.base.errors import InputError
from core.base.types import Pixels

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
MAX_PIXELS = 50_000_000
"""An image whose header announces more pixels than this is refused before any of them is read."""
TINY = 64
"""Sheets of tiles up to this side are PNG (lossless), larger ones JPEG."""

_GRAY_MODES = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, struct.error, zlib.error)

# Once, at import: warning filters are shared by all threads.
warnings.simplefilter("error", Image.DecompressionBombWarning)


class ImageFileError(InputError):
    """A file cannot be used as an image.

    `reason` is the part of the sentence after the file's name.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be read as an image: {reason}.")
        self.reason = reason


@dataclass(frozen=True)
class Header:
    """Size and color of an image file, read without its pixels."""

    height: int
    width: int
    is_gray: bool


def read_header(path: Path) -> Header:
    """Read size and color of an image file without decoding it.

    Args:
        path: The image file.

    Returns:
        Height and width in pixels, and whether the image is gray.

    Raises:
        ImageFileError: The file is no image, damaged or too large.
    """
    with _opened(path) as image:
        return Header(image.height, image.width, image.mode in _GRAY_MODES)


def decode(path: Path) -> Pixels:
    """Decode an image file into pixels.

    EXIF orientation is applied, transparency is laid on white, 16-bit and float values are scaled to 0 … 255 (never
    clipped), and an animation gives its first frame.

    Args:
        path: The image file.

    Returns:
        Pixels (H, W, C), uint8; C = 1 for gray files and 3 otherwise.

    Raises:
        ImageFileError: It is no whole image in a regular file of a known format with at most MAX_PIXELS pixels.
    """
    with _opened(path) as image:
        image.load()
        upright = ImageOps.exif_transpose(image)
        return _to_pixels(upright)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image and check its header; any damage raises ImageFileError."""
    try:
        with _open_regular(path) as file, Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ImageFileError(
                    path, f"it claims {image.width:,} x {image.height:,} pixels (limit {MAX_PIXELS:,})"
                )
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise ImageFileError(path, f"it claims more than {MAX_PIXELS:,} pixels") from error
    except UnidentifiedImageError as error:
        raise ImageFileError(path, f"it is none of {', '.join(FORMATS)}, or its header is damaged") from error
    except _DAMAGE as error:
        detail = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ImageFileError(path, f"damaged, cut short or unreadable ({detail})") from error


def _open_regular(path: Path) -> io.BufferedReader:
    """Open a regular file without blocking; ImageFileError for anything else."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ImageFileError(path, "it is not a regular file")
    return os.fdopen(descriptor, "rb")


def _to_pixels(image: Image.Image) -> Pixels:
    if image.mode.startswith("I"):
        return _scaled_integers(np.asarray(image).astype(np.int64))[..., None]
    if image.mode == "F":
        return _scaled_floats(np.asarray(image, dtype=np.float64))[..., None]
    mode = "L" if image.mode in _GRAY_MODES else "RGB"
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    pixels = np.asarray(image.convert(mode), dtype=np.uint8)
    return pixels[..., None] if mode == "L" else pixels


def _scaled_integers(values: NDArray[np.int64]) -> Pixels:
    """Scale 16-bit values by 65535 → 255, wider ones by their own range."""
    if values.min() >= 0 and values.max() <= 65535:
        return ((values + 128) // 257).astype(np.uint8)
    return _stretched(values.astype(np.float64))


def _scaled_floats(values: NDArray[np.float64]) -> Pixels:
    """Scale floats to 0 … 255.

    Values in [0, 1] scale by 255, values in [0, 255] stay, others scale by their own lowest and highest value.
    """
    if not np.isfinite(values).all():
        raise ValueError("it contains values that are not numbers")
    if values.min() < 0 or values.max() > 255:
        return _stretched(values)
    return np.rint(values * (255 if values.max() <= 1 else 1)).astype(np.uint8)


def _stretched(values: NDArray[np.float64]) -> Pixels:
    low, high = float(values.min()), float(values.max())
    return np.rint((values - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)


def resize(pixels: Pixels, height: int, width: int, channels: int) -> Pixels:
    """Fit an image into a size, whole and undistorted.

    The image keeps its aspect ratio and all of its content: it is scaled until it fits and centered on its own mean
    color. (Cropping could cut away the very thing that the label names.)

    Args:
        pixels: (h, w, c), uint8.
        height: Height of the result in pixels.
        width: Width of the result in pixels.
        channels: 1 (gray) or 3 (RGB).

    Returns:
        Pixels (height, width, channels), uint8.
    """
    image = _to_image(pixels).convert("L" if channels == 1 else "RGB")
    scale = min(height / image.height, width / image.width)
    size = (min(width, max(1, round(image.width * scale))), min(height, max(1, round(image.height * scale))))
    if size != image.size:
        image = image.resize(size, Image.Resampling.LANCZOS)
    inside = np.asarray(image, dtype=np.uint8).reshape(size[1], size[0], channels)
    if inside.shape[:2] == (height, width):
        return inside.copy()
    canvas = np.empty((height, width, channels), dtype=np.uint8)
    canvas[:] = np.rint(inside.mean(axis=(0, 1)))
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = inside
    return canvas


def _to_image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels))


def encode_png(pixels: Pixels) -> bytes:
    """Encode pixels (H, W, C) as a PNG file, lossless."""
    buffer = io.BytesIO()
    _to_image(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def encode_jpeg(pixels: Pixels) -> bytes:
    """Encode pixels (H, W, C) as a JPEG file of quality 90."""
    buffer = io.BytesIO()
    _to_image(pixels).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def sprite(pixels: Pixels, tile: int, columns: int) -> bytes:
    """Draw many images on one sheet, row by row.

    A cell has the images' own size, scaled down (never up) until its longer side is at most `tile` pixels. Unused cells
    are white. The sheet is a PNG when cells are at most TINY pixels wide and high, else a JPEG.

    Args:
        pixels: (n, H, W, C), uint8.
        tile: Longest side of a cell in pixels.
        columns: Images in a row.

    Returns:
        The encoded file.
    """
    num, height, width, channels = pixels.shape
    scale = min(1.0, tile / max(height, width))
    cell_height, cell_width = max(1, round(height * scale)), max(1, round(width * scale))
    rows = max(1, -(-num // columns))
    sheet = np.full((rows * cell_height, columns * cell_width, channels), 255, dtype=np.uint8)
    for position, image in enumerate(pixels):
        top, left = position // columns * cell_height, position % columns * cell_width
        sheet[top : top + cell_height, left : left + cell_width] = resize(image, cell_height, cell_width, channels)
    return encode_png(sheet) if max(cell_height, cell_width) <= TINY else encode_jpeg(sheet)
