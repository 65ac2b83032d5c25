"""Scores: known numbers, ranges, and the effect of a temperature."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.base.types import Logits, Probs
from core.scoring import scores as s

LOGITS = arrays(np.float32, st.tuples(st.integers(1, 12), st.integers(2, 6)), elements=st.floats(-50, 50, width=32))


def peaked(top: float, num_classes: int = 10) -> Probs:
    """One row with the given probability on class 3 and the rest spread evenly."""
    probs = np.full((1, num_classes), (1 - top) / (num_classes - 1), dtype=np.float32)
    probs[0, 3] = top
    return probs


@pytest.mark.parametrize(("top", "bits"), [(0.8, 1.356), (0.9, 0.786), (0.95, 0.445), (0.99, 0.112)])
def test_entropy_of_ten_classes_with_an_even_remainder(top: float, bits: float) -> None:
    assert s.entropy(peaked(top))[0] == pytest.approx(bits, abs=6e-4)


def test_entropy_runs_from_zero_for_a_certain_row_to_log2_of_the_classes() -> None:
    assert s.entropy(peaked(1.0))[0] == 0
    assert s.entropy(np.full((1, 8), 1 / 8, dtype=np.float32))[0] == pytest.approx(3)


def test_confidence_margin_and_classes_of_a_small_example() -> None:
    probs = np.array([[0.1, 0.6, 0.3], [0.5, 0.25, 0.25]], dtype=np.float32)
    assert s.confidence(probs) == pytest.approx([0.6, 0.5])
    assert s.margin(probs) == pytest.approx([0.3, 0.25])
    assert s.pseudo_labels(probs).tolist() == [1, 0]
    assert s.top_classes(probs, 2).tolist() == [[1, 2], [0, 1]]
    assert s.top_classes(probs, 9).shape == (2, 3)


def test_energy_of_a_small_example_and_without_overflow() -> None:
    assert s.energy(np.log(np.array([[1, 3]], dtype=np.float32)))[0] == pytest.approx(-np.log(4))
    assert s.energy(np.array([[4.0, 4.0]], dtype=np.float32), 2.0)[0] == pytest.approx(-4 - 2 * np.log(2))
    assert s.energy(np.array([[1000.0, 0.0]], dtype=np.float32))[0] == pytest.approx(-1000)


def test_probabilities_of_a_small_example() -> None:
    logits = np.log(np.array([[1, 3], [9, 1]], dtype=np.float32))
    np.testing.assert_allclose(s.probabilities(logits), [[0.25, 0.75], [0.9, 0.1]], rtol=1e-6)
    np.testing.assert_allclose(s.probabilities(logits, 2.0)[1], [0.75, 0.25], rtol=1e-6)


@given(LOGITS, st.floats(0.05, 20))
def test_every_score_stays_in_its_range(logits: Logits, temperature: float) -> None:
    num_classes = logits.shape[1]
    found = s.score(logits, temperature)
    np.testing.assert_allclose(s.probabilities(logits, temperature).sum(axis=1), 1, rtol=1e-5)
    assert ((found.confidence >= np.float32(1 / num_classes) * 0.9999) & (found.confidence <= 1)).all()
    assert ((found.entropy >= 0) & (found.entropy <= np.log2(num_classes) + 1e-4)).all()
    assert ((found.margin >= 0) & (found.margin <= 1)).all()


@given(LOGITS, st.floats(0.05, 20))
def test_a_temperature_never_changes_a_prediction(logits: Logits, temperature: float) -> None:
    assert (s.score(logits, temperature).pseudo_labels == logits.argmax(axis=1)).all()


def test_temperature_keeps_float32_ties() -> None:
    logits = np.array([[1.0, np.nextafter(np.float32(1), np.float32(2))]], dtype=np.float32)
    assert s.score(logits, 20.0).pseudo_labels[0] == 1


def test_higher_temperature_lowers_confidence() -> None:
    logits = np.random.default_rng(0).normal(0, 3, (200, 5)).astype(np.float32)
    cold, hot = s.score(logits, 0.5), s.score(logits, 2.0)
    assert (hot.confidence < cold.confidence).all()
    assert (hot.entropy > cold.entropy).all()


def test_chunks_do_not_change_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    logits = np.random.default_rng(1).normal(0, 3, (50, 4)).astype(np.float32)
    probs = s.probabilities(logits, 1.5)
    monkeypatch.setattr(s, "_CHUNK", 7)
    found = s.score(logits, 1.5)
    np.testing.assert_array_equal(found.confidence, s.confidence(probs))
    np.testing.assert_array_equal(found.entropy, s.entropy(probs))
    np.testing.assert_array_equal(found.margin, s.margin(probs))
    np.testing.assert_array_equal(found.pseudo_labels, s.pseudo_labels(probs))
    assert found.num_classes == 4


def test_scores_of_no_images_are_empty() -> None:
    found = s.score(np.empty((0, 3), dtype=np.float32))
    assert found.confidence.shape == found.pseudo_labels.shape == (0,)


def test_order_is_highest_first_and_keeps_equal_values_in_place() -> None:
    assert s.order(np.array([1, 3, 2, 3], dtype=np.float32)).tolist() == [1, 3, 2, 0]


@pytest.mark.parametrize("name", s.RANKINGS)
def test_ranking_returns_one_value_per_image_in_the_right_direction(name: str) -> None:
    probs = np.concatenate([peaked(top) for top in (0.9, 0.5, 0.99, 0.7)])
    scores = s.score(np.log(probs))
    values = s.RANKINGS[name](scores)
    doubtful_first = [1, 3, 0, 2]
    assert values.shape == (4,)
    assert values.dtype == np.float32
    assert s.order(values).tolist() == (doubtful_first[::-1] if name == "most_confident" else doubtful_first)
