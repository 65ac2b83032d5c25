"""Class balance: shares of the classes, caps that keep the most confident images."""

import numpy as np
import pytest

from core.base.errors import InputError
from core.curation import class_balance as g


def test_cap_keeps_the_most_confident_images_of_a_class() -> None:
    labels = np.array([0] * 8 + [1] * 2)
    confidence = np.linspace(0.5, 0.95, 10).astype(np.float32)
    shares = g.class_shares(labels, np.array([50, 50]), factor=1.2)
    assert [(s.count, s.share, s.prior, s.is_over) for s in shares] == [(8, 0.8, 0.5, True), (2, 0.2, 0.5, False)]
    kept = g.cap_classes(np.ones(10, dtype=np.bool_), confidence, labels, g.class_caps(10, np.array([50, 50]), 1.2))
    assert np.flatnonzero(kept).tolist() == [2, 3, 4, 5, 6, 7, 8, 9]
    with pytest.raises(InputError, match="at least 1"):
        g.class_caps(10, np.array([1, 1]), 0.5)


def test_cap_only_removes_and_keeps_a_balanced_selection() -> None:
    rng = np.random.default_rng(0)
    mask, labels = rng.random(300) < 0.5, rng.integers(0, 5, 300)
    confidence, prior = rng.random(300).astype(np.float32), np.array([10, 20, 30, 20, 20])
    kept = g.cap_classes(mask, confidence, labels, g.class_caps(int(mask.sum()), prior, 1.0))
    assert not (kept & ~mask).any()
    assert (np.bincount(labels[kept], minlength=5) <= g.class_caps(int(mask.sum()), prior, 1.0)).all()
    assert g.cap_classes(mask, confidence, labels, g.class_caps(int(mask.sum()), prior, 10.0)).tolist() == mask.tolist()
