"""Numbers as a person reads them: proportions with interval and n, durations, shares."""

import numpy as np

from core import CuratedSet, Estimate, MeanEstimate, RunStatus, Source

SOURCE_WORDS = {
    Source.GIVEN: "given",
    Source.ACCEPTED: "accepted",
    Source.CORRECTED: "corrected",
    Source.BULK: "bulk-accepted",
}


def percent(value: float | None, digits: int = 1) -> str:
    """A proportion in [0, 1] as percent; "unknown" for None and nan."""
    return "unknown" if value is None or np.isnan(value) else f"{100 * value:.{digits}f} %"


def estimate(found: Estimate) -> str:
    """A proportion with its interval and n, as in "4.2 % [2.1, 7.4], n = 240"."""
    if not found.n:
        return "unknown, n = 0"
    return f"{percent(found.value)} [{100 * found.low:.1f}, {100 * found.high:.1f}], n = {found.n:,}"


def mean(found: MeanEstimate) -> str:
    """An estimated mean with its interval and n, in the same form."""
    if not found.n:
        return "unknown, n = 0"
    return f"{percent(found.value)} [{100 * found.low:.1f}, {100 * found.high:.1f}], n = {found.n:,}"


def points(value: float) -> str:
    """A difference of proportions in percentage points, with its sign."""
    return f"{100 * value:+.1f}"


def duration(seconds: float | None) -> str:
    """Seconds as "42 s", "3 min 05 s" or "2 h 10 min"; "–" for None."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def share_done(status: RunStatus) -> float:
    """How much of a run is done, in [0, 1]."""
    return min(1.0, status.epoch / max(1, status.epochs))


def source_counts(curated: CuratedSet) -> dict[str, int]:
    """Labels of a curated set by where they come from, and the rejections beside them."""
    counts = {word: int((curated.sources == source).sum()) for source, word in SOURCE_WORDS.items()}
    return {**counts, "rejections": len(curated.reject_ids)}
