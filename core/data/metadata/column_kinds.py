"""Kinds of metadata columns: number, time, yes-no or text, found from the texts of a column."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

NUMBER, TIME, YES_NO, TEXT = "number", "time", "yes-no", "text"
KINDS = (NUMBER, TIME, YES_NO, TEXT)
MISSING = ("", "nan", "null", "none", "n/a", "na", "nat")
"""Texts, in small letters, that stand for no value in a column of numbers, times or yes and no."""
YES, NO = ("true", "yes"), ("false", "no")
RANGE = ".."
"""What stands between the ends of a range."""
NO_CODE = -1
"""Code of a missing value in columns of yes and no and of texts."""
_NUMBER = r"^[+-]?(0|[1-9][0-9]*)?(\.[0-9]*)?([eE][+-]?[0-9]+)?$"
_WHOLE = r"^[+-]?(0|[1-9][0-9]{0,14})$"
_TIME = (
    r"^[0-9]{4}[-:][0-9]{2}[-:][0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?$"
)


@dataclass(frozen=True)
class TypedValues:
    """Values of a column's different texts.

    Attributes:
        kind: One of KINDS.
        values: (U,) float64 with NaN, datetime64[us] in UTC with NaT, int8 with NO_CODE, or int32 places of texts.
        texts: Of a text column its different texts, sorted; else empty.
        is_whole: Whether all numbers are whole, or all times are days.
        has_zone: Whether a time names its zone.
    """

    kind: str
    values: NDArray[Any]
    texts: Sequence[str] = ()
    is_whole: bool = False
    has_zone: bool = False


def typed_values(unique: Any) -> TypedValues:
    """Find the kind of a column and convert its different texts.

    A text with a leading zero, such as 007, or with more digits than a float holds, stays text.

    Args:
        unique: (U,) different texts, a pyarrow string array.

    Returns:
        Kind and values, in the same order.
    """
    import pyarrow.compute as pc

    lowered = pc.utf8_lower(unique)
    is_missing = pc.is_in(lowered, value_set=_strings(MISSING)).to_numpy(zero_copy_only=False)
    known = unique.filter(_bools(~is_missing))
    if len(known):
        for convert in (_numbers, _answers, _times):
            if (found := convert(known)) is not None:
                return _spread(found, is_missing)
    return _texts(unique)


def _numbers(known: Any) -> TypedValues | None:
    import pyarrow.compute as pc

    if not _all(pc.match_substring_regex(known, _NUMBER)) or not _all(pc.match_substring_regex(known, "[0-9]")):
        return None
    if _all(pc.match_substring_regex(known, "^[+-]?[0-9]+$")) and not _all(pc.match_substring_regex(known, _WHOLE)):
        return None  # more digits than a float holds: a serial number
    try:
        values = np.array([float(text) for text in known.to_pylist()], dtype=np.float64)
    except ValueError:  # such as "e5"
        return None
    is_whole = _all(pc.match_substring_regex(known, _WHOLE))
    return TypedValues(NUMBER, values, is_whole=is_whole) if np.isfinite(values).all() else None


def _answers(known: Any) -> TypedValues | None:
    import pyarrow.compute as pc

    lowered = pc.utf8_lower(known)
    is_yes, is_no = (pc.is_in(lowered, value_set=_strings(words)) for words in (YES, NO))
    if not _all(pc.or_(is_yes, is_no)):
        return None
    return TypedValues(YES_NO, is_yes.to_numpy(zero_copy_only=False).astype(np.int8))


def _times(known: Any) -> TypedValues | None:
    import pyarrow.compute as pc

    if not _all(pc.match_substring_regex(known, _TIME)):
        return None
    is_whole = _all(pc.equal(pc.utf8_length(known), 10))
    iso = pc.replace_substring_regex(known, "^([0-9]{4}):([0-9]{2}):([0-9]{2})", r"\1-\2-\3")
    has_zone = bool(pc.any(pc.match_substring_regex(iso, "(Z|[ T].*[+-][0-9:]+)$")).as_py())
    values = _zoned(iso.to_pylist()) if has_zone else _plain(iso)
    return None if values is None else TypedValues(TIME, values, is_whole=is_whole, has_zone=has_zone)


def _plain(texts: Any) -> NDArray[np.datetime64] | None:
    import pyarrow

    try:
        return np.asarray(texts.cast(pyarrow.timestamp("us")).to_numpy(zero_copy_only=False))
    except pyarrow.ArrowInvalid:  # such as the 30th of February
        return None


def _zoned(texts: list[str]) -> NDArray[np.datetime64] | None:
    """Return times in UTC; one without a zone counts as UTC."""
    try:
        times = [datetime.fromisoformat(text) for text in texts]
        plain = [time if time.tzinfo is None else time.astimezone(UTC).replace(tzinfo=None) for time in times]
    except (ValueError, OverflowError):
        return None
    return np.array(plain, dtype="datetime64[us]")


def _texts(unique: Any) -> TypedValues:
    import pyarrow.compute as pc

    order = pc.sort_indices(unique).to_numpy()
    order = order[pc.not_equal(unique, "").to_numpy(zero_copy_only=False)[order]]
    codes = np.full(len(unique), NO_CODE, dtype=np.int32)
    codes[order] = np.arange(len(order), dtype=np.int32)
    return TypedValues(TEXT, codes, unique.take(order).to_pylist())


def _spread(found: TypedValues, is_missing: NDArray[np.bool_]) -> TypedValues:
    """Put the values of the known texts among the missing ones."""
    empty: dict[str, Any] = {NUMBER: np.nan, TIME: np.datetime64("NaT"), YES_NO: NO_CODE}
    values = np.full(len(is_missing), empty[found.kind], dtype=found.values.dtype)
    values[~is_missing] = found.values
    return TypedValues(found.kind, values, (), found.is_whole, found.has_zone)


def _strings(words: Sequence[str]) -> Any:
    import pyarrow

    return pyarrow.array(list(words), pyarrow.string())


def _bools(mask: NDArray[np.bool_]) -> Any:
    import pyarrow

    return pyarrow.array(mask)


def _all(mask: Any) -> bool:
    import pyarrow.compute as pc

    return bool(pc.all(mask).as_py())
