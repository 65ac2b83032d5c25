"""Target error: lowest thresholds with a guaranteed error of the kept labels.

Calibration items are labeled images hidden in the pool; their confidence and whether the run is right on them are
arrays of n rows. The pool's confidence has m rows and must not contain the calibration items. Confidence is float32 in
[0, 1], high means sure. All guarantees need one thing only: calibration and pool images come from the same draw.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from core.base.errors import InputError
from core.base.types import Labels, Mask, PerImage


@dataclass(frozen=True)
class ConformalThreshold:
    """A threshold whose expected error on the pool is at most `target`.

    None keeps nothing.
    """

    threshold: float | None  # kept when confidence >= threshold
    target: float  # (0, 1)
    num_kept: int  # pool images at or above the threshold
    num_pool: int  # m
    num_wrong: int  # calibration items at or above the threshold that are wrong
    num_calibration: int  # n
    bound: float  # the estimate that is held at or below the target; nan where nothing is kept
    state: str = ""  # guaranteed, estimated or not valid here: `Quality.pool_check` decides
    reason: str = ""  # why, a sentence
    by_group: bool = False  # calibration items are one image of each group: it holds for images of new groups

    @property
    def coverage(self) -> float:
        """Kept / pool, [0, 1]; 0 for an empty pool."""
        return self.num_kept / max(1, self.num_pool)


@dataclass(frozen=True)
class HighProbabilityThreshold:
    """A threshold whose error is at most `target` with probability 1 - delta.

    None keeps nothing.
    """

    threshold: float | None
    target: float
    delta: float
    num_kept: int
    num_pool: int
    state: str = ""  # guaranteed, estimated or not valid here
    reason: str = ""  # why, a sentence
    by_group: bool = False  # calibration items are one image of each group: it holds for images of new groups

    @property
    def coverage(self) -> float:
        """Kept / pool, [0, 1]; 0 for an empty pool."""
        return self.num_kept / max(1, self.num_pool)


def conformal_threshold(
    pool_confidence: PerImage, calibration_confidence: PerImage, is_right: Mask, target: float
) -> ConformalThreshold:
    """Compute the lowest threshold with expected error at most the target.

    The lowest t with m/(n+1) · (1 + wrong calibration items at or above t) / (pool images there) ≤ target. Conformal
    selection (Jin and Candès 2023, arXiv 2210.01408): the expected share of wrong among the kept is at most the target,
    with finite n, whatever the model. It is an average over draws: a single selection can exceed it. Cost: one sort of
    the pool.

    Args:
        pool_confidence: (m,) of the pool, high = sure.
        calibration_confidence: (n,) of the calibration items.
        is_right: (n,) whether the run is right on them.
        target: Expected error to hold, (0, 1).

    Returns:
        The threshold with its counts.

    Raises:
        InputError: The target is out of range.
    """
    return conformal_thresholds_by_target(pool_confidence, calibration_confidence, is_right, [target])[0]


def conformal_thresholds_by_target(
    pool_confidence: PerImage, calibration_confidence: PerImage, is_right: Mask, targets: Sequence[float]
) -> tuple[ConformalThreshold, ...]:
    """Compute `conformal_threshold` at several targets with one sort.

    The guarantee holds for a target chosen beforehand, not for the best-looking one of them.

    Args:
        pool_confidence: (m,) of the pool, high = sure.
        calibration_confidence: (n,) of the calibration items.
        is_right: (n,) whether the run is right on them.
        targets: Expected errors to hold, each (0, 1).

    Returns:
        One threshold per target.

    Raises:
        InputError: A target is out of range.
    """
    for target in targets:
        _check_share("the target error", target)
    pool, wrong = np.sort(pool_confidence), np.unique(calibration_confidence[~is_right])
    num_pool, num_calibration = len(pool), len(is_right)
    all_wrong = np.sort(calibration_confidence[~is_right])
    # only thresholds just above a wrong item matter: between two of them the lowest keeps most at the same count
    kept = np.append(num_pool, num_pool - np.searchsorted(pool, wrong, side="right"))
    above = np.append(len(all_wrong), len(all_wrong) - np.searchsorted(all_wrong, wrong, side="right"))
    bound = num_pool / (num_calibration + 1) * (1 + above) / np.maximum(kept, 1)

    def at(target: float) -> ConformalThreshold:
        meets = np.flatnonzero((bound <= target) & (kept > 0))
        if not len(meets):
            return ConformalThreshold(None, target, 0, num_pool, 0, num_calibration, float("nan"))
        best = meets[0]  # kept falls from left to right
        threshold = float(pool[num_pool - kept[best]])
        num_wrong = int((all_wrong >= threshold).sum())
        value = num_pool / (num_calibration + 1) * (1 + num_wrong) / int(kept[best])
        return ConformalThreshold(threshold, target, int(kept[best]), num_pool, num_wrong, num_calibration, value)

    return tuple(at(target) for target in targets)


def conformal_thresholds_per_class(
    pool_confidence: PerImage,
    pool_labels: Labels,
    calibration_confidence: PerImage,
    calibration_labels: Labels,
    is_right: Mask,
    target: float,
    num_classes: int,
) -> tuple[ConformalThreshold, ...]:
    """Compute one conformal threshold for each predicted class.

    Each class keeps the guarantee for itself, therefore their union does.

    Args:
        pool_confidence: (m,) of the pool, high = sure.
        pool_labels: (m,) pseudo-labels of the pool.
        calibration_confidence: (n,) of the calibration items.
        calibration_labels: (n,) pseudo-labels of the calibration items.
        is_right: (n,) whether the run is right on them.
        target: Expected error to hold in each class, (0, 1).
        num_classes: K.

    Returns:
        K thresholds.

    Raises:
        InputError: The target is out of range.
    """
    thresholds = []
    for label in range(num_classes):
        in_class = calibration_labels == label
        pool = pool_confidence[pool_labels == label]
        thresholds.append(conformal_threshold(pool, calibration_confidence[in_class], is_right[in_class], target))
    return tuple(thresholds)


def class_thresholds(thresholds: Sequence[ConformalThreshold]) -> dict[str, float | None]:
    """Return the parameter `thresholds` of the rule per_class_threshold.

    Args:
        thresholds: K thresholds, one for each class.

    Returns:
        Class number as text → threshold; None keeps nothing of that class.
    """
    return {str(label): found.threshold for label, found in enumerate(thresholds)}


def high_probability_threshold(
    pool_confidence: PerImage,
    calibration_confidence: PerImage,
    is_right: Mask,
    target: float,
    delta: float = 0.1,
    num_starts: int = 10,
    points: int = 200,
) -> HighProbabilityThreshold:
    """Compute the lowest threshold certified by Learn then Test.

    Fixed-sequence testing from several starts (Angelopoulos et al. 2021, arXiv 2110.01052). The candidate thresholds
    are quantiles of the pool, chosen without looking at a calibration label. From each start, downwards, "the error
    among images at or above t exceeds the target" is rejected while its exact binomial p value is at most delta /
    num_starts. With probability at least 1 - delta over calibration draws the error of the returned threshold is at
    most the target. Much more careful than `conformal_threshold`: about 1,000 items are needed for 2 %.

    Args:
        pool_confidence: (m,) of the pool, high = sure.
        calibration_confidence: (n,) of the calibration items.
        is_right: (n,) whether the run is right on them.
        target: Error to hold, (0, 1).
        delta: Probability of exceeding it, (0, 1).
        num_starts: Starts of the test sequences.
        points: Candidate thresholds.

    Returns:
        The threshold with its counts.

    Raises:
        InputError: The target or delta is out of range.
    """
    _check_share("the target error", target)
    _check_share("delta", delta)
    pool = np.sort(pool_confidence)
    nothing = HighProbabilityThreshold(None, target, delta, 0, len(pool))
    if not len(pool):
        return nothing
    grid = np.unique(pool[np.linspace(0, len(pool) - 1, points).astype(np.int64)])[::-1]  # falling
    p_values = _binomial_p_values(grid, calibration_confidence, is_right, target)
    passes = p_values <= delta / num_starts
    starts = np.unique(np.linspace(0, len(grid) - 1, num_starts + 1).astype(np.int64)[:-1])
    ends = [_last_in_row(passes, int(start)) for start in starts]
    best = max((end for end in ends if end is not None), default=None)
    if best is None:
        return nothing
    threshold = float(grid[best])
    return HighProbabilityThreshold(threshold, target, delta, int((pool >= grid[best]).sum()), len(pool))


def _binomial_p_values(
    grid: PerImage, calibration_confidence: PerImage, is_right: Mask, target: float
) -> NDArray[np.float64]:
    """Return P(Binomial(kept items, target) ≤ wrong items) for each threshold.

    1 where no item is kept.
    """
    everything, wrong = np.sort(calibration_confidence), np.sort(calibration_confidence[~is_right])
    n = len(everything) - np.searchsorted(everything, grid, side="left")
    count = len(wrong) - np.searchsorted(wrong, grid, side="left")
    return np.asarray(np.where(n > 0, bdtr(count, np.maximum(n, 1), target), 1.0))


def _last_in_row(passes: Mask, start: int) -> int | None:
    """Return the last position of the unbroken passes from start.

    None where start itself fails.
    """
    fails = np.flatnonzero(~passes[start:])
    end = start + int(fails[0]) - 1 if len(fails) else len(passes) - 1
    return end if end >= start else None


def _check_share(what: str, value: float) -> None:
    if not 0 < value < 1:
        raise InputError(f"{what.capitalize()} must lie between 0 and 1, both left out (got {value}).")
