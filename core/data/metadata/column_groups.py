"""Groups of a metadata column: a few values or ranges that cover all images, for colours and tables."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.metadata.column_kinds import NUMBER, RANGE, TEXT, TIME
from core.data.metadata.metadata_columns import MetadataColumn

MOST_VALUES, MOST_NUMBERS, NUM_RANGES = 20, 10, 5
"""Most texts, and most numbers or times, with a group of their own; ranges where there are more numbers or times."""
NO_VALUE = "no value"


@dataclass(frozen=True)
class ColumnGroups:
    """A group for each image.

    Attributes:
        names: (G,) texts of the groups, in order; other values and missing ones come last.
        of_image: (N,) group of each image.
        conditions: (G,) value of a condition that holds exactly for the group; None for "other values".
    """

    names: tuple[str, ...]
    of_image: NDArray[np.int64]
    conditions: tuple[str | None, ...]


def column_groups(column: MetadataColumn) -> ColumnGroups:
    """Divide images by a column: its values, or ranges of about as many images each.

    Args:
        column: The column.

    Returns:
        The groups; none is empty.
    """
    if column.kind in (NUMBER, TIME):
        names, of_image, conditions = _ranges(column)
    else:
        names, of_image, conditions = _values(column)
    return _without_empty([*names, NO_VALUE], np.where(column.is_missing, len(names), of_image), [*conditions, ""])


def _values(column: MetadataColumn) -> tuple[list[str], NDArray[np.int64], list[str | None]]:
    texts = list(column.texts) if column.kind == TEXT else ["no", "yes"]
    counts = np.bincount(column.values[~column.is_missing], minlength=len(texts))
    if len(texts) <= MOST_VALUES:
        return texts, column.values.astype(np.int64), list(texts)
    first = np.sort(np.argsort(-counts, kind="stable")[: MOST_VALUES - 1])
    target = np.full(len(texts) + 1, len(first), dtype=np.int64)
    target[first] = np.arange(len(first))
    shown = [texts[code] for code in first.tolist()]
    return [*shown, f"{len(texts) - len(first):,} other values"], target[column.values], [*shown, None]


def _ranges(column: MetadataColumn) -> tuple[list[str], NDArray[np.int64], list[str | None]]:
    known = _sorted(column.values[~column.is_missing])
    if not len(known):
        return [], np.zeros(len(column.values), dtype=np.int64), []
    starts = known[np.flatnonzero(np.append(True, known[1:] != known[:-1]))]
    if len(starts) > MOST_NUMBERS:
        places = np.linspace(0, len(known) - 1, NUM_RANGES + 1).astype(np.int64)[1:-1]
        starts = np.unique(np.concatenate([known[:1], known[places]]))
    of_image = np.searchsorted(starts, column.values, side="right") - 1
    ends = [known[np.searchsorted(known, start) - 1] for start in starts[1:]] + [known[-1]]
    pairs = list(zip(starts, ends, strict=True))
    return (
        [_range(column, low, high, " to ", is_exact=False) for low, high in pairs],
        of_image.astype(np.int64),
        [_range(column, low, high, RANGE, is_exact=True) for low, high in pairs],
    )


def _sorted(values: NDArray[Any]) -> NDArray[Any]:
    """Sort numbers or times; times as whole numbers, which is faster."""
    return np.sort(values.view(np.int64)).view(values.dtype) if values.dtype.kind == "M" else np.sort(values)


def _range(column: MetadataColumn, low: Any, high: Any, between: str, *, is_exact: bool) -> str:
    texts = [_text(column, value, is_exact=is_exact) for value in (low, high)]
    return texts[0] if low == high else between.join(texts)


def _text(column: MetadataColumn, value: Any, *, is_exact: bool) -> str:
    if column.kind == TIME:
        return column.time_text(value)
    number = float(value)
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return repr(number) if is_exact else f"{number:.6g}"


def _without_empty(names: list[str], of_image: NDArray[np.int64], conditions: list[str | None]) -> ColumnGroups:
    counts = np.bincount(of_image, minlength=len(names))
    kept = np.flatnonzero(counts)
    target = np.zeros(len(names), dtype=np.int64)
    target[kept] = np.arange(len(kept))
    chosen = kept.tolist()
    return ColumnGroups(tuple(names[n] for n in chosen), target[of_image], tuple(conditions[n] for n in chosen))
