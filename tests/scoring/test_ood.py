"""OOD scores are high for OOD images, with and without labeled images."""

import numpy as np
import pytest
from scipy.special import logsumexp

from core.base.errors import InputError
from core.scoring.ood import LOGIT_SCORES, auroc, conformal_p_values, is_ood, knn_distance, ood_scores


def test_every_score_is_high_for_an_ood_image() -> None:
    rng = np.random.default_rng(1)
    own, odd = rng.normal(size=(40, 3)) * 0.1, rng.normal(size=(40, 3)) * 0.1
    own[:, 0] += 8
    features, bank = np.eye(3)[[0] * 40] + rng.normal(size=(40, 3)) * 0.01, np.eye(3)[[0] * 3]
    usual = ood_scores(own.astype(np.float32), features, bank, 1.0)
    unusual = ood_scores(odd.astype(np.float32), -features, bank, 1.0)
    assert set(usual) == {"entropy", "energy", "neighbor distance"}
    for name, values in usual.items():
        assert auroc(unusual[name], values) == 1.0


def test_without_labeled_images_the_distance_is_left_out() -> None:
    logits, features = np.zeros((4, 3), np.float32), np.ones((4, 5))
    assert set(ood_scores(logits, features, features[:0], 1.0)) == {"entropy", "energy"}


def test_logit_scores_are_high_for_an_image_of_no_class() -> None:
    logits = np.array([[9, 0, 0], [0.1, 0, 0.1]], dtype=np.float32)
    for score in LOGIT_SCORES.values():
        usual, unusual = score(logits, 1.0)
        assert unusual > usual
    assert LOGIT_SCORES["energy"](logits, 2.0) == pytest.approx(-2 * logsumexp(logits / 2, axis=1), rel=1e-5)


def test_knn_distance_of_a_small_example() -> None:
    reference = np.array([[1, 0], [0, 3], [-1, 0]])
    found = knn_distance(np.array([[5.0, 0.0], [0.0, -2.0]]), reference, k=2)
    assert found == pytest.approx([np.sqrt(2), np.sqrt(2)], abs=1e-6)
    assert knn_distance(np.array([[5.0, 0.0]]), reference, k=1) == pytest.approx([0], abs=1e-3)
    with pytest.raises(InputError, match="3 labeled"):
        knn_distance(reference, reference, k=4)


def test_conformal_p_values_of_a_small_example() -> None:
    known = np.array([0.1, 0.2, 0.3, 0.4], dtype=np.float32)
    found = conformal_p_values(np.array([0.05, 0.3, 0.9], dtype=np.float32), known)
    assert found.tolist() == [1.0, 0.6, 0.2]
    assert conformal_p_values(np.ones(2, dtype=np.float32), np.empty(0, dtype=np.float32)).tolist() == [1, 1]


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2])
def test_in_distribution_images_are_marked_at_the_false_alarm_rate(rate: float) -> None:
    rng, called = np.random.default_rng(0), []
    for _ in range(400):
        known, new = rng.normal(size=99).astype(np.float32), rng.normal(size=200).astype(np.float32)
        called.append(is_ood(conformal_p_values(new, known), rate).mean())
    assert abs(np.mean(called) - rate) < 4 * np.std(called) / np.sqrt(400)


def test_auroc_counts_pairs() -> None:
    unusual, usual = np.array([3, 1], dtype=np.float32), np.array([0, 1, 2], dtype=np.float32)
    assert auroc(unusual, usual) == pytest.approx((3 + 1.5) / 6)
    assert np.isnan(auroc(unusual[:0], usual))
