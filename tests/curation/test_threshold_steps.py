"""Threshold steps: one image apart, exact counts, equal values together."""

import numpy as np
import pytest

from core.curation.threshold_steps import StepInputs, first_kept, threshold_steps

RNG = np.random.default_rng(5)
NUM = 300
INPUTS = StepInputs(
    RNG.integers(0, 4, NUM), RNG.random(NUM) < 0.6, RNG.random(NUM) < 0.2, RNG.random(NUM) < 0.1, num_groups=4
)


def values(kind: str) -> np.ndarray:
    drawn = RNG.random(NUM).astype(np.float32)
    return {"apart": drawn, "ties": np.round(drawn, 1), "one": np.full(NUM, np.float32(1))}[kind].astype(np.float32)


@pytest.mark.parametrize("is_below", [False, True])
@pytest.mark.parametrize("kind", ["apart", "ties", "one"])
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.77, 1.0])
def test_every_step_counts_what_its_value_keeps(kind: str, threshold: float, is_below: bool) -> None:
    found = values(kind)
    uncertain_first = np.argsort(-found if is_below else found, kind="stable")
    all_steps, here = threshold_steps(found, uncertain_first, threshold, INPUTS, is_below=is_below, count=12)
    assert all_steps[here].value == np.float32(threshold)
    kept = []
    for step in all_steps:
        keeps = found <= np.float32(step.value) if is_below else found >= np.float32(step.value)
        kept.append(keeps.sum())
        assert step.kept == keeps.sum()
        assert (step.open, step.right, step.wrong) == tuple(
            (mask & keeps).sum() for mask in (INPUTS.is_open, INPUTS.is_right, INPUTS.is_wrong)
        )
        assert step.per_class == np.bincount(INPUTS.group[keeps], minlength=4).tolist()
    assert sorted(kept, reverse=True) == kept, "from loose to strict"
    assert len(all_steps) - here - 1 <= 12
    assert here <= 12


def test_each_step_keeps_one_image_more_or_less() -> None:
    found = values("apart")
    uncertain_first = np.argsort(found, kind="stable")
    all_steps, here = threshold_steps(found, uncertain_first, 0.5, INPUTS, is_below=False)
    counts = [step.kept for step in all_steps]
    assert counts[:here] == list(range(counts[here] + here, counts[here], -1))
    assert counts[here + 1 :] == list(range(counts[here] - 1, counts[here] - 41, -1))


def test_first_kept_row_is_the_first_that_meets_the_threshold() -> None:
    found, rows, expected = np.array([0.1, 0.5, 0.5, 0.9], dtype=np.float32), np.arange(4), [0, 1, 3, 4]
    assert [first_kept(found, rows, limit, is_below=False) for limit in (0.0, 0.5, 0.6, 1.0)] == expected
    assert [first_kept(found, rows[::-1], limit, is_below=True) for limit in (1.0, 0.5, 0.4, 0.0)] == expected


def test_empty_pool_has_one_threshold_that_keeps_nothing() -> None:
    nothing = np.empty(0, dtype=np.float32)
    none = np.empty(0, dtype=np.bool_)
    inputs = StepInputs(np.empty(0, dtype=np.int64), none, none, none, num_groups=2)
    (step,), here = threshold_steps(nothing, np.empty(0, dtype=np.int64), 0.5, inputs, is_below=False)
    assert (here, step.kept, step.per_class) == (0, 0, [0, 0])
