"""Thresholds around a threshold: each keeps one image more or less than the next.

Rows are given from the least certain to the most certain. A threshold keeps confidence or margin at or above its
value, entropy at or below it. No threshold separates equal values, so a step takes all of them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.types import Ids, Labels, Mask, PerImage


@dataclass(frozen=True)
class StepInputs:
    """Row properties that each step counts, n rows each."""

    group: Labels  # (n,) row of the class in the histogram
    is_open: Mask  # (n,)
    is_right: Mask  # (n,) a calibration item on which the run is right
    is_wrong: Mask  # (n,)
    num_groups: int


@dataclass(frozen=True)
class ThresholdStep:
    """One threshold and what it keeps."""

    value: float
    kept: int
    open: int
    right: int
    wrong: int
    per_class: list[int]


def first_kept(values: PerImage, uncertain_first: Ids, threshold: float, *, is_below: bool) -> int:
    """Find the first kept row: the number of rows that a threshold leaves out.

    Args:
        values: (n,) scores.
        uncertain_first: (n,) rows from the least certain to the most certain.
        threshold: In the unit of the score.
        is_below: Whether the threshold keeps values at or below it, as for entropy.

    Returns:
        Position in `uncertain_first`, [0, n]; n where nothing is kept.
    """
    strict = _strictness(values, is_below)
    return bisect_left(uncertain_first, -np.float32(threshold) if is_below else np.float32(threshold), key=strict)


def threshold_steps(
    values: PerImage, uncertain_first: Ids, threshold: float, inputs: StepInputs, *, is_below: bool, count: int = 40
) -> tuple[list[ThresholdStep], int]:
    """Compute a threshold and up to `count` neighboring thresholds on either side.

    Each step differs from the next by one image, or by as many as share a value. The strictest keeps at least one.

    Args:
        values: (n,) scores.
        uncertain_first: (n,) rows from the least certain to the most certain.
        threshold: In the unit of the score.
        inputs: What each step counts.
        is_below: Whether the threshold keeps values at or below it, as for entropy.
        count: Highest number of steps on either side.

    Returns:
        The steps from loose to strict, and the position of the threshold itself among them.
    """
    first = first_kept(values, uncertain_first, threshold, is_below=is_below)
    keeps = values <= np.float32(threshold) if is_below else values >= np.float32(threshold)
    here = _sums(inputs, keeps)
    strict = _strictness(values, is_below)
    looser: list[tuple[float, int, int]] = []
    stricter: list[tuple[float, int, int]] = []
    row = first
    while len(looser) < count and row > 0:
        start = bisect_left(uncertain_first, strict(uncertain_first[row - 1]), hi=row, key=strict)
        looser.append((float(values[uncertain_first[row - 1]]), start, row))
        row = start
    row = first
    while len(stricter) < count and row < len(uncertain_first):
        end = bisect_right(uncertain_first, strict(uncertain_first[row]), lo=row, key=strict)
        if end == len(uncertain_first):
            break
        stricter.append((float(values[uncertain_first[end]]), row, end))
        row = end
    found = [_step(float(np.float32(threshold)), here)]
    total = here
    for value, start, end in looser:
        total = total + _sums(inputs, uncertain_first[start:end])
        found.insert(0, _step(value, total))
    total = here
    for value, start, end in stricter:
        total = total - _sums(inputs, uncertain_first[start:end])
        found.append(_step(value, total))
    return found, len(looser)


def _strictness(values: PerImage, is_below: bool) -> Callable[[int], np.float32]:
    """Return a key that rises from the least certain row to the most certain."""
    return (lambda row: -values[row]) if is_below else (lambda row: values[row])


def _sums(inputs: StepInputs, rows: Ids | Mask) -> NDArray[np.int64]:
    """Count images, open ones, right and wrong calibration items, then images per class."""
    masks = (inputs.is_open, inputs.is_right, inputs.is_wrong)
    if rows.dtype == np.bool_:  # usually most of the pool: counting is faster than copying
        counts = [int(np.count_nonzero(rows)), *(int(np.count_nonzero(mask & rows)) for mask in masks)]
    else:
        counts = [len(rows), *(int(np.count_nonzero(mask[rows])) for mask in masks)]
    return np.concatenate([counts, np.bincount(inputs.group[rows], minlength=inputs.num_groups)]).astype(np.int64)


def _step(value: float, sums: NDArray[np.int64]) -> ThresholdStep:
    kept, is_open, right, wrong, *per_class = (int(number) for number in sums)
    return ThresholdStep(value, kept, is_open, right, wrong, per_class)
