"""Durations in words."""

import pytest

from core.experiments.plans.durations import duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (0.1, "1 s"), (7.4, "7 s"), (42, "40 s"), (58, "1 min"), (95, "1.5 min"), (125, "2 min"),
        (560, "9.5 min"), (599, "10 min"), (3_300, "55 min"), (3_590, "1 h"), (5_430, "1 h 30 min"), (28_800, "8 h"),
    ],
)  # fmt: skip
def test_a_duration_is_rounded_as_an_estimate_may_be(seconds: float, text: str) -> None:
    assert duration(seconds) == text
