"""Target error: the lowest threshold that keeps a promise about how many of the kept labels are wrong.

Calibration items are labeled images hidden in the pool; their confidence and whether the run is right on them are
arrays of n rows. The pool's confidence has m rows and must not contain the calibration items. Confidence is float32 in
[0, 1], high means sure. All promises need one thing only: calibration and pool images come from the same draw.
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
    """A threshold whose kept pool images are wrong at a rate of at most `target` on average; None keeps nothing."""

    threshold: float | None  # kept when confidence >= threshold
    target: float  # (0, 1)
    num_kept: int  # pool images at or above the threshold
    num_pool: int  # m
    num_wrong: int  # calibration items at or above the threshold that are wrong
    num_calibration: int  # n
    bound: float  # the estimate that is held at or below the target; nan where nothing is kept

    @property
    def coverage(self) -> float:
        """Kept / pool, [0, 1]; 0 for an empty pool."""
        return self.num_kept / max(1, self.num_pool)


@dataclass(frozen=True)
class HighProbabilityThreshold:
    """A threshold whose error is at most `target` with probability at least 1 - delta; None keeps nothing."""

    threshold: float | None
    target: float
    delta: float
    num_kept: int
    num_pool: int

    @property
    def coverage(self) -> float:
        """Kept / pool, [0, 1]; 0 for an empty pool."""
        return self.num_kept / max(1, self.num_pool)


def conformal_threshold(
    pool_confidence: PerImage, calibration_confidence: PerImage, is_right: Mask, target: float
) -> ConformalThreshold:
    """Lowest threshold t with m/(n+1) · (1 + wrong calibration items at or above t) / (pool images there) ≤ target.

    Conformal selection (Jin and Candès 2023, arXiv 2210.01408): the expected share of wrong among the kept is at most
    the target, with finite n, whatever the model. It is an average over draws: a single selection can exceed it.
    Cost: one sort of the pool. InputError unless target lies in (0, 1).
    """
    return conformal_thresholds_by_target(pool_confidence, calibration_confidence, is_right, [target])[0]


def conformal_thresholds_by_target(
    pool_confidence: PerImage, calibration_confidence: PerImage, is_right: Mask, targets: Sequence[float]
) -> tuple[ConformalThreshold, ...]:
    """`conformal_threshold` at each of several targets for the price of one sort. The promise holds for a target chosen
    beforehand, not for the best-looking one of them.
    """
    for target in targets:
        _check_share("the target error", target)
    pool, wrong = np.sort(pool_confidence), np.unique(calibration_confidence[~is_right])
    num_pool, num_calibration = len(pool), len(is_right)
    all_wrong = np.sort(calibration_confidence[~is_right])
    # a cut pays only just above a wrong item: between two of them a lower cut keeps more at the same count
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
    """One cut for each predicted class, from the calibration items predicted to be that class; the labels arrays hold
    pseudo-labels. Each class keeps the promise for itself, therefore their union does.
    """
    cuts = []
    for label in range(num_classes):
        mine = calibration_labels == label
        pool = pool_confidence[pool_labels == label]
        cuts.append(conformal_threshold(pool, calibration_confidence[mine], is_right[mine], target))
    return tuple(cuts)


def class_thresholds(cuts: Sequence[ConformalThreshold]) -> dict[str, float | None]:
    """The parameter `thresholds` of the rule per_class_threshold; None keeps nothing of that class."""
    return {str(label): cut.threshold for label, cut in enumerate(cuts)}


def high_probability_threshold(
    pool_confidence: PerImage,
    calibration_confidence: PerImage,
    is_right: Mask,
    target: float,
    delta: float = 0.1,
    num_starts: int = 10,
    points: int = 200,
) -> HighProbabilityThreshold:
    """Lowest threshold certified by Learn then Test, fixed-sequence testing from several starts (arXiv 2110.01052).

    The thresholds are quantiles of the pool, chosen without looking at a calibration label. From each start, downwards,
    "the error among images at or above t exceeds the target" is rejected while its exact binomial p value is at most
    delta / num_starts. With probability at least 1 - delta over calibration draws the error of the threshold that is
    answered is at most the target. Much more careful than `conformal_threshold`: about 1,000 items are needed for 2 %.
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
    """P(Binomial(kept items, target) ≤ wrong items) for each threshold; 1 where no item is kept."""
    everything, wrong = np.sort(calibration_confidence), np.sort(calibration_confidence[~is_right])
    n = len(everything) - np.searchsorted(everything, grid, side="left")
    count = len(wrong) - np.searchsorted(wrong, grid, side="left")
    return np.asarray(np.where(n > 0, bdtr(count, np.maximum(n, 1), target), 1.0))


def _last_in_row(passes: Mask, start: int) -> int | None:
    """Position of the last of the passes that follow one another from start; None where start itself fails."""
    fails = np.flatnonzero(~passes[start:])
    end = start + int(fails[0]) - 1 if len(fails) else len(passes) - 1
    return end if end >= start else None


def _check_share(what: str, value: float) -> None:
    if not 0 < value < 1:
        raise InputError(f"{what.capitalize()} must lie between 0 and 1, both left out (got {value}).")
