"""Cross-validated heads find flipped labels, and copies do not vouch for each other."""

import numpy as np
import pytest

from core.base.errors import InputError
from core.heads.label_quality import group_folds, label_quality


def clusters(num: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(num) % 3
    return (np.eye(8)[labels] * 8 + rng.normal(size=(num, 8))).astype(np.float32), labels


def test_flipped_labels_have_the_lowest_quality_and_fall_below_one_half() -> None:
    features, labels = clusters()
    wrong = np.array([3, 17, 30, 41])
    given = labels.copy()
    given[wrong] = (given[wrong] + 1) % 3
    ids = np.arange(len(labels))
    found = label_quality(features, ids, given, ids, 3)
    assert set(np.argsort(found.quality)[:4].tolist()) == set(wrong.tolist())
    assert (found.quality[wrong] < 0.5).all()
    assert np.allclose(np.exp(found.log_probs).sum(axis=1), 1)
    assert np.allclose(found.self_confidence, np.exp(found.log_probs)[ids, given])


def test_copies_of_a_wrong_label_do_not_vouch_for_each_other() -> None:
    features, labels = clusters()
    copies = np.repeat(features[:1], 5, axis=0)
    features, given = np.concatenate([features, copies]), np.concatenate([labels, np.full(5, (labels[0] + 1) % 3)])
    groups = np.concatenate([np.arange(len(labels)), np.zeros(5, dtype=np.int64)])
    given[0] = given[-1]
    found = label_quality(features, np.arange(len(given)), given, groups, 3)
    assert (found.quality[[0, -1]] < 0.5).all()


def test_folds_never_part_a_group_and_cover_every_row_once() -> None:
    rng = np.random.default_rng(1)
    labels, groups = rng.integers(0, 3, 90), rng.integers(0, 30, 90)
    folds = group_folds(labels, groups, 5, seed=2)
    assert sorted(np.concatenate(folds).tolist()) == list(range(90))
    for group in range(30):
        assert len({number for number, fold in enumerate(folds) if (groups[fold] == group).any()}) <= 1


def test_one_class_is_refused_in_a_sentence() -> None:
    features, _ = clusters()
    ids = np.arange(60)
    with pytest.raises(InputError, match="at least two classes"):
        label_quality(features, ids, np.zeros(60, dtype=np.int64), ids, 3)
