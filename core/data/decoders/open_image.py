"""Open an image file safely: regular files of known formats, no decompression bombs, one sentence for any damage."""

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

from PIL import Image, UnidentifiedImageError

from core.base.errors import InputError
from core.data.decoders.color import DEEP_MODES, GRAY_MODES
from core.data.decoders.deep_color import is_deep_color
from core.data.decoders.formats import readable_formats, unreadable_reason

MAX_PIXELS = 200_000_000
"""An image whose header announces more pixels than this is refused before any of them is read."""
MAX_SIDE = 100_000
"""No side of an image is longer, in pixels."""
_SUSPECT_PIXELS = 20_000_000
_SUSPECT_RATIO = 400
"""Above so many pixels, a file needs a byte for every so many of them."""
_HEAD = 64
_DAMAGE = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, AttributeError, OverflowError,
    RuntimeError, AssertionError, struct.error, zlib.error,
)  # fmt: skip

# Once, at import: warning filters and Pillow's limit are shared by all threads.
warnings.simplefilter("error", Image.DecompressionBombWarning)
Image.MAX_IMAGE_PIXELS = 2_000_000_000


class ImageFileError(InputError):
    """A file cannot be used as an image.

    `reason` is the part of the sentence after the file's name.
    """

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path} cannot be read as an image: {reason}.")
        self.reason = reason


@dataclass(frozen=True)
class Header:
    """Size, color and depth of an image file, read without its pixels."""

    height: int
    width: int
    is_gray: bool
    is_deep: bool = False
    num_pages: int = 1


def header_of(image: Image.Image) -> Header:
    """Return the header of an opened image."""
    is_deep = image.mode in DEEP_MODES or is_deep_color(image)
    pages = int(getattr(image, "n_frames", 1)) if image.format in ("TIFF", "MPO") else 1
    return Header(image.height, image.width, image.mode in GRAY_MODES, is_deep, pages)


@contextmanager
def opened_image(
    source: Path | bytes, name: Path | str = "the image", max_pixels: int = MAX_PIXELS
) -> Iterator[Image.Image]:
    """Open an image and check its header; any damage, now or in the block, raises ImageFileError.

    Args:
        source: The file, or its bytes.
        name: Its name for sentences, for bytes.
        max_pixels: Most pixels that its header may announce.
    """
    label = source if isinstance(source, Path) else name
    try:
        with _open_regular(source, label) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            try:
                image = Image.open(file, formats=readable_formats())
            except UnidentifiedImageError as error:
                file.seek(0)
                raise ImageFileError(label, f"it is {unreadable_reason(file.read(_HEAD))}") from error
            with image:
                _check_size(image, size, label, max_pixels)
                yield image
    except ImageFileError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise ImageFileError(label, f"it claims more than {max_pixels:,} pixels") from error
    except _DAMAGE as error:
        detail = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ImageFileError(label, f"damaged, cut short or unreadable ({detail})") from error


def _check_size(image: Image.Image, num_bytes: int, label: Path | str, max_pixels: int) -> None:
    """Refuse an image by its announced size, before memory is taken for it."""
    num, size = image.width * image.height, f"{image.width:,} x {image.height:,}"
    if num > max_pixels:
        raise ImageFileError(label, f"it claims {size} pixels (limit {max_pixels:,})")
    if max(image.size) > MAX_SIDE:
        raise ImageFileError(label, f"it claims {size} pixels (no side may be longer than {MAX_SIDE:,})")
    if num > _SUSPECT_PIXELS and num > _SUSPECT_RATIO * num_bytes:
        raise ImageFileError(label, f"it claims {size} pixels in {num_bytes:,} bytes, as a decompression bomb does")
    if image.width < 1 or image.height < 1:
        raise ImageFileError(label, "it has no pixels")


def _open_regular(source: Path | bytes, label: Path | str) -> io.BufferedReader | io.BytesIO:
    """Open a regular file without blocking; ImageFileError for anything else."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    descriptor = os.open(source, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ImageFileError(label, "it is not a regular file")
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path, limit: int = 4_000_000_000) -> bytes:
    """Read a regular file; ImageFileError where it is none, is too large or cannot be read."""
    try:
        with _open_regular(path, path) as file:
            if os.fstat(file.fileno()).st_size > limit:
                raise ImageFileError(path, f"the file has more than {limit:,} bytes")
            return file.read()
    except OSError as error:
        raise ImageFileError(path, f"unreadable ({error.strerror or error})") from error
