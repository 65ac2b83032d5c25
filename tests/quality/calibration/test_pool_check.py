"""Calibration images unlike the pool withdraw every error; those like it give an estimate, or a guarantee."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from core import Project, SplitConfig, TrainConfig
from core.quality.calibration import pool_check
from tests.quality.calibration.scenes import RUN, class_mix_project, unlabeled_truth


def test_class_folders_from_other_scenes_than_the_pool_are_not_valid_here(
    new_scenes: Project, new_scenes_folder: Path
) -> None:
    threshold = new_scenes.quality.conformal_threshold(RUN, 0.05)
    assert threshold.threshold is not None
    selection = new_scenes.select(RUN, "fixed_threshold", threshold=threshold.threshold)
    truth = unlabeled_truth(new_scenes, new_scenes_folder)[selection.ids]
    assert np.mean(truth[truth >= 0] != selection.labels[truth >= 0]) > 0.3  # what the guarantee would have hidden
    assert selection.error.high < 0.1
    assert (selection.state, threshold.state) == ("not valid here", "not valid here")
    assert "differ from the pool" in selection.reason
    assert new_scenes.quality.high_probability_threshold(RUN, 0.1).state == "not valid here"
    assert new_scenes.quality.coverage_error(RUN).state == "not valid here"
    assert new_scenes.quality.class_mix_threshold(RUN, 0.05).state == "not valid here"
    assert {item.state for item in new_scenes.quality.conformal_thresholds_per_class(RUN, 0.1)} == {"not valid here"}


def test_class_folders_from_the_pool_s_own_scenes_give_an_estimate(same_scenes_folder: Path, tmp_path: Path) -> None:
    project = Project.open(shutil.copytree(same_scenes_folder / "project", tmp_path / "same"))
    check = project.quality.pool_check(RUN)
    assert (check.state, check.shift, check.is_random_draw) == ("estimated", "none", False)
    assert check.features is not None
    assert 0.5 < check.features.detectable < 0.65


def test_a_split_that_hid_labels_at_random_gives_a_guarantee(tmp_path: Path, same_scenes_folder: Path) -> None:
    folder = shutil.copytree(same_scenes_folder / "images", tmp_path / "images")
    shutil.rmtree(folder / "unlabeled")
    split = SplitConfig(labeled=80, val=40, calibration=80, test=40)
    project = Project.create(tmp_path / "hidden", folder, split=split)
    project.wait_run(project.start_run(TrainConfig(method="head")).id, timeout=120)
    assert project.quality.pool_check(RUN).state == "guaranteed"
    assert project.quality.conformal_threshold(RUN, 0.1).state == "guaranteed"


def test_another_class_mix_alone_is_recognised_and_weights_are_offered(tmp_path: Path) -> None:
    project = class_mix_project(tmp_path)
    check = project.quality.pool_check(RUN)
    assert (check.state, check.shift) == ("not valid here", "class_mix")
    assert "class mix" in check.reason
    assert min(check.class_weights[0], check.class_weights[3]) > 2 * max(check.class_weights[1:3])
    weighted = project.quality.class_mix_threshold(RUN, 0.1)
    assert weighted.state == "estimated"
    assert "approximately" in weighted.reason
    several = project.quality.class_mix_thresholds_by_target(RUN, [0.05, 0.1])
    assert several == (project.quality.class_mix_threshold(RUN, 0.05), weighted)


def test_a_check_is_stored_and_made_again_when_the_pool_changes(
    new_scenes: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = new_scenes.quality.pool_check(RUN)
    file = new_scenes.run(RUN).folder.path / "pool_check.json"
    stored = json.loads(file.read_text())
    assert stored["check"]["state"] == "not valid here"
    monkeypatch.setattr(pool_check, "score_test", None)  # the stored one is read
    assert Project.open(new_scenes.path).quality.pool_check(RUN) == first
    monkeypatch.undo()
    file.write_text(json.dumps({**stored, "pool": 1}))
    assert Project.open(new_scenes.path).quality.pool_check(RUN) == first
    file.write_text("{")
    assert Project.open(new_scenes.path).quality.pool_check(RUN) == first


def test_few_calibration_images_are_never_more_than_an_estimate(trained_project: Project) -> None:
    check = trained_project.quality.pool_check("001-supervised-mlp")
    assert check.num_calibration < 30
    assert check.state == "estimated"
    assert "too few" in check.reason
