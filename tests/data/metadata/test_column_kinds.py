"""Kinds of metadata columns: what a column of texts is, and that no value is lost."""

import numpy as np
import pyarrow as pa
import pytest

from core.data.metadata.column_kinds import NUMBER, TEXT, TIME, YES_NO, typed_values


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["1", "2.5", "-3e4", ".5", "5."], NUMBER),
        (["1", "", "NaN", "n/a"], NUMBER),
        (["007", "008"], TEXT),
        (["12345678901234567890"], TEXT),
        (["1,5", "2,5"], TEXT),
        (["1e999"], TEXT),
        (["inf"], TEXT),
        (["e5"], TEXT),
        (["."], TEXT),
        (["1_000"], TEXT),
        (["yes", "No", "TRUE", "false", ""], YES_NO),
        (["yes", "maybe"], TEXT),
        (["2026-05-31", "2026-06-01"], TIME),
        (["2026-05-31T12:00:01.5", "2026-05-31 12:00"], TIME),
        (["2026:05:31 12:00:00"], TIME),
        (["2026-05-31T12:00:00+02:00", "2026-05-31T12:00:00Z"], TIME),
        (["2026-02-30"], TEXT),
        (["2026-02-30T12:00:00Z"], TEXT),
        (["", "nan"], TEXT),
        ([], TEXT),
    ],
)
def test_a_kind_is_one_that_all_known_values_have(texts: list[str], kind: str) -> None:
    assert typed_values(pa.array(texts, pa.string())).kind == kind


def test_a_time_with_a_zone_is_stored_in_utc() -> None:
    found = typed_values(pa.array(["2026-05-31T12:00:00+02:00", ""], pa.string()))
    assert found.has_zone
    assert found.values[0] == np.datetime64("2026-05-31T10:00:00")
    assert np.isnat(found.values[1])


def test_texts_are_numbered_in_their_order() -> None:
    found = typed_values(pa.array(["b", "", "a", "=1+1"], pa.string()))
    assert list(found.texts) == ["=1+1", "a", "b"]
    assert found.values.tolist() == [2, -1, 1, 0]


def test_whole_numbers_are_told_from_others() -> None:
    assert typed_values(pa.array(["1", "-2", ""], pa.string())).is_whole
    assert not typed_values(pa.array(["1", "2.0"], pa.string())).is_whole
