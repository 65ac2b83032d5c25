"""Histograms from which a browser can count: sums over the bins at or above an edge equal exact counts.

Edge i lies at low + i · (high - low) / bins, rounded to float32 as the values are. A value on an edge belongs to
the bin above it, so that the bins from i on hold exactly the values >= edge i; values at or above the last edge
but one stay in the last bin.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.types import PerImage

_CHUNK = 1_000_000


def edges(bins: int, low: float, high: float) -> NDArray[np.float32]:
    """The lower edges of the bins, (bins,), float32."""
    return (low + np.arange(bins) * (high - low) / bins).astype(np.float32)


def bin_of(values: PerImage, bins: int, low: float, high: float) -> NDArray[np.int64]:
    """Bin of each value, (n,), in [0, bins - 1]: guessed by arithmetic, then put right against the edges."""
    lower = edges(bins, low, high)
    guess = ((values - np.float32(low)) * np.float32(bins / (high - low))).astype(np.int64)
    place = np.clip(guess, 0, bins - 1)
    place -= (values < lower[place]) & (place > 0)
    above = np.minimum(place + 1, bins - 1)
    place[(values >= lower[above]) & (above > place)] += 1
    return place


def count_cells(
    place: NDArray[np.integer[Any]], groups: NDArray[np.integer[Any]], num_groups: int, bins: int
) -> NDArray[np.int64]:
    """Images per group and bin, (num_groups, bins), from the bin and the group of each image, (n,)."""
    total = np.zeros(num_groups * bins, dtype=np.int64)
    for start in range(0, len(place), _CHUNK):  # a large pool is counted without a copy of it
        rows = slice(start, start + _CHUNK)
        total += np.bincount(groups[rows].astype(np.int64) * bins + place[rows], minlength=len(total))
    return total.reshape(num_groups, bins)


def largest(counts: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """The groups with the most images, at most `most` of them, in their own order; (K, bins) -> (k,)."""
    sizes = counts.sum(axis=1)
    return np.sort(np.argsort(-sizes, kind="stable")[:most]).astype(np.int64)
