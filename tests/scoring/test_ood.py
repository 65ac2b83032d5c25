"""OOD scores are high for OOD images, with and without labeled images."""

import numpy as np

from core.scoring.ood import auroc, ood_scores


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
