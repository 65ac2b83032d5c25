"""A split by groups: no group lies in two parts, and every class trains."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.config import SplitConfig
from core.base.types import UNKNOWN, Splits
from core.data.groups.group_draw import draw_group_splits
from core.data.groups.group_numbers import from_codes
from core.data.groups.leaks import find_leaks
from core.data.splits import DRAWN

NONE = np.empty(0, dtype=np.int64)


def draw(labels: np.ndarray, groups: np.ndarray, **sizes: int) -> Splits:
    config = SplitConfig(kind="stratified", **sizes)
    return draw_group_splits(labels, config, groups=groups, duplicates=np.arange(len(labels)), official_test=NONE)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**31 - 1),
    num_groups=st.integers(4, 80),
    hidden=st.sampled_from([0.0, 0.3]),
    unknown=st.sampled_from([0.0, 0.3]),
)
def test_no_group_is_held_out_in_two_parts_or_trained_and_held_out(
    seed: int, num_groups: int, hidden: float, unknown: float
) -> None:
    rng = np.random.default_rng(seed)
    groups = from_codes(rng.integers(0, num_groups, 240))
    labels = np.where(rng.random(240) < unknown, UNKNOWN, rng.integers(0, 3, 240))
    known = int((labels != UNKNOWN).sum() * (1 - hidden))
    shares = {"val": known // 8, "calibration": known // 6, "test": known // 5}
    splits = draw(labels, groups, labeled=known - sum(shares.values()), **shares, seed=seed)
    parts = [getattr(splits, name) for name in DRAWN]
    everything = np.concatenate([*parts, splits.unlabeled])
    assert np.array_equal(np.sort(everything), np.arange(240))
    seen = [set(groups[ids].tolist()) for ids in parts]
    assert sum(len(one) for one in seen) == len(set().union(*seen))
    assert set(labels[splits.labeled].tolist()) == set(labels[labels != UNKNOWN].tolist())
    assert not find_leaks("", groups, splits, NONE).num_images
    labeled_pool = splits.unlabeled[labels[splits.unlabeled] != UNKNOWN]
    assert not set(groups[labeled_pool].tolist()) & set().union(*seen)


def test_parts_come_close_to_the_sizes_asked_for_in_every_class() -> None:
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(120) * 5, 5)
    labels = np.repeat(rng.permutation(np.arange(120) % 4), 5)
    splits = draw(labels, groups, labeled=240, val=100, calibration=120, test=140)
    for name, size in {"labeled": 240, "val": 100, "calibration": 120, "test": 140}.items():
        counts = np.bincount(labels[getattr(splits, name)], minlength=4)
        assert abs(counts.sum() - size) <= 10
        assert counts.max() - counts.min() <= 10


def test_a_class_whose_images_are_all_one_group_trains() -> None:
    labels, groups = np.array([0] * 30 + [1] * 30 + [2] * 6), np.concatenate([np.arange(60), np.full(6, 60)])
    splits = draw(labels, groups, labeled=30, val=10, calibration=12, test=14)
    assert np.isin(np.arange(60, 66), splits.labeled).all()


def test_a_group_with_unlabeled_images_trains_rather_than_being_held_out() -> None:
    groups = np.arange(100) // 2 * 2
    labels = np.arange(100) // 2 % 2
    labels[1:40:2] = UNKNOWN  # one image of each of the first 20 groups
    splits = draw(labels, groups, labeled=40, val=10, calibration=14, test=16)
    assert np.isin(np.arange(0, 40, 2), splits.labeled).all()
