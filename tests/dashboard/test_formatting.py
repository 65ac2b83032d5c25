"""Durations and shares as text."""

import pytest

from core import RunStatus
from dashboard import formatting


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (59.4, "59 s"), (59.6, "1 min 00 s"), (3605, "1 h 00 min"), (0, "0 s")]
)
def test_durations_are_words(seconds: float | None, text: str) -> None:
    assert formatting.duration(seconds) == text


def test_a_run_that_has_not_begun_is_not_done() -> None:
    assert formatting.share_done(RunStatus("queued")) == 0
    assert formatting.share_done(RunStatus("running", epoch=3, epochs=4)) == 0.75
