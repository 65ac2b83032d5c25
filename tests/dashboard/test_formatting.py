"""Durations and shares as text."""

import pytest

from core import RunStatus
from core.experiments.plans.durations import duration
from dashboard import formatting


@pytest.mark.parametrize("seconds", [0, 7.4, 59.6, 92, 599, 3_605, 5_430])
def test_durations_have_the_words_of_the_estimates(seconds: float) -> None:
    assert formatting.duration(seconds) == duration(seconds)


def test_an_unknown_duration_is_a_dash() -> None:
    assert formatting.duration(None) == "–"


def test_a_run_that_has_not_begun_is_not_done() -> None:
    assert formatting.share_done(RunStatus("queued")) == 0
    assert formatting.share_done(RunStatus("running", epoch=3, epochs=4)) == 0.75
