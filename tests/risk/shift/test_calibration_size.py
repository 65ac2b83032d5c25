"""The computed number of answers suffices, rises with what is asked, and stays below the pool."""

import numpy as np
import pytest

from core.base.errors import InputError
from core.risk.risk_control import conformal_threshold
from core.risk.shift.calibration_size import answers_needed


def test_stricter_targets_and_a_risk_need_more_answers() -> None:
    numbers = [answers_needed(target, 10**6) for target in (0.2, 0.1, 0.05, 0.02)]
    assert numbers == sorted(numbers)
    assert answers_needed(0.05, 10**6, risk=0.1) > answers_needed(0.05, 10**6)
    assert answers_needed(0.05, 10**6, risk=0.05) > answers_needed(0.05, 10**6, risk=0.1)
    assert answers_needed(0.01, 120) == 120


def test_the_number_lets_half_of_the_pool_be_accepted_in_most_draws() -> None:
    rng, target = np.random.default_rng(0), 0.1
    num, accepted = answers_needed(target, 10_000), 0
    for _ in range(100):
        known = rng.random(num).astype(np.float32)
        is_right = rng.random(num) >= np.where(known >= 0.5, target / 2, 0.6)
        pool = np.linspace(0, 1, 5_000).astype(np.float32)
        accepted += conformal_threshold(pool, known, is_right, target).coverage >= 0.49
    assert accepted >= 75


@pytest.mark.parametrize(
    ("target", "risk", "size"), [(0.0, None, 100), (1.0, None, 100), (0.1, 0.0, 100), (0.1, 0.1, 0)]
)
def test_numbers_out_of_range_are_refused(target: float, risk: float | None, size: int) -> None:
    with pytest.raises(InputError):
        answers_needed(target, size, risk)
