"""Splits are disjoint, exact in size, repeatable by seed and free of duplicates."""

import tracemalloc
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.config import SplitConfig
from core.base.errors import DataError, InputError
from core.base.types import SPLIT_NAMES, UNKNOWN, Ids, Labels, Splits
from core.data import splits
from core.data.splits import (
    distinct_per_class,
    draw_splits,
    exact_duplicates,
    load_splits,
    save_splits,
)

NONE = np.empty(0, dtype=np.int64)


def labels_of(*counts: int, unknown: int = 0) -> Labels:
    known = np.repeat(np.arange(len(counts)), counts)
    return np.random.default_rng(9).permutation(np.concatenate([known, np.full(unknown, UNKNOWN)]))


def draw(labels: Labels, *, official: Ids = NONE, groups: Ids | None = None, **config: Any) -> Splits:
    groups = np.arange(len(labels)) if groups is None else groups
    return draw_splits(labels, SplitConfig(**config), official_test=official, duplicates=groups)


def all_ids(splits: Splits) -> Ids:
    return np.concatenate([*(getattr(splits, name) for name in SPLIT_NAMES), splits.set_aside])


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**31 - 1),
    kind=st.sampled_from(["balanced", "stratified"]),
    num_groups=st.integers(60, 400),
    with_official=st.booleans(),
)
def test_no_id_is_in_two_parts_and_no_copy_lies_across(
    seed: int, kind: str, num_groups: int, with_official: bool
) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.concatenate([np.arange(360) % 3, np.full(60, UNKNOWN)]))
    groups = rng.integers(0, num_groups, len(labels))
    official = np.sort(rng.choice(len(labels), 150, replace=False)) if with_official else NONE
    try:
        splits = draw(labels, official=official, groups=groups, kind=kind, labeled=12, val=5, calibration=7, test=9)
    except InputError:
        return
    rest = np.setdiff1d(np.arange(len(labels)), official)
    assert len(np.unique(all_ids(splits))) == len(all_ids(splits))
    assert np.array_equal(np.sort(all_ids(splits)), np.union1d(rest, splits.test))
    parts = [set(groups[getattr(splits, name)].tolist()) for name in SPLIT_NAMES]
    assert sum(map(len, parts)) == len(set().union(*parts)), "a group of copies lies in two parts"
    assert set(groups[splits.set_aside].tolist()) <= set().union(*parts)
    assert (labels[np.setdiff1d(all_ids(splits), np.union1d(splits.unlabeled, splits.set_aside))] != UNKNOWN).all()


def test_balanced_gives_each_class_the_same_and_the_remainder_to_the_first() -> None:
    labels = labels_of(100, 60, 40)
    splits = draw(labels, labeled=32, val=9, calibration=10, test=20)
    assert np.bincount(labels[splits.labeled]).tolist() == [11, 11, 10]
    assert np.bincount(labels[splits.val]).tolist() == [3, 3, 3]
    assert np.bincount(labels[splits.calibration]).tolist() == [4, 3, 3]
    assert np.bincount(labels[splits.test]).tolist() == [7, 7, 6]


def test_stratified_keeps_the_proportions_within_one_image() -> None:
    labels = labels_of(700, 200, 100)
    splits = draw(labels, kind="stratified", labeled=101, val=55, calibration=33, test=300)
    for name in ("labeled", "val", "calibration", "test"):
        ids = getattr(splits, name)
        exact = len(ids) * np.array([0.7, 0.2, 0.1])
        assert np.abs(np.bincount(labels[ids], minlength=3) - exact).max() < 1.5, name
    assert [len(getattr(splits, n)) for n in ("labeled", "val", "calibration", "test")] == [101, 55, 33, 300]


def test_stratified_can_use_up_every_label() -> None:
    splits = draw(labels_of(7, 2, 1), kind="stratified", labeled=4, val=2, calibration=2, test=2)
    assert len(splits.unlabeled) == 0


def test_every_class_with_an_image_trains_on_one() -> None:
    labels = labels_of(300, 40, 1)
    splits = draw(labels, kind="stratified", labeled=137, val=51, calibration=68, test=85)
    assert np.bincount(labels[splits.labeled])[2] == 1
    assert len(splits.labeled) == 137
    assert len(splits.unlabeled) == 0


def test_the_seed_decides_and_nothing_else() -> None:
    labels = labels_of(50, 50)
    config: dict[str, Any] = {"labeled": 20, "val": 10, "calibration": 10, "test": 10}
    first, again, other = draw(labels, seed=1, **config), draw(labels, seed=1, **config), draw(labels, seed=2, **config)
    assert np.array_equal(all_ids(first), all_ids(again))
    assert not np.array_equal(first.labeled, other.labeled)


def test_ids_are_sorted_and_the_pool_is_unlabeled_and_calibration() -> None:
    splits = draw(labels_of(40, 40, unknown=20), labeled=20, val=10, calibration=10, test=10)
    for name in SPLIT_NAMES:
        assert (np.diff(getattr(splits, name)) > 0).all(), name
    assert set(splits.pool) == set(splits.unlabeled) | set(splits.calibration)


def test_unknown_labels_are_always_unlabeled() -> None:
    labels = labels_of(20, 20, unknown=30)
    splits = draw(labels, labeled=10, val=10, calibration=10, test=10)
    assert np.array_equal(splits.unlabeled, np.flatnonzero(labels == UNKNOWN))


