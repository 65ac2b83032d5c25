"""A project takes in new images: ids, splits, decisions and runs stay, the pool grows."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import InputError, Project, TrainConfig


def picture(path: Path, seed: int, mean: int = 128) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).normal(mean, 30, (32, 32))
    Image.fromarray(np.clip(values, 0, 255).astype(np.uint8)).save(path)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    for number in range(20):
        picture(root / "dark" / f"{number}.png", number, 60)
        picture(root / "light" / f"{number}.png", 100 + number, 190)
        picture(root / "unlabeled" / f"{number}.png", 200 + number)
    return root


@pytest.fixture
def project(source: Path, tmp_path: Path) -> Project:
    return Project.create(tmp_path / "p", source, image_size=16)


def test_new_files_of_the_source_join_the_pool_and_nothing_else_moves(project: Project, source: Path) -> None:
    before = (project.images.names.tolist(), project.splits, np.array(project.images.pixels))
    for number in range(20, 25):
        picture(source / "unlabeled" / f"{number}.png", 200 + number)
    (source / "unlabeled" / "notes.txt").write_text("no image")
    grown = project.add_images()
    assert (grown.count, grown.num_known, grown.num_labeled, grown.first) == (5, 60, 0, 60)
    assert [item.name for item in grown.left_out] == ["unlabeled/notes.txt"]
    assert project.images.names[:60].tolist() == before[0]
    assert np.array_equal(project.images.pixels[:60], before[2])
    assert np.array_equal(project.splits.labeled, before[1].labeled)
    assert project.splits.unlabeled[-5:].tolist() == [60, 61, 62, 63, 64]
    assert project.original(64).shape == (32, 32, 1)
    assert project.add_images().count == 0


def test_runs_decisions_features_and_the_live_model_go_on(project: Project, source: Path) -> None:
    run = project.wait_run(project.start_run(TrainConfig(method="head")).id, timeout=120)
    image = int(project.splits.unlabeled[0])
    project.decide(run.id, "accept", image)
    before = np.array(run.folder.logits())
    for number in range(20, 24):
        picture(source / "unlabeled" / f"{number}.png", 300 + number)
    project.add_images()
    assert project.decisions.state().verdict[image] == 1
    assert len(project.decisions.state().verdict) == 64
    logits = project.run(run.id).folder.logits()
    assert np.array_equal(logits[:60], before)
    assert not logits[60:].any()
    assert len(project.features("hog")) == 64
    scores = project.scores(run.id)
    assert np.allclose(scores.scores.confidence[scores.row_of(63)], 0.5)
    project.decide(run.id, "accept", 63)
    again = project.wait_run(project.start_run(TrainConfig(method="head")).id, timeout=120)
    assert project.scores(again.id).scores.confidence[scores.row_of(62)] > 0.5


def test_images_from_another_folder_train_with_their_class_and_open_at_their_own_size(
    project: Project, tmp_path: Path
) -> None:
    other = tmp_path / "second"
    picture(other / "dark" / "x.png", 900, 60)
    picture(other / "owl" / "y.png", 901, 120)
    grown = project.add_images(other)
    assert grown.new_classes == ("owl",)
    assert grown.num_labeled == 2
    assert project.class_names == ("dark", "light", "owl")
    assert project.images.names[60:].tolist() == ["second/dark/x.png", "second/owl/y.png"]
    assert project.images.labels[60:].tolist() == [0, 2]
    assert set(project.splits.labeled[-2:].tolist()) == {60, 61}
    assert project.original(61).shape == (32, 32, 1)


def test_a_file_that_is_there_under_another_name_is_known_by_its_content(project: Project, source: Path) -> None:
    shutil.copy(source / "unlabeled" / "3.png", source / "unlabeled" / "copy.png")
    grown = project.add_images()
    assert (grown.count, grown.num_known) == (0, 61)


def test_an_image_that_its_source_tests_with_is_in_no_part(project: Project, tmp_path: Path) -> None:
    picture(tmp_path / "more" / "test" / "dark" / "a.png", 950, 60)
    picture(tmp_path / "more" / "train" / "dark" / "b.png", 951, 60)
    grown = project.add_images(tmp_path / "more")
    assert grown.num_labeled == 1
    assert any("in no part" in text for text in grown.remarks)
    assert 60 in project.splits.set_aside


def test_moved_originals_are_found_by_path_and_renamed_ones_by_content(
    project: Project, source: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "elsewhere" / "deep"
    moved.parent.mkdir()
    source.rename(moved)
    (moved / "dark" / "3.png").rename(moved / "dark" / "renamed.png")
    image = project.images.names.tolist().index("dark/3.png")
    with pytest.raises(InputError, match="not made from a folder that is still there"):
        project.original(image)
    assert project.relink(tmp_path / "elsewhere") == 60
    assert project.original(image).shape == (32, 32, 1)
    assert project.relink(tmp_path / "elsewhere") == 0


def test_a_folder_without_the_images_is_a_sentence(project: Project, source: Path, tmp_path: Path) -> None:
    source.rename(tmp_path / "moved")
    picture(tmp_path / "others" / "a.png", 1)
    with pytest.raises(InputError, match="holds none of the 60 images"):
        project.relink(tmp_path / "others")
