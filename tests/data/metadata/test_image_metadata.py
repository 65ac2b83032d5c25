"""Metadata of an image folder: stored, opened, filtered, sorted, divided into groups."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import DataError, InputError
from core.data.metadata.column_conditions import conditions_mask, metadata_order, parse_conditions
from core.data.metadata.image_metadata import FILE, Metadata
from core.data.metadata.stored_columns import append_columns, write_columns
from core.data.sources.source_table import SourceTable

COLUMNS = {
    "camera": ["A", "B", "A", ""],
    "temperature": ["10", "20.5", "", "30"],
    "taken": ["2026-05-01", "2026-05-31", "2026-06-01", ""],
    "night": ["yes", "no", "", "yes"],
}


def table(columns: dict[str, list[str]], groups: tuple[str, ...] = ()) -> SourceTable:
    num = len(next(iter(columns.values()), groups))
    names = tuple(f"{n}.png" for n in range(num))
    files = tuple(Path(name) for name in names)
    return SourceTable("a table", Path(), files, names, (None,) * num, (), groups=groups, metadata=columns)


@pytest.fixture
def metadata(tmp_path: Path) -> Metadata:
    write_columns(tmp_path, table(COLUMNS), range(4))
    return Metadata(tmp_path, 4)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (["camera=A"], [0, 2]),
        (["camera=A", "camera=B"], [0, 1, 2]),
        (["camera="], [3]),
        (["camera=C"], []),
        (["temperature=10..20.5"], [0, 1]),
        (["temperature=..10"], [0]),
        (["temperature=20.5.."], [1, 3]),
        (["temperature=30"], [3]),
        (["taken=2026-05"], [0, 1]),
        (["taken=2026"], [0, 1, 2]),
        (["taken=2026-05-31..2026-06"], [1, 2]),
        (["taken=2026-05-31T00:00"], [1]),
        (["taken=..2026-05-01"], [0]),
        (["night=Yes"], [0, 3]),
        (["night="], [2]),
        (["camera=A", "night=yes"], [0]),
    ],
)
def test_conditions_of_one_column_are_alternatives_and_columns_add_up(
    metadata: Metadata, conditions: list[str], expected: list[int]
) -> None:
    keep = conditions_mask(metadata, parse_conditions(conditions), np.arange(4))
    assert np.flatnonzero(keep).tolist() == expected


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ("zoom=1", "There is no metadata column called 'zoom'. There are: camera, temperature, taken, night."),
        ("temperature=warm", "temperature holds numbers"),
        ("taken=31.05.2026", "taken holds times"),
        ("taken=2026-13", "taken holds times"),
        ("night=perhaps", "night is yes or no"),
    ],
)
def test_a_condition_that_does_not_fit_says_what_does(metadata: Metadata, condition: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence[:40]) as caught:
        conditions_mask(metadata, parse_conditions([condition]), np.arange(4))
    assert sentence in str(caught.value)


@pytest.mark.parametrize("text", ["camera", "=A", " =A"])
def test_a_condition_names_a_column(text: str) -> None:
    with pytest.raises(InputError, match="COLUMN=VALUE"):
        parse_conditions([text])


@pytest.mark.parametrize(
    ("ranking", "expected"),
    [
        ("ascending:camera", [0, 2, 1, 3]),
        ("descending:camera", [1, 0, 2, 3]),
        ("descending:temperature", [3, 1, 0, 2]),
        ("ascending:taken", [0, 1, 2, 3]),
        ("descending:night", [0, 3, 1, 2]),
    ],
)
def test_missing_values_come_last_in_either_order(metadata: Metadata, ranking: str, expected: list[int]) -> None:
    assert metadata_order(metadata, ranking, np.arange(4)).tolist() == expected


def test_plain_values_are_those_of_the_source(metadata: Metadata) -> None:
    found = {name: metadata.column(name).plain(np.arange(4)) for name in metadata.names}
    assert found == {
        "camera": ["A", "B", "A", None],
        "temperature": [10.0, 20.5, None, 30.0],
        "taken": ["2026-05-01", "2026-05-31", "2026-06-01", None],
        "night": [True, False, None, True],
    }


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.one_of(st.floats(-1e9, 1e9).map(repr), st.integers(-99, 99).map(str), st.just("")), max_size=60)
)
def test_the_condition_of_a_group_holds_exactly_for_its_images(
    values: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("images")
    write_columns(folder, table({"x": values}), range(len(values)))
    metadata, ids = Metadata(folder, len(values)), np.arange(len(values))
    groups = metadata.groups("x")
    for number, condition in enumerate(groups.conditions):
        assert condition is not None
        assert (conditions_mask(metadata, [("x", condition)], ids) == (groups.of_image == number)).all()


def test_rare_texts_share_one_group(tmp_path: Path) -> None:
    values = [f"v{n % 40}" for n in range(80)]
    write_columns(tmp_path, table({"x": values}), range(80))
    groups = Metadata(tmp_path, 80).groups("x")
    assert len(groups.names) == 20
    assert groups.names[-1] == "21 other values"
    assert groups.conditions[-1] is None
    assert np.bincount(groups.of_image).tolist() == [2] * 19 + [42]


def test_hostile_headers_and_cells_can_be_stored(tmp_path: Path) -> None:
    columns = {"a\nb": ["\ud800", "x"], "": ["1", "2"], "group": ["own", "own"]}
    write_columns(tmp_path, table(columns, groups=("g1", "g2")), range(2))
    found = Metadata(tmp_path, 2)
    assert found.names == ("group", "a b", "column", "group (2)")
    assert found.column("group").plain(np.arange(2)) == ["g1", "g2"]
    assert found.column("a b").plain(np.arange(2)) == ["\\ud800", "x"]


def test_added_images_bring_columns_of_their_own(tmp_path: Path) -> None:
    write_columns(tmp_path, table({"a": ["1", "2"]}), range(2))
    append_columns(tmp_path, table({"b": ["x"], "a": ["3"]}), 2, [0])
    found = Metadata(tmp_path, 3)
    assert found.names == ("a", "b")
    assert found.column("a").plain(np.arange(3)) == [1, 2, 3]
    assert found.column("b").plain(np.arange(3)) == [None, None, "x"]


def test_images_whose_metadata_were_not_written_have_none(tmp_path: Path) -> None:
    write_columns(tmp_path, table({"a": ["1", "2"]}), range(2))
    assert Metadata(tmp_path, 4).column("a").plain(np.arange(4)) == [1, 2, None, None]
    assert Metadata(tmp_path, 1).column("a").plain(np.arange(1)) == [1]


def test_without_metadata_a_column_is_refused_with_a_sentence(tmp_path: Path) -> None:
    assert Metadata(tmp_path, 3).names == ()
    with pytest.raises(InputError, match="have no metadata"):
        Metadata(tmp_path, 3).column("camera")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"PAR1 cut short")
    with pytest.raises(DataError, match=FILE):
        _ = Metadata(tmp_path, 3).names


def test_columns_that_were_not_texts_are_read_too(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": pa.array([1, None, 3])}), tmp_path / FILE)
    assert Metadata(tmp_path, 3).column("n").plain(np.arange(3)) == [1, None, 3]
