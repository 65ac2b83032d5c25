"""Measurements beside the page: shown when they are known, told when they fail, and never repeated by themselves."""

import time

import pytest

from core import InputError
from dashboard.state.measurements import forget, is_measuring, measured


def until_done(key: str) -> None:
    end = time.monotonic() + 20
    while is_measuring(key):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_failed_is_told_each_time_and_begins_anew_only_when_forgotten() -> None:
    asked: list[str] = []

    def fail() -> str | None:
        asked.append("")
        raise InputError("cannot be measured")

    assert measured("fails", lambda: None, fail) is None
    for _ in range(3):
        until_done("fails")
        with pytest.raises(InputError, match="cannot be measured"):
            measured("fails", lambda: None, fail)
    assert len(asked) == 1
    forget("fails")
    assert measured("fails", lambda: None, fail) is None
    until_done("fails")
    assert len(asked) == 2


def test_the_result_counts_where_nothing_can_be_kept() -> None:
    asked: list[str] = []

    def measure() -> str | None:
        asked.append("")
        return "40 s"

    assert measured("unkept", lambda: None, measure) is None
    until_done("unkept")
    assert measured("unkept", lambda: None, measure) == "40 s"
    assert len(asked) == 1
    assert measured("unkept", lambda: "30 s", measure) == "30 s"


def test_what_is_being_measured_is_not_forgotten() -> None:
    begun = time.monotonic()
    assert measured("slow", lambda: None, lambda: time.sleep(0.3)) is None
    forget("slow")
    assert is_measuring("slow")
    until_done("slow")
    assert time.monotonic() - begun >= 0.3
