"""Value range of a project's images estimated again, from those that it began with and from those added since."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.base.errors import InputError
from core.base.types import ImageSet
from core.data.decoders.value_range import ValueRange, estimate_range
from core.data.ingestion.ingest import RANGED, value_ranges
from core.data.ingestion.ingest_workers import headers_of
from core.data.ingestion.original_files import original_files

MOST_ADDITIONS = 20
"""Latest additions that are looked at one by one."""


def estimated_range(images: ImageSet, file_of: Callable[[int, str], Path], max_pixels: int) -> ValueRange:
    """Estimate the value range from original files.

    Up to 200 evenly spaced ones are read of the images that the project began with, and of each addition.

    Args:
        images: The images.
        file_of: Gives the file of an image by id and name; InputError where it is not there.
        max_pixels: Most pixels that a file may announce.

    Returns:
        Lowest and highest value.

    Raises:
        InputError: Original files are missing, or none of them has more than 8 bits.
    """
    num = len(images.labels)
    firsts = [int(addition["first"]) for addition in images.facts.get("additions", ())][-MOST_ADDITIONS:]
    starts = sorted({0, *(first for first in firsts if 0 < first < num)})
    ids = [
        np.linspace(start, end - 1, min(RANGED, end - start)).astype(np.int64)
        for start, end in zip(starts, [*starts[1:], num], strict=True)
    ]
    files = original_files(images, file_of, np.unique(np.concatenate(ids)).tolist() if num else [])
    headers, _ = headers_of(files, max_pixels)
    ranges, is_float = value_ranges(files, [position for position, header in headers.items() if header.is_deep])
    if not ranges:
        raise InputError(f"None of the {len(files):,} files looked at has more than 8 bits: they need no value range.")
    return estimate_range(ranges, is_float=is_float)