def test_test_comes_from_the_official_part_and_its_rest_is_in_no_part() -> None:
    labels = labels_of(60, 60)
    official = np.arange(80, 120)
    splits = draw(labels, official=official, labeled=20, val=10, calibration=10, test=8)
    assert set(splits.test) <= set(official)
    used = np.setdiff1d(all_ids(splits), splits.test)
    assert np.array_equal(np.sort(used), np.arange(80))


def test_copies_of_a_drawn_image_are_set_aside_and_copies_in_the_pool_stay() -> None:
    labels = np.array([0, 0, 1, 1, UNKNOWN, UNKNOWN, UNKNOWN])
    groups = np.array([0, 0, 2, 3, 0, 5, 5])
    splits = draw(labels, groups=groups, labeled=2, val=0, calibration=0, test=0)
    assert splits.set_aside.tolist() == [1, 4]
    assert {5, 6} <= set(splits.unlabeled.tolist())


def test_copies_count_once_when_asked_how_many_there_are() -> None:
    labels, groups = np.array([0, 0, 1, 1, UNKNOWN]), np.array([0, 0, 2, 3, 4])
    assert distinct_per_class(labels, groups, 2) == [1, 2]
    with pytest.raises(InputError, match="has 1 different"):
        draw(labels, groups=groups, labeled=4, val=0, calibration=0, test=0)


def test_asking_for_too_much_names_the_class_and_the_numbers() -> None:
    labels = labels_of(60, 12)
    with pytest.raises(InputError, match=r"needs 15 of class dog, but it has 12 .*at most 24 balanced"):
        draw_splits(
            labels, SplitConfig(labeled=30, val=0, calibration=0, test=0), official_test=NONE,
            duplicates=np.arange(72), class_names=("cat", "dog"),
        )  # fmt: skip
    with pytest.raises(InputError, match="asks for 73"):
        draw(labels, kind="stratified", labeled=73, val=0, calibration=0, test=0)


@pytest.mark.parametrize("labels", [np.full(5, UNKNOWN), NONE])
def test_without_a_label_every_image_is_unlabeled(labels: Labels) -> None:
    splits = draw(labels)
    assert splits.unlabeled.tolist() == list(range(len(labels)))
    assert [len(part) for part in (splits.labeled, splits.val, splits.calibration, splits.test)] == [0, 0, 0, 0]


def test_copies_among_unlabeled_images_are_set_aside() -> None:
    splits = draw(np.full(4, UNKNOWN), groups=np.array([0, 1, 0, 3]))
    assert (splits.unlabeled.tolist(), splits.set_aside.tolist()) == ([0, 1, 3], [2])


def test_one_class_can_be_labeled() -> None:
    splits = draw(labels_of(50), labeled=2, val=0, calibration=0, test=0)
    assert (len(splits.labeled), len(splits.unlabeled)) == (2, 48)


def test_equal_pixels_share_the_id_of_the_first() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 1), dtype=np.uint8)
    pixels[3] = pixels[1]
    pixels[5] = pixels[1]
    pixels[5, 0, 0, 0] ^= 1
    assert exact_duplicates(pixels).tolist() == [0, 1, 2, 1, 4, 5]


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    splits = draw(labels_of(40, 40), labeled=20, val=10, calibration=10, test=10, seed=3)
    save_splits(splits, tmp_path / "splits.npz")
    back = load_splits(tmp_path / "splits.npz")
    assert back.config == splits.config
    for name in (*SPLIT_NAMES, "set_aside"):
        assert np.array_equal(getattr(back, name), getattr(splits, name)), name
        assert not getattr(back, name).flags.writeable
    assert len(astuple(back)) == len(astuple(splits))
    assert [file.name for file in tmp_path.iterdir()] == ["splits.npz"]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.95])
def test_a_cut_or_missing_file_is_a_sentence(tmp_path: Path, share: float) -> None:
    path = tmp_path / "splits.npz"
    with pytest.raises(DataError, match="missing"):
        load_splits(path)
    save_splits(draw(labels_of(9, 9), labeled=4, val=0, calibration=0, test=0), path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(DataError, match=r"splits\.npz is damaged"):
        load_splits(path)


def test_splits_that_cannot_be_written_are_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("I am no folder")
    splits = draw(labels_of(9, 9), labeled=4, val=0, calibration=0, test=0)
    with pytest.raises(DataError, match="cannot be written"):
        save_splits(splits, tmp_path / "file" / "splits.npz")


def test_a_class_of_copies_alone_is_named_as_the_reason(tmp_path: Path) -> None:
    labels = np.array([0] * 8 + [1] * 8 + [2] * 8)
    groups = np.array([*range(16), *range(8)])  # class 2 has the images of class 0 once more
    with pytest.raises(InputError, match="8 of its 8 images are exact copies of others"):
        draw(labels, groups=groups, labeled=9, val=0, calibration=0, test=0)


def test_exact_duplicates_name_the_first_of_equal_images_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 3, (20_000, 2, 3, 1), dtype=np.uint8)  # 729 different images
    first: dict[bytes, int] = {}
    wanted = [first.setdefault(image.tobytes(), row) for row, image in enumerate(pixels)]
    released: list[object] = []
    monkeypatch.setattr(splits, "release_pages", released.append)
    assert splits.exact_duplicates(pixels).tolist() == wanted
    assert len(released) == 20_000 // 4096
    distinct = np.arange(20_000, dtype=np.uint32).view(np.uint8).reshape(20_000, 2, 2, 1)
    tracemalloc.start()
    assert splits.exact_duplicates(distinct).tolist() == list(range(20_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000 * 160  # bytes; a dictionary of digests took more than 200 an image
    assert len(splits.exact_duplicates(pixels[:0])) == 0
