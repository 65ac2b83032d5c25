"""Sizes of the parts of a project, from the labels that there are."""

from collections.abc import Sequence

from core.base.config import SplitConfig
from core.base.errors import InputError
from core.data.splits import DRAWN

SMALLEST = {"val": 5, "calibration": 10, "test": 10}
"""Images below which a part is not held out; its images train, and cross-validation takes its place."""
_WITH_POOL = {"val": 15, "calibration": 20, "test": 25}  # percent of the labels; the rest trains
_WITHOUT_POOL = {"val": 10, "calibration": 0, "test": 20}
_SIMULATED = {"labeled": 10, "val": 10, "calibration": 15, "test": 25}


def suggest_split(num_per_class: Sequence[int], has_unlabeled: bool, *, hide_labels: bool = False) -> SplitConfig:
    """Suggest a split for the given number of distinct labeled images per class.

    Every label is used: 40 % train, 15 % val, 20 % calibration, 25 % test; without unlabeled images 70 % train, 10 %
    val, 20 % test. A part below `SMALLEST` is not held out. With labels of fewer than two classes all of them train.

    Args:
        num_per_class: K counts of distinct labeled images.
        has_unlabeled: Whether the project also has images of unknown class.
        hide_labels: Without unlabeled images: hide most labels, which then play the unlabeled pool.

    Returns:
        The settings of the split.
    """
    total, num_classes = sum(num_per_class), sum(count > 0 for count in num_per_class)
    if num_classes < 2:
        return _all_used(total, {})
    if hide_labels and not has_unlabeled:
        return _simulated(num_per_class)
    percent = _WITH_POOL if has_unlabeled else _WITHOUT_POOL
    return _all_used(total, held_out(total, num_classes, percent))


def held_out(total: int, num_classes: int, percent: dict[str, int]) -> dict[str, int]:
    """Return the sizes of the parts that do not train; every class keeps an image that does.

    Args:
        total: Labels in all.
        num_classes: Classes that have one.
        percent: Share of each part, [0, 100].
    """
    left, sizes = total - num_classes, {}
    for part, share in percent.items():
        count = total * share // 100
        sizes[part] = count if SMALLEST[part] <= count <= left else 0
        left -= sizes[part]
    return sizes


def fill_split(asked: SplitConfig, suggested: SplitConfig, num_per_class: Sequence[int]) -> SplitConfig:
    """Fill the sizes that a person left open; labels that no part takes train.

    Args:
        asked: The settings; those that were not named in it are open.
        suggested: What `suggest_split` says.
        num_per_class: K counts of distinct labeled images.

    Returns:
        All settings.

    Raises:
        InputError: More is asked for than there is.
    """
    named = asked.model_fields_set
    if named >= set(DRAWN):
        return asked
    total = sum(num_per_class)
    sizes = {part: int(getattr(asked if part in named else suggested, part)) for part in DRAWN}
    fixed = sum(sizes[part] for part in DRAWN if part in named)
    if fixed > total:
        raise InputError(
            f"The split asks for {fixed:,} labeled images, but there are {total:,} different ones: ask for less."
        )
    for part in ("test", "calibration", "val"):  # what is open gives way
        if part not in named:
            over = sum(sizes[name] for name in DRAWN if name != "labeled" or "labeled" in named) - total
            sizes[part] -= min(sizes[part], max(0, over))
    if "labeled" not in named and suggested.kind == "stratified":
        sizes["labeled"] = total - sum(sizes[part] for part in DRAWN[1:])
    kind = asked.kind if "kind" in named else suggested.kind
    return SplitConfig(kind=kind, seed=asked.seed, **sizes)


def in_proportion(counts: Sequence[int], total: int) -> list[int]:
    """Divide a number in proportion to counts, by largest remainder; each gets at most its count.

    Args:
        counts: K counts.
        total: The number, at most their sum.
    """
    exact = [count * total / max(1, sum(counts)) for count in counts]
    shares = [int(value) for value in exact]
    by_remainder = sorted(range(len(counts)), key=lambda k: shares[k] - exact[k])
    for k in by_remainder[: min(total, sum(counts)) - sum(shares)]:
        shares[k] += 1
    return shares


def _all_used(total: int, sizes: dict[str, int]) -> SplitConfig:
    parts = {"val": 0, "calibration": 0, "test": 0} | sizes
    return SplitConfig(kind="stratified", labeled=total - sum(parts.values()), **parts)


def _simulated(num_per_class: Sequence[int]) -> SplitConfig:
    """Hide most labels: 10 % labeled, 10 % val, 15 % calibration, 25 % test, none beyond the usual numbers.

    Balanced unless the largest class has over 1.5 times the smallest's images.
    """
    num_classes, smallest = len(num_per_class), min(num_per_class)
    is_even = max(num_per_class) <= 1.5 * smallest
    groups, each = (num_classes, smallest) if is_even else (1, sum(num_per_class))
    counts: dict[str, int] = {}
    left, usual = each, SplitConfig()
    for part, share in _SIMULATED.items():
        least = num_classes // groups if part == "labeled" else int(each >= 4)
        count = min(left, max(least, each * share // 100), max(least, int(getattr(usual, part)) // groups))
        counts[part], left = count * groups, left - count
    return SplitConfig(kind="balanced" if is_even else "stratified", **counts)
