"""Foreign scores on hand-made numbers and against plain definitions."""

import numpy as np
import pytest

from core.curate.outliers import auroc, foreignness, neighbor_distance


def test_the_neighbor_distance_is_that_of_the_kth_nearest_direction() -> None:
    bank = np.array([[1.0, 0.0], [0.0, 2.0], [-3.0, 0.0]])
    found = neighbor_distance(np.array([[5.0, 0.0], [0.0, -1.0]]), bank, k=1)
    assert found.tolist() == pytest.approx([0.0, np.sqrt(2)], abs=1e-6)
    assert neighbor_distance(np.array([[5.0, 0.0]]), bank, k=2).tolist() == pytest.approx([np.sqrt(2)])
    assert neighbor_distance(np.array([[5.0, 0.0]]), bank, k=9).tolist() == pytest.approx([2.0])


def test_chunks_of_a_large_question_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    features, bank = rng.normal(size=(50, 8)), rng.normal(size=(20, 8))
    whole = neighbor_distance(features, bank)
    monkeypatch.setattr("core.curate.outliers._CHUNK", 60)
    np.testing.assert_allclose(neighbor_distance(features, bank), whole)
    plain = np.linalg.norm(
        (features / np.linalg.norm(features, axis=1, keepdims=True))[:, None]
        - bank / np.linalg.norm(bank, axis=1, keepdims=True),
        axis=2,
    )
    np.testing.assert_allclose(whole, np.sort(plain, axis=1)[:, 4], atol=1e-5)


def test_without_a_bank_everything_is_equally_foreign() -> None:
    assert neighbor_distance(np.ones((2, 3)), np.empty((0, 3))).tolist() == [2.0, 2.0]


def test_auroc_counts_pairs_and_ties_half() -> None:
    usual, foreign = np.array([0.1, 0.4, 0.4]), np.array([0.4, 0.9])
    pairs = [(f > u) + 0.5 * (f == u) for f in foreign for u in usual]
    assert auroc(usual, foreign) == pytest.approx(np.mean(pairs))
    assert auroc(np.array([0.0, 1.0]), np.array([2.0])) == 1.0
    assert auroc(np.array([1.0]), np.array([0.0])) == 0.0
    assert np.isnan(auroc(np.array([]), np.array([1.0])))


def test_every_score_is_high_for_a_foreign_image() -> None:
    rng = np.random.default_rng(1)
    own, odd = rng.normal(size=(40, 3)) * 0.1, rng.normal(size=(40, 3)) * 0.1
    own[:, 0] += 8
    features, bank = np.eye(3)[[0] * 40] + rng.normal(size=(40, 3)) * 0.01, np.eye(3)[[0] * 10]
    usual = foreignness(own.astype(np.float32), features, bank, 1.0)
    foreign = foreignness(odd.astype(np.float32), -features, bank, 1.0)
    assert set(usual) == {"entropy", "energy", "neighbor distance"}
    for name, values in usual.items():
        assert auroc(values, foreign[name]) == 1.0
