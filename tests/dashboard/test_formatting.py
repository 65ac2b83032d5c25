"""Durations and shares as text."""

import pytest

from core import RunStatus
from core.experiments.plans.durations import duration
from dashboard import formatting


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (59.4, "59 s"), (59.6, "1 min 00 s"), (3605, "1 h 00 min"), (0, "0 s")]
)
def test_measured_durations_are_not_rounded_away(seconds: float | None, text: str) -> None:
    assert formatting.duration(seconds) == text


@pytest.mark.parametrize("seconds", [0, 7.4, 59.6, 92, 599, 3_605, 5_430])
def test_time_left_has_the_words_of_the_estimates(seconds: float) -> None:
    assert formatting.time_left(seconds) == duration(seconds)
    assert formatting.time_left(None) == "–"


def test_a_run_that_has_not_begun_is_not_done() -> None:
    assert formatting.share_done(RunStatus("queued")) == 0
    assert formatting.share_done(RunStatus("running", epoch=3, epochs=4)) == 0.75
