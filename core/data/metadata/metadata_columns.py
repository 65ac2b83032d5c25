"""Typed metadata columns: values, order, summary."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.types import Ids, Mask
from core.data.metadata.column_kinds import NO_CODE, NUMBER, TEXT, TIME, YES_NO

_TOP = 50


@dataclass(frozen=True)
class MetadataColumn:
    """One typed column.

    Attributes:
        name: Its header in the source.
        kind: number, time, yes-no or text.
        values: (N,) float64 with NaN; datetime64[us] in UTC with NaT; int8 (1 yes, 0 no, -1 missing); or int32 places
            in `texts`, -1 where missing.
        texts: Of a text column its different texts, sorted; else empty.
        is_whole: Whether all numbers are whole, or all times are days.
        has_zone: Whether a time names its zone.
    """

    name: str
    kind: str
    values: NDArray[Any]
    texts: Sequence[str] = ()
    is_whole: bool = False
    has_zone: bool = False

    @cached_property
    def is_missing(self) -> Mask:
        """Images without a value, (N,)."""
        if self.kind in (NUMBER, TIME):
            return np.asarray(np.isnan(self.values) if self.kind == NUMBER else np.isnat(self.values))
        return np.asarray(self.values == NO_CODE)

    def plain(self, ids: Ids) -> list[Any]:
        """Return the values of images as JSON writes them; None where missing.

        Args:
            ids: (n,) images.

        Returns:
            Whole numbers, numbers, yes-no as booleans, times in ISO 8601, or texts.
        """
        part, empty = self.values[ids], self.is_missing[ids]
        if self.kind == NUMBER:
            values: list[Any] = [int(v) if self.is_whole and v == v else v for v in part.tolist()]
        elif self.kind == TIME:
            values = [self.time_text(value) for value in part]
        elif self.kind == YES_NO:
            values = (part == 1).tolist()
        else:
            values = [self.texts[code] if code >= 0 else None for code in part.tolist()]
        return [None if is_empty else value for value, is_empty in zip(values, empty.tolist(), strict=True)]

    def time_text(self, value: Any) -> str:
        """Write a time in ISO 8601: a day alone where all times are days, Z where zones were given."""
        if np.isnat(value):
            return ""
        day, moment = str(value.astype("datetime64[D]")), value.astype("datetime64[us]")
        if self.is_whole:
            return day
        short = str(moment) if moment.astype(np.int64) % 1_000_000 else str(moment.astype("datetime64[s]"))
        return f"{short}{'Z' if self.has_zone else ''}"

    def order(self, ids: Ids, *, is_descending: bool = False) -> Ids:
        """Return the positions (n,) of images sorted by value; missing ones last, ties by position.

        Args:
            ids: (n,) images.
            is_descending: Whether the highest value comes first.
        """
        keys = self.values[ids].astype(np.int64 if self.kind != NUMBER else np.float64)
        known = np.flatnonzero(~self.is_missing[ids])
        sorted_places = np.argsort(-keys[known] if is_descending else keys[known], kind="stable")
        return np.concatenate([known[sorted_places], np.flatnonzero(self.is_missing[ids])]).astype(np.int64)


@dataclass(frozen=True)
class ColumnSummary:
    """What a column holds, in a few values.

    Attributes:
        name: Its header.
        kind: number, time, yes-no or text.
        num_missing: Images without a value.
        num_values: Different values.
        low: Of numbers and times the lowest, as text; else empty.
        high: The highest.
        top: Of texts and yes-no the most frequent values with their counts, at most 50.
    """

    name: str
    kind: str
    num_missing: int
    num_values: int
    low: str = ""
    high: str = ""
    top: tuple[tuple[str, int], ...] = ()


def summarize_column(column: MetadataColumn) -> ColumnSummary:
    """Summarize a column in a few values."""
    known = column.values[~column.is_missing]
    num_missing = len(column.values) - len(known)
    if column.kind in (NUMBER, TIME):
        ordered, ends = np.sort(known.view(np.int64)), ("", "")  # quicker than np.unique of a million
        num = min(1, len(ordered)) + int(np.count_nonzero(ordered[1:] != ordered[:-1]))
        if len(known):
            low, high = known.min(), known.max()
            is_time = column.kind == TIME
            ends = (column.time_text(low), column.time_text(high)) if is_time else (f"{low:.15g}", f"{high:.15g}")
        return ColumnSummary(column.name, column.kind, num_missing, num, *ends)
    texts = column.texts if column.kind == TEXT else ("no", "yes")
    counts = np.bincount(known, minlength=len(texts))
    first = np.argsort(-counts, kind="stable")[:_TOP]
    top = tuple((texts[code], int(counts[code])) for code in first.tolist() if counts[code])
    return ColumnSummary(column.name, column.kind, num_missing, int(np.count_nonzero(counts)), top=top)
