"""Groups by name, time, column and likeness: each says which images belong together, by the lowest image."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.base.errors import InputError
from core.data.groups.by_name import group_by_folder, group_by_pattern
from core.data.groups.by_similarity import group_by_similarity, loosest_pairs
from core.data.groups.by_time import group_by_time, taken_at
from core.data.groups.group_numbers import from_codes, joined, one_per_group
from core.data.groups.group_rule import parse_rule

NAMES = ["cat/s1/a.png", "dog/s1/b.png", "cat/s2/c.png", "unlabeled/s2/d.png", "e.png"]


def test_a_folder_groups_by_its_own_name_at_any_depth_and_images_outside_are_alone() -> None:
    assert group_by_folder(NAMES, 2).tolist() == [0, 0, 2, 2, 4]
    assert group_by_folder(NAMES, -1).tolist() == [0, 0, 2, 2, 4]
    assert group_by_folder(NAMES, 1).tolist() == [0, 1, 0, 3, 4]


def test_a_pattern_groups_by_its_named_part_else_its_first_else_all_it_found() -> None:
    assert group_by_pattern(NAMES, r"/(s\d)/").tolist() == [0, 0, 2, 2, 4]
    assert group_by_pattern(NAMES, r"(cat|dog)/(?P<group>s\d)").tolist() == [0, 0, 2, 3, 4]
    assert group_by_pattern(NAMES, r"s\d").tolist() == [0, 0, 2, 2, 4]


def test_a_chain_of_short_gaps_is_one_group_and_images_without_a_time_are_alone() -> None:
    times = np.array([10.0, 100.0, 12.0, np.nan, 14.0, np.nan, 103.0])
    assert group_by_time(times, 2.0).tolist() == [0, 1, 0, 3, 0, 5, 6]
    assert group_by_time(times, 3.0).tolist() == [0, 1, 0, 3, 0, 5, 1]


def test_the_time_of_a_photograph_is_read_from_its_exif_data(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0132] = "2024:05:01 10:00:00"
    exif.get_ifd(0x8769).update({0x9003: "2024:05:01 10:00:02", 0x9291: "50"})
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif)
    Image.new("RGB", (8, 8)).save(tmp_path / "b.jpg")
    assert taken_at(tmp_path / "a.jpg") % 60 == 2.5
    assert np.isnan(taken_at(tmp_path / "b.jpg"))
    assert np.isnan(taken_at(tmp_path / "missing.jpg"))


def test_near_duplicates_group_up_to_the_threshold_and_the_loosest_pair_is_shown_first() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (6, 16, 16, 1)).astype(np.uint8)
    for target, source, noise in ((1, 0, 3), (3, 2, 25)):
        changed = pixels[source] + rng.normal(0, noise, pixels[source].shape)
        pixels[target] = np.clip(changed, 0, 255).astype(np.uint8)
    ids = np.arange(6)
    assert group_by_similarity(pixels, ids).tolist() == [0, 0, 2, 3, 4, 5]
    loose = group_by_similarity(pixels, ids, 0.1)
    assert loose.tolist() == [0, 0, 2, 2, 4, 5]
    pairs = loosest_pairs(pixels, loose)
    assert [(pair.one, pair.other) for pair in pairs] == [(2, 3), (0, 1)]
    assert 0.004 < pairs[0].distance <= 0.1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scene", "kind of groups"),
        ("folder:x", "whole number"),
        ("folder", "needs a value"),
        ("pattern:(", "no regular expression"),
        ("time:-3", "above 0"),
        ("duplicates:abc", "no number"),
        ("none:3", "takes no value"),
    ],
)
def test_a_rule_that_cannot_be_read_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_rule(text)


def test_joined_groups_hold_everything_that_either_holds_together() -> None:
    one, other = np.array([0, 0, 2, 3, 4]), np.array([0, 1, 1, 3, 3])
    assert joined(one, other).tolist() == [0, 0, 0, 3, 3]
    assert from_codes(np.array([7, -1, 7, -1])).tolist() == [0, 1, 0, 3]


def test_one_image_of_each_group_is_chosen_and_stays_when_others_come() -> None:
    groups = np.array([0, 0, 0, 3, 4, 4])
    ids = np.arange(6)
    chosen = one_per_group(ids, groups)
    assert groups[chosen].tolist() == [0, 3, 4]
    grown = one_per_group(np.arange(8), np.append(groups, [6, 6]))
    assert grown[:3].tolist() == chosen.tolist()
    many = one_per_group(np.arange(4_000), np.arange(4_000) // 4 * 4) % 4
    assert np.bincount(many, minlength=4).min() > 200  # no place of a group is preferred
