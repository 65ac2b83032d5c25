"""A measurement that was stopped goes on after its last finished row."""

import json
from pathlib import Path

import pytest

from benchmarks.finished_rows import FinishedRows
from core import InputError


def measured(
    file: Path | None, keys: list[str], settings: dict[str, float] | None = None
) -> tuple[list[str], list[int]]:
    """Measure each key; return the keys that were measured anew, and all values."""
    rows, made = FinishedRows(file, settings or {"target": 0.1}), list[str]()

    def measure(key: str) -> dict[str, int]:
        made.append(key)
        return {"value": len(key)}

    return made, [rows.of(key, lambda key=key: measure(key))["value"] for key in keys]  # type: ignore[misc]


def test_finished_rows_are_read_and_a_line_that_was_cut_off_is_measured_again(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    assert measured(file, ["a", "bb"]) == (["a", "bb"], [1, 2])
    file.write_text(file.read_text()[:-9])  # killed while it wrote
    assert measured(file, ["a", "bb", "ccc"]) == (["bb", "ccc"], [1, 2, 3])
    assert measured(file, ["a", "bb", "ccc"]) == ([], [1, 2, 3])
    keys = [json.loads(line)["key"] for line in file.read_text().splitlines()[1:] if line.endswith("}}")]
    assert keys == ["a", "bb", "ccc"]


def test_rows_with_other_settings_are_refused_and_without_a_file_nothing_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    measured(file, ["a"])
    with pytest.raises(InputError, match="other settings"):
        measured(file, ["a"], {"target": 0.05})
    assert measured(None, ["a"])[0] == measured(None, ["a"])[0] == ["a"]
