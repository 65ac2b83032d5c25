"""Tables of the journeys, and the commit that a measurement names."""

import subprocess

import pytest

from benchmarks.journeys.__main__ import rows
from benchmarks.report import commit, environment


def test_a_failed_journey_leaves_the_rows_of_the_steps_that_were_played() -> None:
    lines = rows("keys", {"open": 1.0, "answer": 2.25}, "keys, step “undo”: a | b")
    assert [line[1:] for line in lines] == [
        ["open", "1.0"],
        ["answer", "2.2"],
        ["**failed: keys, step “undo”: a / b**", "**3.2**"],
    ]
    assert rows("keys", {"open": 1.0})[-1][1:] == ["**the whole**", "**1.0**"]


def test_the_commit_is_that_of_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("read at the end")

    monkeypatch.setattr(subprocess, "run", fail)
    assert f"commit {commit()}, " in environment()
