"""Groups of a project: kept whole by its split, by new images and by fixes; leaks are found and mended."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import InputError, Project, TrainConfig

RULE = r"pattern:(s\d+)_"


def picture(path: Path, seed: int, mean: int = 128) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).normal(mean, 30, (16, 16))
    Image.fromarray(np.clip(values, 0, 255).astype(np.uint8)).save(path)


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    """Forty scenes of four images: sixteen of each of two classes, eight without a class."""
    for scene in range(40):
        part = "unlabeled" if scene >= 32 else ("dark", "light")[scene % 2]
        for number in range(4):
            picture(tmp_path / "scenes" / part / f"s{scene}_{number}.png", 10 * scene + number, 60 + 130 * (scene % 2))
    return tmp_path / "scenes"


@pytest.fixture
def leaking(scenes: Path, tmp_path: Path) -> Project:
    project = Project.create(tmp_path / "p", scenes, image_size=16)
    project.group_images(RULE)
    return project


def scene_of(project: Project, ids: np.ndarray) -> set[str]:
    return {str(name).rpartition("/")[2].partition("_")[0] for name in project.images.names[ids]}


def test_a_project_made_with_groups_has_no_leak_and_one_made_without_tells_them(
    scenes: Path, leaking: Project, tmp_path: Path
) -> None:
    whole = Project.create(tmp_path / "whole", scenes, image_size=16, groups=RULE)
    assert whole.groups.current is not None
    assert len(whole.groups.current.sizes) == 40
    assert not whole.groups.leaks().num_images
    found = leaking.groups.leaks()
    held_out = np.concatenate([leaking.splits.val, leaking.splits.calibration, leaking.splits.test])
    trained = scene_of(leaking, leaking.splits.labeled)
    assert found.num_images == sum(not scene_of(leaking, np.array([one])).isdisjoint(trained) for one in held_out) > 0
    assert "by pattern" in found.sentence


def test_leaks_that_are_set_aside_stop_counting_and_come_back(leaking: Project) -> None:
    before = leaking.splits
    mended = leaking.fix_leaks("set-aside")
    assert not leaking.groups.leaks().num_images
    assert leaking.groups.num_fixed == mended.num_images
    assert np.array_equal(leaking.splits.pool, before.pool)
    assert np.array_equal(leaking.workspace.original_splits.test, before.test)
    assert np.array_equal(np.union1d(leaking.splits.test, mended.ids["test"]), before.test)
    assert leaking.fix_leaks("undo").num_images == mended.num_images
    assert np.array_equal(leaking.splits.test, before.test)


def test_given_labels_of_leaks_are_still_exported(leaking: Project, tmp_path: Path) -> None:
    before = leaking.export("csv", tmp_path / "before", held_out=True).read_text(encoding="utf-8")
    leaking.fix_leaks("set-aside")
    after = leaking.export("csv", tmp_path / "after", held_out=True).read_text(encoding="utf-8")
    assert len(before.splitlines()) == 1 + 128
    assert after == before


def test_leaks_that_are_moved_train(leaking: Project) -> None:
    mended = leaking.fix_leaks("move")
    assert np.isin(mended.all_ids, leaking.splits.labeled).all()
    assert not leaking.groups.leaks().num_images


def test_a_run_keeps_the_parts_that_it_was_prepared_with(leaking: Project) -> None:
    run = leaking.wait_run(leaking.start_run(TrainConfig(method="head")).id, timeout=120)
    assert leaking.groups.changed_since(run.id) == 0
    mended = leaking.fix_leaks("set-aside")
    assert leaking.groups.changed_since(run.id) == mended.num_images
    later = leaking.start_run(TrainConfig(method="head"))
    leaking.wait_run(later.id, timeout=120)
    assert leaking.groups.changed_since(later.id) == 0


def test_a_new_image_of_a_known_group_never_leaks(scenes: Path, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "q", scenes, image_size=16, groups=RULE)
    test, train = (sorted(scene_of(project, ids))[0] for ids in (project.splits.test, project.splits.labeled))
    for number, scene in enumerate((test, train)):
        picture(scenes / "dark" / f"{scene}_9.png", 5_000 + number)
    picture(scenes / "unlabeled" / f"{test}_8.png", 6_000)
    grown = project.add_images()
    assert (grown.count, grown.num_labeled) == (3, 1)
    assert any("group that is held out: 1." in text for text in grown.remarks)
    assert not project.groups.leaks(duplicates=False).num_images
    assert project.groups.current is not None
    assert project.groups.current.num_together == 163


def test_a_decided_image_of_a_held_out_group_is_a_leak(scenes: Path, tmp_path: Path) -> None:
    picture(scenes / "unlabeled" / "s0_9.png", 7_000)
    project = Project.create(tmp_path / "q", scenes, image_size=16, groups=RULE)
    held_out = next(iter(scene_of(project, project.splits.test)))
    picture(scenes / "unlabeled" / f"{held_out}_8.png", 7_001)
    project.add_images()
    run = project.wait_run(project.start_run(TrainConfig(method="head")).id, timeout=120)
    assert not project.groups.leaks(duplicates=False).num_images
    project.decide(run.id, "relabel", len(project.images.labels) - 1, 0)
    assert scene_of(project, project.groups.leaks(duplicates=False).ids["test"]) == {held_out}


def test_groups_of_a_table_are_kept_whole_and_a_new_row_joins_its_group(scenes: Path, tmp_path: Path) -> None:
    files = sorted(scenes.rglob("*.png"))
    rows = [f"{file.relative_to(scenes)},{file.parent.name},{file.name.partition('_')[0]}" for file in files]
    table = scenes / "labels.csv"
    table.write_text("\n".join(["file,label,patient", *rows]), encoding="utf-8")
    project = Project.create(tmp_path / "t", table, image_size=16)
    assert project.groups.current is not None
    assert project.groups.current.rule == "source"
    assert not project.groups.leaks(duplicates=False).num_images
    picture(scenes / "dark" / "new.png", 9_000)
    table.write_text("\n".join(["file,label,patient", *rows, "dark/new.png,dark,s0"]), encoding="utf-8")
    project.add_images()
    of_image = project.groups.current.of_image
    first = project.images.names.tolist().index("dark/s0_0.png")
    assert of_image[-1] == of_image[first]


def test_a_rule_that_fits_no_image_is_a_sentence(leaking: Project) -> None:
    with pytest.raises(InputError, match="fit none of the 160 images"):
        leaking.groups.preview("pattern:(zebra)")
    with pytest.raises(InputError, match="says when it was taken"):
        leaking.groups.preview("time:5")
    with pytest.raises(InputError, match="no column site"):
        leaking.groups.preview("column:site")
