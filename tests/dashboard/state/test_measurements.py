"""Measurements beside the page: shown when they are known, told when they fail, and never repeated by themselves."""

import threading
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
    may_end, asked = threading.Event(), list[str]()

    def measure() -> str | None:
        asked.append("")
        may_end.wait(20)
        return "40 s"

    assert measured("slow", lambda: None, measure) is None
    forget("slow")
    assert is_measuring("slow")
    assert measured("slow", lambda: None, measure) is None
    may_end.set()
    until_done("slow")
    assert measured("slow", lambda: None, measure) == "40 s"
    assert len(asked) == 1
