"""Conditions on metadata columns: which images have one of some values, or lie in a range."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from core.base.errors import InputError
from core.base.types import Ids, Mask
from core.data.metadata.column_kinds import NO, NUMBER, RANGE, TIME, YES, YES_NO
from core.data.metadata.image_metadata import Metadata
from core.data.metadata.metadata_columns import MetadataColumn

Condition = tuple[str, str]
"""A column and what its value must be: a value, a range such as 10..20 (either end may be left out), or "" for none."""
ASCENDING, DESCENDING = "ascending:", "descending:"
"""What stands before a column's name in a ranking by it."""
_TIME = re.compile(r"\d{4}(-\d{2}(-\d{2}([ T]\d{2}(:\d{2}(:\d{2}(\.\d{1,6})?)?)?)?)?)?Z?")


def parse_conditions(texts: Iterable[str]) -> tuple[Condition, ...]:
    """Read conditions such as "camera=A" or "temperature=10..20"; the first = ends the column's name.

    Args:
        texts: The conditions.

    Raises:
        InputError: One names no column.
    """
    found = []
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise InputError(f"A condition is COLUMN=VALUE, such as camera=A or temperature=10..20 (got {text!r}).")
        found.append((name.strip(), value.strip()))
    return tuple(found)


def conditions_mask(metadata: Metadata, conditions: Sequence[Condition], ids: Ids) -> Mask:
    """Mark the images that meet all conditions; several values of one column are alternatives.

    Args:
        metadata: The columns.
        conditions: Columns and values.
        ids: (n,) images.

    Returns:
        (n,) images that match.

    Raises:
        InputError: There is no such column, or a value does not fit its kind.
    """
    wanted: dict[str, list[str]] = {}
    for name, value in conditions:
        wanted.setdefault(name, []).append(value)
    keep = np.ones(len(ids), dtype=np.bool_)
    for name, values in wanted.items():
        column = metadata.column(name)
        keep &= np.logical_or.reduce([_mask(column, value)[ids] for value in values])
    return keep


def metadata_order(metadata: Metadata, ranking: str, ids: Ids) -> Ids:
    """Return the positions of images in a ranking by a column; missing values last.

    Args:
        metadata: The columns.
        ranking: ascending:COLUMN or descending:COLUMN.
        ids: (n,) images.

    Raises:
        InputError: There is no such column.
    """
    way, _, name = ranking.partition(":")
    return metadata.column(name).order(ids, is_descending=f"{way}:" == DESCENDING)


def _mask(column: MetadataColumn, text: str) -> Mask:
    if not text:
        return column.is_missing
    if column.kind == NUMBER:
        return _number_mask(column, text)
    if column.kind == TIME:
        return _time_mask(column, text)
    if column.kind == YES_NO:
        answers: Mapping[str, int] = dict.fromkeys(YES, 1) | dict.fromkeys(NO, 0)
        if text.casefold() not in answers:
            raise InputError(f"{column.name} is yes or no (got {text!r}).")
        return np.asarray(column.values == answers[text.casefold()])
    place = bisect_left(column.texts, text)
    is_known = place < len(column.texts) and column.texts[place] == text
    return np.asarray(column.values == place) if is_known else np.zeros(len(column.values), dtype=np.bool_)


def _number_mask(column: MetadataColumn, text: str) -> Mask:
    low, has_range, high = text.partition(RANGE)
    ends = [_number(column, end, default) for end, default in ((low, -np.inf), (high, np.inf))]
    return np.asarray((column.values >= ends[0]) & (column.values <= (ends[1] if has_range else ends[0])))


def _number(column: MetadataColumn, text: str, default: float) -> float:
    try:
        number = float(text) if text.strip() else default
    except ValueError:
        number = float("nan")
    if number != number:
        raise InputError(f"{column.name} holds numbers: give one, or a range such as 10..20 or 10.. (got {text!r}).")
    return number


def _time_mask(column: MetadataColumn, text: str) -> Mask:
    low, has_range, high = text.partition(RANGE)
    start = _moment(column, low, is_end=False)
    end = _moment(column, high if has_range else low, is_end=True)
    keep = ~column.is_missing
    if start is not None:
        keep = keep & (column.values >= start)
    return np.asarray(keep & (column.values < end) if end is not None else keep)


def _moment(column: MetadataColumn, text: str, *, is_end: bool) -> np.datetime64 | None:
    """Return the first moment of a year, month, day or minute, or the moment after it; None for an open end."""
    text = text.strip()
    if not text:
        return None
    try:
        if not _TIME.fullmatch(text):
            raise ValueError
        moment = np.datetime64(text.removesuffix("Z").replace(" ", "T"))
        found: np.datetime64 = (moment + 1 if is_end else moment).astype("datetime64[us]")
        return found
    except ValueError as error:
        raise InputError(
            f"{column.name} holds times: give one such as 2026, 2026-05 or 2026-05-31T12:00, or a range such as "
            f"2026-05..2026-07 (got {text!r})."
        ) from error
