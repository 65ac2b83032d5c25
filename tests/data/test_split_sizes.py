"""Sizes of the parts follow the labels that there are, and lose none of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.config import SplitConfig
from core.base.errors import InputError
from core.data.split_sizes import SMALLEST, fill_split, suggest_split
from core.data.splits import DRAWN, draw_splits

NONE = np.empty(0, dtype=np.int64)


def total(config: SplitConfig) -> int:
    return sum(getattr(config, part) for part in DRAWN)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(1, 3000), min_size=2, max_size=12), st.booleans())
def test_a_suggested_split_uses_every_label_and_trains_every_class(counts: list[int], has_unlabeled: bool) -> None:
    config = suggest_split(counts, has_unlabeled)
    assert total(config) == sum(counts)
    labels = np.repeat(np.arange(len(counts)), counts)
    splits = draw_splits(labels, config, official_test=NONE, duplicates=np.arange(len(labels)))
    assert len(splits.unlabeled) == 0
    assert (np.bincount(labels[splits.labeled], minlength=len(counts)) >= 1).all()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(1, 3000), min_size=2, max_size=12))
def test_hidden_labels_leave_a_pool_that_can_be_drawn(counts: list[int]) -> None:
    config = suggest_split(counts, has_unlabeled=False, hide_labels=True)
    labels = np.repeat(np.arange(len(counts)), counts)
    splits = draw_splits(labels, config, official_test=NONE, duplicates=np.arange(len(labels)))
    assert len(splits.labeled) == config.labeled >= len(counts)
    if min(counts) >= 10:
        assert min(config.val, config.calibration, config.test, len(splits.unlabeled)) > 0


@pytest.mark.parametrize(("counts", "labeled"), [([], 0), ([0, 0], 0), ([7], 7), ([0, 7, 0], 7)])
def test_labels_of_fewer_than_two_classes_are_all_labeled(counts: list[int], labeled: int) -> None:
    config = suggest_split(counts, has_unlabeled=True)
    assert (config.labeled, config.val, config.calibration, config.test) == (labeled, 0, 0, 0)


def test_a_class_without_an_image_does_not_stop_the_others_from_being_split() -> None:
    config = suggest_split([40, 0, 40], has_unlabeled=True)
    assert min(config.labeled, config.val, config.calibration, config.test) > 0


def test_a_part_too_small_to_say_anything_trains() -> None:
    config = suggest_split([10, 10], has_unlabeled=True)
    assert (config.labeled, config.val, config.calibration, config.test) == (20, 0, 0, 0)
    for part, least in SMALLEST.items():
        assert getattr(suggest_split([200, 200], has_unlabeled=True), part) >= least


def test_without_unlabeled_images_nothing_calibrates_and_nothing_is_hidden() -> None:
    config = suggest_split([400, 396], has_unlabeled=False)
    assert config.calibration == 0
    assert total(config) == 796


def test_large_hidden_sets_get_the_usual_numbers() -> None:
    assert suggest_split([7000] * 10, has_unlabeled=False, hide_labels=True) == SplitConfig()


def test_sizes_that_are_not_named_follow_what_there_is() -> None:
    counts = [100, 100]
    suggested = suggest_split(counts, has_unlabeled=True)
    filled = fill_split(SplitConfig(calibration=100), suggested, counts)
    assert (filled.calibration, total(filled), filled.val) == (100, 200, suggested.val)
    asked = SplitConfig(labeled=10, val=10, calibration=10, test=10)
    assert fill_split(asked, suggested, counts) is asked
    few = fill_split(SplitConfig(labeled=50), suggested, counts)
    assert (few.labeled, few.test) == (50, suggested.test)
    assert fill_split(SplitConfig(seed=4), suggested, counts).seed == 4


def test_what_is_open_gives_way_and_too_much_is_a_sentence() -> None:
    counts = [60, 60]
    suggested = suggest_split(counts, has_unlabeled=True)
    filled = fill_split(SplitConfig(labeled=100), suggested, counts)
    assert filled.labeled == 100
    assert total(filled) <= 120
    with pytest.raises(InputError, match=r"asks for 200 labeled images, but there are 120"):
        fill_split(SplitConfig(val=200), suggested, counts)
