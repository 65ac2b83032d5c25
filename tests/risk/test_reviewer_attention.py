"""Reviewer attention: who is flagged, what the result holds, which suggestions are wrong."""

import numpy as np
import pytest
from scipy.stats import beta

from core.risk import reviewer_attention as r


def decisions(num: int, catch_rate: float, rng: np.random.Generator) -> r.ReviewerAttention:
    """Attention of a reviewer after num decisions, one in eight with a wrong suggestion."""
    is_planted = np.arange(num) % 8 == 7
    caught = rng.random(int(is_planted.sum())) < catch_rate
    return r.reviewer_attention(caught, np.ones(0, dtype=np.bool_), [0.4] * num)


def test_a_reviewer_who_always_accepts_is_flagged_within_40_decisions_and_one_who_looks_is_not() -> None:
    rng = np.random.default_rng(0)
    assert decisions(40, 0.0, rng).is_flagged
    assert not decisions(32, 0.0, rng).is_flagged
    assert np.mean([decisions(40, 0.9, rng).is_flagged for _ in range(1_000)]) < 0.01


def test_result_holds_the_number_of_checks() -> None:
    found = r.reviewer_attention(np.array([True, False]), np.array([True, True, False, True]), [1.0, 3.0, 9.0])
    assert (found.caught.count, found.caught.n, found.disagreement.value, found.median_seconds) == (1, 2, 0.25, 3.0)
    nothing = r.reviewer_attention(np.empty(0, np.bool_), np.empty(0, np.bool_), [])
    assert not nothing.is_flagged
    assert np.isnan(nothing.median_seconds)


def test_wrong_suggestions_prefer_the_models_own_mistakes() -> None:
    rng = np.random.default_rng(0)
    labels, guesses = rng.integers(0, 4, 300), rng.integers(0, 4, 300)
    rows, shown = r.wrong_suggestions(guesses, labels, 4, 100, rng)
    assert len(set(rows.tolist())) == 100
    assert (shown != labels[rows]).all()
    is_mistake = guesses[rows] != labels[rows]
    assert (shown == guesses[rows])[is_mistake].all()


def test_beta_quantiles_are_those_of_the_interval_shown() -> None:
    assert r.reviewer_attention(np.zeros(5, np.bool_), np.ones(0, np.bool_), []).caught.high == pytest.approx(
        beta.ppf(0.975, 1, 5)
    )
