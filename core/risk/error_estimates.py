"""Estimates of label error: exact intervals, coverage-error curves, class shares.

Errors are estimated from hidden calibration items; each estimate carries its interval and n.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv  # scipy.stats has the same as beta.ppf, but takes a second to import

from core.base.types import Estimate, Labels, Mask, PerImage


@dataclass(frozen=True)
class CoverageErrorCurve:
    """Coverage and error at rising thresholds.

    The error is nan where no calibration item is kept.
    """

    threshold: NDArray[np.float64]  # (p,) confidence
    coverage: NDArray[np.float64]  # (p,) kept / pool, [0, 1]
    error: NDArray[np.float64]  # (p,) wrong / kept among calibration items
    low: NDArray[np.float64]  # (p,) lower end of the 95 % interval
    high: NDArray[np.float64]  # (p,) upper end
    n: NDArray[np.int64]  # (p,) calibration items kept
    state: str = ""  # guaranteed, estimated or not valid here: `Quality.pool_check` decides
    reason: str = ""  # why, a sentence


@dataclass(frozen=True)
class ClassGroupError:
    """Error of the images of one class group.

    Attributes:
        error: Images with another class than theirs, of whichever group; n: all images of the group.
        within: Those among them whose other class is of the same group.
    """

    error: Estimate
    within: Estimate


def proportion(count: int, n: int, level: float = 0.95) -> Estimate:
    """Return a proportion with its exact interval (Clopper and Pearson 1934).

    Args:
        count: Hits.
        n: Items; with 0 the proportion is unknown.
        level: Coverage of the interval, (0, 1).
    """
    low, high = _interval(np.array([count]), np.array([n]), level)
    return Estimate(count / n if n else float("nan"), float(low[0]), float(high[0]), count, n, level)


def error_of(mask: Mask, pseudo_labels: Labels, labels: Labels) -> Estimate:
    """Estimate the share of wrong labels among the kept calibration items.

    Args:
        mask: (n,) items kept.
        pseudo_labels: (n,) predicted classes.
        labels: (n,) true classes.
    """
    return proportion(int((pseudo_labels[mask] != labels[mask]).sum()), int(mask.sum()))


def class_group_errors(
    labels: Labels, others: Labels, members: Mapping[str, Sequence[int]]
) -> dict[str, ClassGroupError]:
    """Estimate errors by class group.

    Args:
        labels: (n,) classes that the images are grouped by.
        others: (n,) classes to compare with: the true ones of predicted classes, or the predicted ones of true classes.
        members: Group → its classes; under "" those without a group, whose errors are within no group.

    Returns:
        Group → its errors; the intervals hold for all groups and both errors at once (Bonferroni).
    """
    level = 1 - 0.05 / max(1, 2 * len(members))
    found = {}
    for name, classes in members.items():
        own = np.isin(labels, classes)
        is_wrong = labels[own] != others[own]
        is_within = is_wrong & np.isin(others[own], classes) if name else np.zeros_like(is_wrong)
        counts = (int(is_wrong.sum()), int(is_within.sum()))
        found[name] = ClassGroupError(*(proportion(count, len(is_wrong), level) for count in counts))
    return found


def coverage_error_curve(
    pool_confidence: PerImage, calibration_confidence: PerImage, is_right: Mask, points: int = 200
) -> CoverageErrorCurve:
    """Compute pool coverage and calibration error over thresholds.

    Args:
        pool_confidence: (m,) of the pool, high = sure.
        calibration_confidence: (n,) of the calibration items.
        is_right: (n,) whether the run is right on them.
        points: Thresholds, spread evenly over the pool's values.

    Returns:
        The curve, thresholds rising; empty for an empty pool.
    """
    pool = np.sort(pool_confidence)
    if not len(pool):
        empty = np.empty(0)
        return CoverageErrorCurve(empty, empty, empty, empty, empty, np.empty(0, dtype=np.int64))
    threshold = np.unique(pool[np.linspace(0, len(pool) - 1, points).astype(np.int64)])
    coverage = 1 - np.searchsorted(pool, threshold, side="left") / len(pool)
    order = np.argsort(calibration_confidence, kind="stable")
    first = np.searchsorted(calibration_confidence[order], threshold, side="left")
    n = len(order) - first
    wrong_from = np.append(np.cumsum(~is_right[order][::-1])[::-1], 0)
    wrong = wrong_from[first]
    low, high = _interval(wrong, n, 0.95)
    error = np.divide(wrong, n, out=np.full(len(n), np.nan), where=n > 0)
    return CoverageErrorCurve(threshold.astype(np.float64), coverage, error, low, high, n)


def threshold_for_error(calibration_confidence: PerImage, is_right: Mask, target: float) -> float | None:
    """Return the lowest threshold whose estimated error is at most the target.

    An estimate, no guarantee: the threshold is chosen on the items that estimate it, so about half of such thresholds
    exceed the target on the pool. Conformal selection keeps the target on average.

    Args:
        calibration_confidence: (n,) of the calibration items, high = sure.
        is_right: (n,) whether the run is right on them.
        target: Error to hold, [0, 1].

    Returns:
        The threshold, [0, 1]; None where there is none.
    """
    order = np.argsort(-calibration_confidence, kind="stable")
    sure = calibration_confidence[order]
    error = np.cumsum(~is_right[order]) / np.arange(1, len(order) + 1)
    is_last_of_value = np.append(sure[1:] != sure[:-1], True) if len(sure) else np.empty(0, dtype=np.bool_)
    meets = np.flatnonzero((error <= target) & is_last_of_value)
    return float(sure[meets[-1]]) if len(meets) else None


def class_mix(labels: Labels, num_classes: int) -> NDArray[np.float64]:
    """Return the share of each class, (K,); all zero without labels.

    Args:
        labels: (n,) classes, 0 … K - 1.
        num_classes: K.
    """
    counts = np.bincount(labels, minlength=num_classes)
    return np.asarray(counts / max(1, counts.sum()))


def _interval(
    count: NDArray[np.int64], n: NDArray[np.int64], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    tail = (1 - level) / 2
    low, high = np.zeros(len(n)), np.ones(len(n))
    some, not_all = count > 0, count < n
    low[some] = betaincinv(count[some], n[some] - count[some] + 1, tail)
    high[not_all] = betaincinv(count[not_all] + 1, n[not_all] - count[not_all], 1 - tail)
    return low, high
