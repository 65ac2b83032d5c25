"""Estimates from images that were not drawn uniformly, by inverse probability.

Values are (M,), such as 1 where a label is wrong, from a set of `size` images; the result is the mean over that set.
Intervals are normal approximations, clipped to [0, 1]: with few wrong answers they cover less often than they say (84 %
instead of 95 % for 80 draws of a simulated queue). `certificate` is a guarantee, these are estimates.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from core.base.errors import InputError
from core.base.types import Mask


@dataclass(frozen=True)
class MeanEstimate:
    """A mean over a whole set, estimated from draws.

    Without draws it is unknown: value nan, interval [0, 1].
    """

    value: float
    low: float
    high: float
    n: int
    level: float = 0.95


def lure_weights(probability: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Return the LURE weights of draws without replacement.

    v_m = 1 + (N-M)/(N-m) · (1/((N-m+1) q_m) - 1) (Farquhar et al. 2021, arXiv 2101.11665; Kossen et al. 2021,
    arXiv 2103.05331). All 1 for uniform draws, and for a set drawn to the last image.

    Args:
        probability: (M,) probability q_m of each draw among the images that were left, (0, 1], in order.
        size: N, images in the set.

    Returns:
        (M,) weights.

    Raises:
        InputError: A probability is out of range, or there are more draws than images.
    """
    _check(probability)
    num, m = len(probability), np.arange(1, len(probability) + 1)
    if num > size:
        raise InputError(
            f"There are {num:,} draws without replacement from {size:,} images: there can be at most {size:,}."
        )
    later = np.divide(size - num, size - m, out=np.zeros(num), where=m < size)
    return np.asarray(1 + later * (1 / ((size - m + 1) * probability) - 1))


def lure(
    values: NDArray[np.floating], probability: NDArray[np.float64], size: int, level: float = 0.95
) -> MeanEstimate:
    """Estimate the mean of a set from draws without replacement: LURE, unbiased.

    The mean of v_m · value_m. Where every value is 0 the spread of the values says nothing. The interval then ends
    where so many draws would miss every 1 at most (1 - level) / 2 of the time: each draw is uniform over what is left
    with probability at least s = min of left_m · q_m, so that a share p stays unseen with probability at most exp(-s ·
    M · p).

    Args:
        values: (M,) values of the drawn images, [0, 1], in order.
        probability: (M,) probability of each draw among the images that were left, (0, 1].
        size: N, images in the set.
        level: Coverage of the interval, (0, 1).

    Returns:
        The mean with its interval.

    Raises:
        InputError: A probability is out of range, or there are more draws than images.
    """
    num = len(values)
    if not num:
        return MeanEstimate(float("nan"), 0.0, 1.0, 0, level)
    weights = lure_weights(probability, size)
    value = float(np.mean(weights * values))
    if num < size and not np.any(values):
        share = float(np.min(probability * (size - np.arange(num))))
        return MeanEstimate(0.0, 0.0, min(1.0, float(-np.log((1 - level) / 2)) / (share * num)), num, level)
    left = 1 - num / size  # nothing is uncertain about a set drawn to the last image
    spread = np.sqrt(left * np.sum((weights * (values - value)) ** 2)) / num
    return _interval(value, float(spread), num, level)


def complement(estimate: MeanEstimate) -> MeanEstimate:
    """Return the estimate of the mean of 1 - value: accuracy from error."""
    return replace(estimate, value=1 - estimate.value, low=1 - estimate.high, high=1 - estimate.low)


def lure_of_part(
    values: NDArray[np.floating],
    is_inside: Mask,
    probability: NDArray[np.float64],
    size: int,
    part: int,
    level: float = 0.95,
) -> MeanEstimate:
    """Estimate the mean of a part from draws from the whole set: unbiased.

    Draws outside the part count as zeros, the mean is scaled by size / part.

    Args:
        values: (M,) values of the drawn images, [0, 1], in order.
        is_inside: (M,) whether each drawn image is in the part.
        probability: (M,) probability of each draw among the images that were left, (0, 1].
        size: N, images in the set.
        part: Images in the part.
        level: Coverage of the interval, (0, 1).

    Returns:
        The mean with its interval; n is the number of draws inside. Unknown without a draw inside or in an empty part.

    Raises:
        InputError: A probability is out of range, or there are more draws than images.
    """
    num = int(np.count_nonzero(is_inside))
    if not num or not part:
        return MeanEstimate(float("nan"), 0.0, 1.0, 0, level)
    whole, scale = lure(np.where(is_inside, values, 0.0), probability, size, level), size / part
    return MeanEstimate(whole.value * scale, min(1.0, whole.low * scale), min(1.0, whole.high * scale), num, level)


def _interval(value: float, spread: float, num: int, level: float) -> MeanEstimate:
    reach = float(ndtri((1 + level) / 2)) * spread
    return MeanEstimate(value, max(0.0, value - reach), min(1.0, value + reach), num, level)


def _check(probability: NDArray[np.float64]) -> None:
    if len(probability) and not (probability.min() > 0 and probability.max() <= 1):
        raise InputError(
            "A probability of being drawn must lie above 0 and at most at 1: picks of a pure ranking have none."
        )
