"""A cut through a pool: what it keeps, and the cuts one image away from it on either side.

Rows are handed over from the most doubtful to the surest. A cut keeps confidence or margin at or above its value,
entropy at or below it. Equal values cannot be cut apart, so a step takes all of them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.types import Ids, Labels, Mask, PerImage


@dataclass(frozen=True)
class Known:
    """What is known of n rows: the class suggested, whether it waits for a decision, what calibration items say."""

    group: Labels  # (n,) row of the class in the histogram
    is_open: Mask  # (n,)
    is_right: Mask  # (n,) a calibration item on which the run is right
    is_wrong: Mask  # (n,)
    num_groups: int


@dataclass(frozen=True)
class Step:
    """One cut and what it keeps."""

    value: float
    kept: int
    open: int
    right: int
    wrong: int
    per_class: list[int]


def first_kept(values: PerImage, doubtful: Ids, cut: float, *, is_below: bool) -> int:
    """How many rows a cut leaves out; is_below: it keeps values at or below it."""
    strict = _strictness(values, is_below)
    return bisect_left(doubtful, -np.float32(cut) if is_below else np.float32(cut), key=strict)


def steps(
    values: PerImage, doubtful: Ids, cut: float, known: Known, *, is_below: bool, count: int = 40
) -> tuple[list[Step], int]:
    """The cut itself and up to `count` cuts on either side, from loose to strict; and the place of the cut among them.

    Each step differs from the next by one image, or by as many as share a value. The strictest keeps at least one.
    """
    place = first_kept(values, doubtful, cut, is_below=is_below)
    keeps = values <= np.float32(cut) if is_below else values >= np.float32(cut)
    here = _sums(known, keeps)
    strict = _strictness(values, is_below)
    looser: list[tuple[float, int, int]] = []
    stricter: list[tuple[float, int, int]] = []
    row = place
    while len(looser) < count and row > 0:
        start = bisect_left(doubtful, strict(doubtful[row - 1]), hi=row, key=strict)
        looser.append((float(values[doubtful[row - 1]]), start, row))
        row = start
    row = place
    while len(stricter) < count and row < len(doubtful):
        end = bisect_right(doubtful, strict(doubtful[row]), lo=row, key=strict)
        if end == len(doubtful):
            break
        stricter.append((float(values[doubtful[end]]), row, end))
        row = end
    found = [_step(float(np.float32(cut)), here)]
    total = here
    for value, start, end in looser:
        total = total + _sums(known, doubtful[start:end])
        found.insert(0, _step(value, total))
    total = here
    for value, start, end in stricter:
        total = total - _sums(known, doubtful[start:end])
        found.append(_step(value, total))
    return found, len(looser)


def _strictness(values: PerImage, is_below: bool) -> Callable[[int], np.float32]:
    """What rises along the rows from the most doubtful to the surest."""
    return (lambda row: -values[row]) if is_below else (lambda row: values[row])


def _sums(known: Known, rows: Ids | Mask) -> NDArray[np.int64]:
    """Images, open ones, right and wrong calibration items, then images per class; rows by number or by mask."""
    masks = (known.is_open, known.is_right, known.is_wrong)
    if rows.dtype == np.bool_:  # most of the pool, as a rule: counting it beats copying it
        counts = [int(np.count_nonzero(rows)), *(int(np.count_nonzero(mask & rows)) for mask in masks)]
    else:
        counts = [len(rows), *(int(np.count_nonzero(mask[rows])) for mask in masks)]
    return np.concatenate([counts, np.bincount(known.group[rows], minlength=known.num_groups)]).astype(np.int64)


def _step(value: float, sums: NDArray[np.int64]) -> Step:
    kept, is_open, right, wrong, *per_class = (int(number) for number in sums)
    return Step(value, kept, is_open, right, wrong, per_class)
