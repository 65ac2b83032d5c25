"""Groups by time: images taken within a few seconds of each other, from the EXIF data of their files."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import Ids

_EXIF, _ORIGINAL, _CHANGED, _FRACTION = 0x8769, 0x9003, 0x0132, 0x9291
"""EXIF tags: its folder, DateTimeOriginal, DateTime, SubSecTimeOriginal."""


def taken_at(file: Path) -> float:
    """Return when a photograph was taken, in seconds; nan where its file does not say it.

    Args:
        file: An image file; only its header is read.
    """
    from PIL import Image

    try:
        with Image.open(file) as picture:
            exif = picture.getexif()
            inner = exif.get_ifd(_EXIF)
            text = str(inner.get(_ORIGINAL) or exif.get(_CHANGED) or "").strip("\0 ")
            fraction = str(inner.get(_FRACTION) or "").strip("\0 ")
        time = datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
        return time + (float(f"0.{fraction}") if fraction.isdigit() else 0.0)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return float("nan")


def times_of(names: Sequence[str], file_of: Callable[[int, str], Path]) -> NDArray[np.float64]:
    """Return when each image was taken, in seconds, (N,); nan where that is not known.

    Args:
        names: N names of images.
        file_of: Finds an image's file; InputError where it is not there.
    """
    times = np.full(len(names), np.nan)
    for image, name in enumerate(names):
        try:
            times[image] = taken_at(file_of(image, name))
        except InputError:
            continue
    return times


def group_by_time(times: NDArray[np.float64], seconds: float) -> Ids:
    """Group images that a chain of gaps of at most some seconds connects.

    Args:
        times: (N,) seconds; nan is alone.
        seconds: Largest gap within a group, above 0.

    Returns:
        (N,) lowest image of each image's group.
    """
    groups = np.arange(len(times), dtype=np.int64)
    known = np.flatnonzero(~np.isnan(times))
    order = known[np.argsort(times[known], kind="stable")]
    if len(order):
        number = np.cumsum(np.append(False, np.diff(times[order]) > seconds))
        lowest = np.full(int(number[-1]) + 1, len(times))
        np.minimum.at(lowest, number, order)
        groups[order] = lowest[number]
    return groups
