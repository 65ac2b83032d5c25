"""Every foreign score is high for what is foreign, with labeled images to compare with and without."""

import numpy as np

from core.scoring.ood import auroc, foreignness


def test_every_score_is_high_for_a_foreign_image() -> None:
    rng = np.random.default_rng(1)
    own, odd = rng.normal(size=(40, 3)) * 0.1, rng.normal(size=(40, 3)) * 0.1
    own[:, 0] += 8
    features, bank = np.eye(3)[[0] * 40] + rng.normal(size=(40, 3)) * 0.01, np.eye(3)[[0] * 3]
    usual = foreignness(own.astype(np.float32), features, bank, 1.0)
    foreign = foreignness(odd.astype(np.float32), -features, bank, 1.0)
    assert set(usual) == {"entropy", "energy", "neighbor distance"}
    for name, values in usual.items():
        assert auroc(foreign[name], values) == 1.0


def test_without_labeled_images_the_distance_is_left_out() -> None:
    logits, features = np.zeros((4, 3), np.float32), np.ones((4, 5))
    assert set(foreignness(logits, features, features[:0], 1.0)) == {"entropy", "energy"}
