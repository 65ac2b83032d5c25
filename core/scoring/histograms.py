"""Histograms whose sums over the bins from an edge upwards are exact counts.

Edge i is low + i · (high - low) / bins, rounded to float32 as the values are. A value on an edge belongs to the bin
above it, so bins i and higher hold exactly the values >= edge i. The last bin also holds all higher values.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.types import PerImage

_CHUNK = 1_000_000


def edges(bins: int, low: float, high: float) -> NDArray[np.float32]:
    """Lower edges of the bins, (bins,), float32."""
    return (low + np.arange(bins) * (high - low) / bins).astype(np.float32)


def bin_of(values: PerImage, bins: int, low: float, high: float) -> NDArray[np.int64]:
    """Find the bin of each value.

    Args:
        values: (n,) float32.
        bins: Number of bins of equal width.
        low: Lower end of the first bin.
        high: Upper end of the last bin.

    Returns:
        (n,) bins in [0, bins - 1], exact at the float32 edges.
    """
    lower = edges(bins, low, high)
    guess = ((values - np.float32(low)) * np.float32(bins / (high - low))).astype(np.int64)
    bin_index = np.clip(guess, 0, bins - 1)
    bin_index -= (values < lower[bin_index]) & (bin_index > 0)
    above = np.minimum(bin_index + 1, bins - 1)
    bin_index[(values >= lower[above]) & (above > bin_index)] += 1
    return bin_index


def count_cells(
    bin_index: NDArray[np.integer[Any]], groups: NDArray[np.integer[Any]], num_groups: int, bins: int
) -> NDArray[np.int64]:
    """Count images per group and bin.

    Args:
        bin_index: (n,) bin of each image.
        groups: (n,) group of each image.
        num_groups: Number of groups.
        bins: Number of bins.

    Returns:
        (num_groups, bins) counts.
    """
    total = np.zeros(num_groups * bins, dtype=np.int64)
    for start in range(0, len(bin_index), _CHUNK):  # chunks, so that a large pool is not copied
        rows = slice(start, start + _CHUNK)
        total += np.bincount(groups[rows].astype(np.int64) * bins + bin_index[rows], minlength=len(total))
    return total.reshape(num_groups, bins)


def largest(counts: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Find the largest groups, in ascending order of group.

    Args:
        counts: (K, bins) counts.
        most: Highest number of groups.

    Returns:
        (min(K, most),) groups.
    """
    sizes = counts.sum(axis=1)
    return np.sort(np.argsort(-sizes, kind="stable")[:most]).astype(np.int64)
