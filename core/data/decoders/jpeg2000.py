"""Bits of JPEG 2000 files, where Pillow gives other values than the file holds.

Gray of 9 to 15 bits is shifted up to 16, what has less than 8 bits up to 8. Of more than 8 bits a color the upper 8
come, rounded, and 256 becomes 0: white turns black, and opaque transparent.
"""

import io
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.data.decoders.value_range import ValueRange

_CODESTREAM = b"\xff\x4f\xff\x51"
_CHANNELS, _DEPTHS = 40, 42
"""Places of the number of components in a codestream, and of their depths, three bytes apart."""
_SOT, _QCD, _QCC = 0xFF90, 0xFF5C, 0xFF5D
_EXPONENT = 1 << 11
_MOST_BOXES = 100
_ROUNDED = 5
"""Most that two ways of rounding differ, of 255."""
_UNKNOWN = "a JPEG 2000 file of more than 8 bits a color of an unusual kind: convert it to PNG or TIFF"


@dataclass(frozen=True)
class Depth:
    """How many bits the values of a file have, and whether they may be negative."""

    bits: int
    is_signed: bool

    @property
    def full_range(self) -> ValueRange:
        """Return the lowest and the highest value that there can be."""
        low = -(1 << (self.bits - 1)) if self.is_signed else 0
        return float(low), float(low + (1 << self.bits) - 1)


def depth_of(image: Image.Image) -> Depth | None:
    """Return the depth of the deepest component of an opened JPEG 2000 file, not yet read; None for other files."""
    file: Any = getattr(image, "fp", None)
    if image.format != "JPEG2000" or file is None:
        return None
    place = file.tell()
    try:
        start = _codestream(file)
        file.seek(start + _CHANNELS)
        (num,) = struct.unpack(">H", file.read(2))
        code = max(file.read(3 * num)[::3], key=lambda one: one & 0x7F)
    except (struct.error, IndexError, ValueError):
        return None
    finally:
        file.seek(place)
    return Depth((code & 0x7F) + 1, bool(code & 0x80))


def own_values(values: NDArray[Any], depth: Depth) -> NDArray[np.int32]:
    """Return the values that a file of more than 8 bits holds, of those that Pillow gives.

    Args:
        values: (H, W), in 16 bits.
        depth: Depth of the file.
    """
    shifted = values.astype(np.int32) >> max(0, 16 - depth.bits)
    return shifted + int(depth.full_range[0])


def with_full_white(image: Image.Image, depth: Depth) -> Image.Image:
    """Return an image of less than 8 bits with its own white: Pillow makes 240 of the 15 of 4 bits.

    Args:
        image: Read; gray, RGB, or with a palette, whose indices are put right.
        depth: Depth of the file.
    """
    if depth.bits >= 8 or depth.is_signed or image.mode not in ("L", "RGB", "P"):
        return image
    values = np.arange(256) >> (8 - depth.bits)
    if image.mode != "P":
        values = np.rint(values * (255 / ((1 << depth.bits) - 1)))
    repaired = image.point(values.astype(np.int64).tolist() * len(image.getbands()))
    repaired.info = dict(image.info)
    return repaired


def _codestream(file: Any) -> int:
    """Return where the codestream begins; ValueError where there is none."""
    file.seek(0)
    if file.read(4) == _CODESTREAM:
        return 0
    place = 0
    for _ in range(_MOST_BOXES):
        file.seek(place)
        size, kind = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
            head = 16
        if kind == b"jp2c":
            return place + head
        if size < head:
            break
        place += size
    raise ValueError("it has no codestream")


def with_white(image: Image.Image, depth: Depth, content: bytes) -> Image.Image:
    """Return an image of more than 8 bits a color in which the highest values are 255 instead of 0.

    The file is decoded once more with all values halfway nearer to the middle of their range, where none is 256.

    Args:
        image: Read; with several bands.
        depth: Depth of the file.
        content: The whole file.

    Raises:
        ValueError: The file is of a kind for which this is not known.
    """
    first = np.asarray(image)
    if depth.bits <= 8 or first.ndim < 3 or (first != 0).all():
        return image
    with Image.open(io.BytesIO(nearer_to_middle(content)), formats=("JPEG2000",)) as other:
        second = np.asarray(other).astype(np.int16)
    is_white = (first == 0) & (second > 128)
    if second.shape != first.shape or np.abs(first - (2 * second - 128))[~is_white].max(initial=0) > _ROUNDED:
        raise ValueError(_UNKNOWN)
    repaired = Image.frombytes(image.mode, image.size, np.where(is_white, np.uint8(255), first).tobytes())
    repaired.info = dict(image.info)
    return repaired


def nearer_to_middle(content: bytes) -> bytes:
    """Return a file whose values v, of b bits, are decoded as v / 2 + 2 ** (b - 2); ValueError where that cannot be.

    Without quantization, one more bit is announced. With it, the exponents of all steps are raised by one.
    """
    start = _codestream(io.BytesIO(content))
    changed = bytearray(content)
    (num,) = struct.unpack_from(">H", content, start + _CHANNELS)
    place, styles = start + 2, set()
    while (marker := struct.unpack_from(">H", content, place)[0]) != _SOT:
        (length,) = struct.unpack_from(">H", content, place + 2)
        if marker in (_QCD, _QCC):
            own = place + 4 + (0 if marker == _QCD else 1 if num < 257 else 2)
            styles.add(content[own] & 31 != 0)
            if content[own] & 31:
                _raise_exponents(changed, own, place + 2 + length)
        place += 2 + length
    if len(styles) != 1:
        raise ValueError(_UNKNOWN)
    if styles == {False}:
        for channel in range(num):
            changed[start + _DEPTHS + 3 * channel] += 1
    return bytes(changed)


def _raise_exponents(changed: bytearray, place: int, end: int) -> None:
    """Halve the quantization steps of a segment; a guard bit less keeps the number of bit planes."""
    steps = [struct.unpack_from(">H", changed, at)[0] for at in range(place + 1, end, 2)]
    if changed[place] >> 5 == 0 or any(step >> 11 == 31 for step in steps):
        raise ValueError(_UNKNOWN)
    changed[place] -= 1 << 5
    struct.pack_into(f">{len(steps)}H", changed, place + 1, *(step + _EXPONENT for step in steps))
