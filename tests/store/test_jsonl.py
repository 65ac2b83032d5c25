"""Samples of long line files span the file at a constant cost."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from core.base.errors import DataError
from core.store import jsonl
from core.store.jsonl import append_line, read_lines, sample_lines, write_lines


def numbers(path: Path, most: int) -> list[int]:
    return [line["n"] for line in sample_lines(path, most)]


@pytest.mark.parametrize("is_long", [False, True])
def test_a_sample_goes_evenly_from_the_first_line_to_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_long: bool
) -> None:
    monkeypatch.setattr(jsonl, "_SHORT", 1000 if is_long else 1 << 30)
    path = tmp_path / "a.jsonl"
    write_lines(path, [{"n": n, "x": "y" * (n % 7)} for n in range(5000)])
    found = numbers(path, 50)
    assert len(found) in (50, 51) if is_long else len(found) == 50
    assert (found[0], found[-1]) == (0, 4999)
    steps = [b - a for a, b in pairwise(found)]
    assert min(steps) > 0
    assert max(steps) < 2 * 5000 / 50


def test_a_short_file_is_sampled_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    assert sample_lines(path, 10) == []
    for n in range(10):
        append_line(path, {"n": n})
    assert sample_lines(path, 10) == read_lines(path)


@pytest.mark.parametrize("short", [0, 1 << 20])
def test_a_line_that_is_being_written_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short: int) -> None:
    monkeypatch.setattr(jsonl, "_SHORT", short)
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"n": n}) + "\n" for n in range(300)) + '{"n": 30')
    found = numbers(path, 20)
    assert (found[0], found[-1]) == (0, 299)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"n": 1}\n{"n\n{"n": 3}\n')
    with pytest.raises(DataError, match=r"a\.jsonl cannot be read"):
        sample_lines(path, 10)


def test_of_a_long_file_only_the_places_looked_at_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    line = json.dumps({"n": 0, "x": "y" * 190}).encode() + b"\n"
    path.write_bytes(line * 100_000)
    damaged = bytearray(path.read_bytes())
    far = [n * len(damaged) // 9 + 5000 for n in range(9)]  # between the ten places
    for place in far:
        damaged[place] = ord("\x00")
    path.write_bytes(bytes(damaged))
    assert len(sample_lines(path, 10)) in (10, 11)
