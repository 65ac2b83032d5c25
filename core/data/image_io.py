"""Decode and encode images with one decoder for model and reviewer."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from core.base.types import Pixels
from core.data.decoders.color import DEEP_MODES, to_gray_or_rgb
from core.data.decoders.deep_color import color_image, color_values, is_deep_color
from core.data.decoders.formats import FORMATS, SUFFIXES
from core.data.decoders.jpeg2000 import depth_of, own_values, with_full_white, with_white
from core.data.decoders.open_image import MAX_PIXELS, Header, ImageFileError, header_of, opened_image
from core.data.decoders.value_range import ValueRange, to_bytes

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "SUFFIXES",
    "Header",
    "ImageFileError",
    "Rendering",
    "decode",
    "decode_values",
    "encode_jpeg",
    "encode_png",
    "read_header",
    "read_image",
    "resize",
    "sprite",
]

TINY = 64
"""Sheets of tiles up to this side are PNG (lossless), larger ones JPEG."""


@dataclass(frozen=True)
class Rendering:
    """How values of a file become pixels.

    Attributes:
        value_range: Values of 16-bit and float images that become black and white; None: each image by its own rule.
        background: Color under transparent pixels.
        fit: pad, crop or squash.
        max_pixels: Most pixels that a header may announce.
    """

    value_range: ValueRange | None = None
    background: str = "white"
    fit: Literal["pad", "crop", "squash"] = "pad"
    max_pixels: int = MAX_PIXELS


_PLAIN = Rendering()


def read_header(path: Path | bytes, name: Path | str = "the image", max_pixels: int = MAX_PIXELS) -> Header:
    """Read size and color of an image file without decoding it.

    Args:
        path: The image file, or its bytes.
        name: Its name, for bytes.
        max_pixels: Most pixels that it may announce.

    Returns:
        Height and width in pixels, whether the image is gray, whether it has more than 8 bits, number of pages.

    Raises:
        ImageFileError: The file is no image, damaged or too large.
    """
    with opened_image(path, name, max_pixels) as image:
        return header_of(image)


def decode(
    path: Path | bytes, rendering: Rendering = _PLAIN, *, name: Path | str = "the image", page: int = 0
) -> Pixels:
    """Decode an image file into pixels.

    EXIF orientation is applied, profiles and CMYK become sRGB, transparency is laid on the background, 16-bit and float
    values are scaled to 0 … 255, and an animation gives its first frame.

    Args:
        path: The image file, or its bytes.
        rendering: Value range and background.
        name: Its name, for bytes.
        page: Page of a TIFF file, from 0.

    Returns:
        Pixels (H, W, C), uint8; C = 1 for gray files and 3 otherwise.

    Raises:
        ImageFileError: It is no whole image in a regular file of a known format with at most MAX_PIXELS pixels.
    """
    return _to_array(_decoded(path, rendering, name, page, None))


def decode_values(path: Path | bytes, *, name: Path | str = "the image", page: int = 0) -> NDArray[Any]:
    """Decode an image of more than 8 bits without scaling its values; raises ImageFileError as `decode` does."""
    with _opened(path, name, page) as image:
        if is_deep_color(image):
            values = color_values(image, _opened(path, name, page))
            return values[..., : values.shape[2] - (values.shape[2] in (2, 4))]  # without alpha
        depth = depth_of(image)
        image.load()
        values = np.asarray(image)
        return own_values(values, depth) if depth is not None and image.mode in DEEP_MODES else values


def read_image(
    path: Path | bytes,
    shape: tuple[int, int, int],
    rendering: Rendering = _PLAIN,
    *,
    name: Path | str = "the image",
    page: int = 0,
) -> Pixels:
    """Decode an image file and fit it into a shape; large JPEG files are decoded at a fraction of their size.

    Args:
        path: The image file, or its bytes.
        shape: Height, width and channels (1 or 3).
        rendering: Value range, background and fit.
        name: Its name, for bytes.
        page: Page of a TIFF file, from 0.

    Returns:
        Pixels of that shape, uint8.

    Raises:
        ImageFileError: As `decode`.
    """
    return _fitted(_decoded(path, rendering, name, page, 2 * max(shape[:2])), shape, rendering.fit)


def _decoded(source: Path | bytes, how: Rendering, name: Path | str, page: int, side: int | None) -> Image.Image:
    """Decode into a gray (L) or RGB image, the right way up."""
    with _opened(source, name, page, how.max_pixels) as image:
        if side is not None and image.format == "JPEG":
            image.draft(None, (side, side))
        if is_deep_color(image):
            values = color_values(image, _opened(source, name, page, how.max_pixels))
            color = color_image(values, how.value_range)
            color.info = {key: image.info[key] for key in ("exif", "icc_profile") if key in image.info}
            return to_gray_or_rgb(ImageOps.exif_transpose(color), how.background)
        depth = depth_of(image)
        is_deep = depth is not None and depth.bits > 8 and image.mode not in DEEP_MODES
        content = _content(image) if is_deep else b""
        image.load()
        if image.mode in DEEP_MODES:
            levels: NDArray[Any] = np.asarray(image)
            value_range = how.value_range
            if depth is not None:
                levels, value_range = own_values(levels, depth), value_range or depth.full_range
            if levels.dtype.kind != "f":
                levels = levels.astype(np.int64)
            gray = Image.fromarray(to_bytes(levels, value_range))
            gray.info = {key: image.info[key] for key in ("exif",) if key in image.info}
            return ImageOps.exif_transpose(gray)
        if depth is not None:
            image = with_white(image, depth, content) if content else with_full_white(image, depth)
        ImageOps.exif_transpose(image, in_place=True)
        return to_gray_or_rgb(image, how.background)


@contextmanager
def _opened(source: Path | bytes, name: Path | str, page: int, max_pixels: int = MAX_PIXELS) -> Iterator[Image.Image]:
    """Open an image file at a page."""
    with opened_image(source, name, max_pixels) as image:
        if page:
            image.seek(page)
        yield image


def _content(image: Image.Image) -> bytes:
    """Return the whole file of an opened image, not yet read."""
    file: Any = image.fp  # type: ignore[attr-defined]
    place = file.tell()
    file.seek(0)
    content: bytes = file.read()
    file.seek(place)
    return content


def _to_array(image: Image.Image) -> Pixels:
    pixels = np.asarray(image, dtype=np.uint8)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def resize(
    pixels: Pixels, height: int, width: int, channels: int, fit: Literal["pad", "crop", "squash"] = "pad"
) -> Pixels:
    """Fit an image into a size, by default whole and undistorted.

    With pad the image keeps its aspect ratio and all of its content: it is scaled until it fits and centered on its own
    mean color. (Cropping could cut away the very thing that the label names.) With crop it is scaled until it covers
    the size, and its middle is kept; with squash it is stretched.

    Args:
        pixels: (h, w, c), uint8.
        height: Height of the result in pixels.
        width: Width of the result in pixels.
        channels: 1 (gray) or 3 (RGB).
        fit: pad, crop or squash.

    Returns:
        Pixels (height, width, channels), uint8.
    """
    return _fitted(_to_image(pixels), (height, width, channels), fit)


def _fitted(image: Image.Image, shape: tuple[int, int, int], fit: str) -> Pixels:
    height, width, channels = shape
    mode = "L" if channels == 1 else "RGB"
    image = image if image.mode == mode else image.convert(mode)
    if fit == "squash":
        size, box = (width, height), None
    elif fit == "crop":
        size, box = (width, height), _middle(image, height / width)
    else:
        scale = min(height / image.height, width / image.width)
        size = (min(width, max(1, round(image.width * scale))), min(height, max(1, round(image.height * scale))))
        box = None
    if size != image.size or box is not None:
        image = image.resize(size, Image.Resampling.LANCZOS, box=box)
    if size == (width, height):
        return np.array(image, dtype=np.uint8).reshape(shape)
    levels = np.array(image.histogram(), dtype=np.float64).reshape(channels, 256)  # faster than the mean of the array
    mean = tuple(int(value) for value in np.rint(levels @ np.arange(256) / (size[0] * size[1])))
    canvas = Image.new(mode, (width, height), mean if channels == 3 else mean[0])  # filled faster than an array
    canvas.paste(image, ((width - size[0]) // 2, (height - size[1]) // 2))
    return np.array(canvas, dtype=np.uint8).reshape(shape)


def _middle(image: Image.Image, ratio: float) -> tuple[float, float, float, float]:
    """Return the largest box of a ratio (height / width) in the middle of an image."""
    width, height = float(image.width), float(image.height)
    inner_width, inner_height = min(width, height / ratio), min(height, width * ratio)
    left, top = (width - inner_width) / 2, (height - inner_height) / 2
    return left, top, left + inner_width, top + inner_height


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
