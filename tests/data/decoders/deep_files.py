"""Write PNG and TIFF files of 16-bit colors, which Pillow reads but does not write."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_COLOR_TYPES = {2: 4, 3: 2, 4: 6}


def png(
    values: NDArray[np.uint16], *, is_interlaced: bool = False, more: tuple[tuple[bytes, bytes], ...] = ()
) -> bytes:
    """Return a PNG file of values (H, W, C); its rows are filtered by turns, `more` are further chunks."""
    height, width, channels = values.shape
    header = struct.pack(">IIBBBBB", width, height, 16, _COLOR_TYPES[channels], 0, 0, int(is_interlaced))
    parts = [values[y::dy, x::dx] for x, y, dx, dy in _ADAM7] if is_interlaced else [values]
    data = zlib.compress(b"".join(_filtered(part) for part in parts if part.size))
    chunks = ((b"IHDR", header), *more, (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _filtered(values: NDArray[np.uint16]) -> bytes:
    height, _, channels = values.shape
    rows = np.ascontiguousarray(values.astype(">u2")).view(np.uint8).reshape(height, -1).astype(np.int64)
    found = []
    for number, row in enumerate(rows):
        above = rows[number - 1] if number else np.zeros_like(row)
        left = np.concatenate([np.zeros(2 * channels, np.int64), row[: -2 * channels]])
        kind = number % 4
        taken = (np.zeros_like(row), left, above, (left + above) // 2)[kind]
        found.append(bytes([kind]) + ((row - taken) % 256).astype(np.uint8).tobytes())
    return b"".join(found)


def tiff(values: NDArray[np.uint16], *, order: str = "<", is_compressed: bool = False) -> bytes:
    """Return a TIFF file of values (H, W, 3) in either order of bytes."""
    height, width, channels = values.shape
    data = values.astype(f"{order}u2").tobytes()
    data = zlib.compress(data) if is_compressed else data
    bits = 8 + len(data)
    tags = ((256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, bits), (259, 3, 1, 8 if is_compressed else 1),
            (262, 3, 1, 2), (273, 4, 1, 8), (277, 3, 1, channels), (278, 4, 1, height), (279, 4, 1, len(data)),
            (284, 3, 1, 1))  # fmt: skip
    entries = b"".join(
        struct.pack(f"{order}HHI", tag, kind, count)
        + (struct.pack(f"{order}HH", value, 0) if kind == 3 and count == 1 else struct.pack(f"{order}I", value))
        for tag, kind, count, value in tags
    )
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, bits + 6)
    return (
        head + data + struct.pack(f"{order}HHH", 16, 16, 16) + struct.pack(f"{order}H", len(tags)) + entries + bytes(4)
    )


def gray_source(folder: Path, num: int, values: Callable[[np.random.Generator, int], NDArray[np.integer]]) -> Path:
    """Write `num` gray 16-bit images in two class folders; `values` draws those of one image by its number."""
    rng = np.random.default_rng(0)
    for number in range(num):
        place = folder / ("a", "b")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values(rng, number).astype(np.uint16)).save(place / f"{number}.png")
    return folder
