"""Histograms from which a browser can count: sums over the bins at or above an edge equal exact counts.

Edge i lies at low + i · (high - low) / bins, rounded to float32 as the values are. A value on an edge belongs to
the bin above it, so that the bins from i on hold exactly the values >= edge i; values at or above the last edge
but one stay in the last bin.
"""

import numpy as np
from numpy.typing import NDArray

from core.base.records import Labels, Mask, PerImage


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


def class_histogram(
    values: PerImage, pseudo_labels: Labels, num_classes: int, bins: int = 1000, low: float = 0.0, high: float = 1.0
) -> NDArray[np.int64]:
    """Images per predicted class and bin, (K, bins)."""
    cells = pseudo_labels * bins + bin_of(values, bins, low, high)
    return np.bincount(cells, minlength=num_classes * bins).reshape(num_classes, bins)


def right_wrong_histogram(
    values: PerImage, is_right: Mask, bins: int = 1000, low: float = 0.0, high: float = 1.0
) -> NDArray[np.int64]:
    """Calibration items per bin, (2, bins): right in row 0, wrong in row 1."""
    return class_histogram(values, (~is_right).astype(np.int64), 2, bins, low, high)
