"""Intervals of proportions and paired differences where images come in groups.

Images of one group are alike, so n of them say less than n images. The variance is that of the groups' sums
(cluster-robust: Liang and Zeger 1986; Cameron and Miller 2015), with Student's t at G - 1 degrees of freedom. No
interval is narrower than the one that takes all images for independent.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, stdtr, stdtrit

from core.base.types import Estimate, Ids, Mask
from core.risk.error_estimates import proportion


def group_variance(values: NDArray[np.float64], groups: Ids) -> tuple[float, int]:
    """Return the cluster-robust variance of a mean, and the number of groups.

    Args:
        values: (n,) one number for each image, n > 0.
        groups: (n,) groups of the images.

    Returns:
        G / (G - 1) · Σ (sum of deviations of a group)² / n², and G; nan for one group.
    """
    _, row = np.unique(groups, return_inverse=True)
    sums = np.bincount(row, weights=values - values.mean())
    num = len(sums)
    return (float((sums**2).sum() / len(values) ** 2 * num / (num - 1)) if num > 1 else float("nan")), num


def clustered_interval(
    change: NDArray[np.float64], groups: Ids, plain: tuple[float, float], level: float = 0.95
) -> tuple[float, float]:
    """Return an interval of a mean paired difference, at least as wide as the plain one.

    Args:
        change: (n,) 1 gained, -1 lost, 0 the same, n > 0.
        groups: (n,) groups of the images.
        plain: Interval that takes all images for independent.
        level: Coverage of the interval, (0, 1).

    Returns:
        Lower and upper end, [-1, 1]; all of it for a single group.
    """
    variance, num = group_variance(change, groups)
    if num < 2:
        return -1.0, 1.0
    middle = float(change.mean())
    if not variance:  # nothing differs between groups: as wide as for one image of each
        wider = np.sqrt(len(change) / num)
        return max(-1.0, middle - wider * (middle - plain[0])), min(1.0, middle + wider * (plain[1] - middle))
    reach = float(stdtrit(num - 1, (1 + level) / 2)) * np.sqrt(variance)
    return max(-1.0, min(plain[0], middle - reach)), min(1.0, max(plain[1], middle + reach))


def clustered_p_value(change: NDArray[np.float64], groups: Ids, plain: float) -> float:
    """Return the two-sided p value of "no difference" by Student's t over groups, at least the plain one.

    Args:
        change: (n,) 1 gained, -1 lost, 0 the same, n > 0.
        groups: (n,) groups of the images.
        plain: p value that takes all images for independent, [0, 1].
    """
    variance, num = group_variance(change, groups)
    if num < 2:
        return 1.0
    if not variance:
        return plain
    return max(plain, float(2 * stdtr(num - 1, -abs(float(change.mean())) / np.sqrt(variance))))


def clustered_proportion(is_hit: Mask, groups: Ids, level: float = 0.95) -> Estimate:
    """Return a proportion with an interval for images that come in groups (Korn and Graubard 1998).

    The exact interval (Clopper and Pearson 1934) of n divided by the design effect; of the number of groups where all
    or none are hits.

    Args:
        is_hit: (n,).
        groups: (n,) groups of the images.
        level: Coverage of the interval, (0, 1).
    """
    plain = proportion(int(is_hit.sum()), len(is_hit), level)
    if not plain.n:
        return plain
    variance, num = group_variance(is_hit.astype(np.float64), groups)
    own = plain.value * (1 - plain.value) / plain.n
    size = float(num) if not own or num < 2 else plain.n / max(1.0, variance / own)
    hits, tail = plain.value * size, (1 - level) / 2
    low = float(betaincinv(hits, size - hits + 1, tail)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, size - hits, 1 - tail)) if hits < size else 1.0
    return replace(plain, low=min(low, plain.low), high=max(high, plain.high))
