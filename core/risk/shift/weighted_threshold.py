"""Conformal threshold with weighted calibration items, for a pool whose class mix differs.

Weighted conformal selection in the form of `conformal_threshold` (Tibshirani et al. 2019, arXiv 1904.06019; Jin and
Candès 2023). The weight of an open image is unknown, as its class is: the largest one stands for it. Weights are
estimated, so the result is approximate.
"""

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import Mask, PerImage
from core.risk.risk_control import ConformalThreshold


def weighted_conformal_threshold(
    pool_confidence: PerImage,
    calibration_confidence: PerImage,
    is_right: Mask,
    weights: NDArray[np.float64],
    target: float,
) -> ConformalThreshold:
    """Compute the lowest threshold whose weighted error estimate is at most the target.

    The lowest t with m / (sum of weights + top) · (top + weights of wrong items at or above t) / (pool images there) ≤
    target, where top is the largest weight. With equal weights it is `conformal_threshold`.

    Args:
        pool_confidence: (m,) of the pool, high = sure.
        calibration_confidence: (n,) of the calibration items.
        is_right: (n,) whether the run is right on them.
        weights: (n,) how much more frequent such an item is in the pool, 0 or more.
        target: Expected error to hold, (0, 1).

    Returns:
        The threshold with its counts.

    Raises:
        InputError: The target is out of range.
    """
    if not 0 < target < 1:
        raise InputError(f"The target error must lie between 0 and 1, both left out (got {target}).")
    pool, num_pool, num_items = np.sort(pool_confidence), len(pool_confidence), len(is_right)
    top = max(float(weights.max(initial=0.0)), 1e-12)
    wrong = np.argsort(calibration_confidence[~is_right], kind="stable")
    sure, heavy = calibration_confidence[~is_right][wrong], weights[~is_right][wrong]
    above = np.append(np.cumsum(heavy[::-1])[::-1], 0.0)  # weight of the wrong items from each on
    edges = np.unique(sure)
    kept = np.append(num_pool, num_pool - np.searchsorted(pool, edges, side="right"))
    mass = np.append(above[0], above[np.searchsorted(sure, edges, side="right")])
    bound = num_pool / (float(weights.sum()) + top) * (top + mass) / np.maximum(kept, 1)
    meets = np.flatnonzero((bound <= target) & (kept > 0))
    if not len(meets):
        return ConformalThreshold(None, target, 0, num_pool, 0, num_items, float("nan"))
    best = int(meets[0])
    threshold = float(pool[num_pool - kept[best]])
    num_wrong = int((sure >= threshold).sum())
    return ConformalThreshold(threshold, target, int(kept[best]), num_pool, num_wrong, num_items, float(bound[best]))
