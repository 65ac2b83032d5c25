"""Time left."""

from core.training.runtime.pace import Pace


def test_the_time_left_follows_what_was_done_since_the_first_look() -> None:
    now = 100.0
    pace = Pace(lambda: now)
    assert pace.left(20, 100) is None, "a resumed run has steps of an earlier process"
    now = 110.0
    assert pace.left(20, 100) is None
    assert pace.left(40, 100) == 30.0
    now = 115.0
    assert pace.left(100, 100) == 0.0
