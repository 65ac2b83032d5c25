"""Projects of class folders beside unlabeled images, from the same scenes and from others."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from core import Project, TrainConfig
from tests.conftest import made_once
from tests.quality.calibration.scenes import save_scenes


def head_project(folder: Path, **options: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINNOW_HOME", str(folder / "home"))
        truth = save_scenes(folder / "images", np.random.default_rng(0), **options)
        project = Project.create(folder / "project", folder / "images")
        project.wait_run(project.start_run(TrainConfig(method="head")).id, timeout=120)
        np.save(folder / "truth.npy", truth)


@pytest.fixture(scope="session")
def new_scenes_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "new-scenes", head_project)


@pytest.fixture(scope="session")
def same_scenes_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "same-scenes", lambda folder: head_project(folder, is_new=False))


@pytest.fixture
def new_scenes(new_scenes_folder: Path, tmp_path: Path) -> Project:
    return Project.open(shutil.copytree(new_scenes_folder / "project", tmp_path / "new"))
