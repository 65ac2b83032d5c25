"""Format numbers as text: percentages, estimates with interval and n, durations."""

from collections.abc import Sequence

import numpy as np

from core import CuratedSet, Estimate, LabelSource, MeanEstimate, RunStatus, constants

SOURCE_NAMES = {
    LabelSource.GIVEN: "given",
    LabelSource.ACCEPTED: "accepted",
    LabelSource.CORRECTED: "corrected",
    LabelSource.BULK: "bulk-accepted",
}


def percent(value: float | None, digits: int = 1) -> str:
    """Format a proportion in [0, 1] as percent, None and nan as "unknown"."""
    return "unknown" if value is None or np.isnan(value) else f"{100 * value:.{digits}f} %"


def estimate(item: Estimate | MeanEstimate) -> str:
    """Format an estimate with its interval and n: "4.2 % [2.1, 7.4], n = 240"."""
    if not item.n:
        return "unknown, n = 0"
    return f"{percent(item.value)} [{100 * item.low:.1f}, {100 * item.high:.1f}], n = {item.n:,}"


def points(value: float) -> str:
    """Format a difference of proportions in percentage points, with its sign."""
    return f"{100 * value:+.1f}"


def duration(seconds: float | None) -> str:
    """Format measured seconds as "42 s", "3 min 05 s" or "2 h 10 min", None as "–"."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def time_left(seconds: float | None) -> str:
    """Format estimated seconds in the words of every estimate, "40 s", "3 min" or "2 h 10 min", None as "–"."""
    return "–" if seconds is None else constants.duration(seconds)


def share_done(status: RunStatus) -> float:
    """Return the share of a run's epochs that are done, in [0, 1]."""
    return min(1.0, status.epoch / max(1, status.epochs))


def source_counts(curated: CuratedSet) -> dict[str, int]:
    """Count the labels of a curated set by source, and the rejections."""
    counts = {name: int((curated.sources == source).sum()) for source, name in SOURCE_NAMES.items()}
    return {**counts, "rejections": len(curated.reject_ids)}


def listed(names: Sequence[str], most: int) -> str:
    """Join names for a sentence, and say how many are left out.

    Args:
        names: In the order to show.
        most: Number of names at most.
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def counted(number: int, one: str, several: str) -> str:
    """Return a number with its noun, such as "1 class" or "2 classes"."""
    return f"{number:,} {one if number == 1 else several}"
