"""The three states: what was rejected is withdrawn, what was not drawn from the pool is an estimate."""

from dataclasses import replace

import pytest

from core.risk.shift.two_sample import TwoSampleTest
from core.risk.shift.validity import CLASS_MIX, ESTIMATED, GUARANTEED, NOT_VALID, OTHER, Evidence, state_of

ALIKE = TwoSampleTest(100, 800, 0.51, 0.4, 0.6, 0.025)
OTHERWISE = TwoSampleTest(100, 800, 0.8, 0.002, 0.6, 0.025)
DRAWN = Evidence("pool", True, 100, 900, "none", ALIKE, ALIKE)


@pytest.mark.parametrize(
    ("known", "state"),
    [
        (DRAWN, GUARANTEED),
        (replace(DRAWN, is_random_draw=False, origin="labels"), ESTIMATED),
        (replace(DRAWN, num_calibration=29), ESTIMATED),
        (replace(DRAWN, num_calibration=0, features=None, scores=None), ESTIMATED),
        (replace(DRAWN, features=None, scores=None), ESTIMATED),
        (replace(DRAWN, has_grown=True), ESTIMATED),
        (replace(DRAWN, features=OTHERWISE, shift=OTHER), NOT_VALID),
        (replace(DRAWN, scores=OTHERWISE, shift=CLASS_MIX, is_random_draw=False), NOT_VALID),
    ],
)
def test_the_state_follows_from_the_draw_and_the_tests(known: Evidence, state: str) -> None:
    found, reason = state_of(known)
    assert found == state
    assert reason.endswith(".")


def test_the_reason_states_n_and_what_would_be_missed() -> None:
    _, reason = state_of(replace(DRAWN, is_random_draw=False))
    assert "n = 100 and 800" in reason
    assert "AUROC 0.60" in reason
