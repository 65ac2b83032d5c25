"""BADGE: uncertain images that differ from each other."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.curation.gradient_diversity import badge_ids, smallest_margins


def candidates(num: int, num_classes: int = 3, size: int = 5) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    rng = np.random.default_rng(0)
    return rng.dirichlet(np.ones(num_classes), num).astype(np.float32), rng.normal(size=(num, size)).astype(np.float32)


def test_draws_follow_the_distances_of_the_full_gradient_embeddings() -> None:
    probs, features = candidates(6)
    errors = probs - np.eye(3, dtype=np.float32)[probs.argmax(axis=1)]
    embeddings = np.einsum("nk,nd->nkd", errors, features).reshape(6, -1)
    first = int(np.square(embeddings).sum(axis=1).argmax())
    expected = np.square(embeddings - embeddings[first]).sum(axis=1)
    rng, times = np.random.default_rng(1), np.zeros(6)
    for _ in range(8_000):
        chosen = badge_ids(probs, features, 2, rng)
        assert chosen[0] == first
        times[chosen[1]] += 1
    assert np.abs(times / 8_000 - expected / expected.sum()).max() < 0.03


def test_the_same_seed_chooses_the_same_images_each_once() -> None:
    probs, features = candidates(50)
    one, two = (badge_ids(probs, features, 20, np.random.default_rng(3)).tolist() for _ in range(2))
    assert one == two
    assert len(set(one)) == 20
    assert sorted(badge_ids(probs, features, 99, np.random.default_rng(3))) == list(range(50))


def test_images_that_are_equal_or_sure_are_chosen_too() -> None:
    probs, features = np.tile(np.array([1, 0], dtype=np.float32), (4, 1)), np.ones((4, 2), dtype=np.float32)
    assert sorted(badge_ids(probs, features, 4, np.random.default_rng(0))) == [0, 1, 2, 3]
    assert len(badge_ids(probs[:0], features[:0], 4, np.random.default_rng(0))) == 0


def test_a_batch_covers_more_groups_than_the_smallest_margins() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(4), [85, 5, 5, 5])  # the large group is the most uncertain
    features = (np.eye(4)[group] * 5 + rng.normal(0, 0.1, (100, 4))).astype(np.float32)
    high = np.where(group == 0, 0.51, 0.56)
    probs = np.stack([high, 1 - high], axis=1).astype(np.float32)
    shown = badge_ids(probs, features, 8, rng)
    assert set(group[shown]) == {0, 1, 2, 3}
    assert set(group[np.argsort(high, kind="stable")[:8]]) == {0}


def test_candidates_are_the_open_images_of_the_smallest_margin() -> None:
    margin, is_open = np.array([0.1, 0.9, 0.2, 0.3, 0.05], dtype=np.float32), np.arange(5) < 4
    assert smallest_margins(margin, is_open, 2).tolist() == [0, 2]
    assert smallest_margins(margin, is_open, 9).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("count", [20, 500])
def test_of_100_000_images_2_000_are_candidates_and_each_is_chosen_once(count: int) -> None:
    rng = np.random.default_rng(0)
    margin, is_open = rng.random(100_000).astype(np.float32), np.ones(100_000, dtype=np.bool_)
    rows = smallest_margins(margin, is_open)
    assert len(rows) == 2_000
    assert margin[rows].max() < np.delete(margin, rows).min()
    chosen = badge_ids(*candidates(2_000, 10, 1_280), count, rng)
    assert len(np.unique(chosen)) == count
