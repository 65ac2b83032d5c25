"""An addition of images that was killed is gone on with, wherever it broke off; the end is that of an unbroken one."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import Project, TrainConfig
from core.data.ingestion.additions import NOTE

STEPS = (
    "core.data.ingestion.additions.append_columns",
    "core.data.ingestion.additions.write_meta",
    "core.workspace.growth._grow_splits",
    "core.workspace.growth.save_splits",
    "core.workspace.growth._grow_features",
    "core.workspace.growth._grow_runs",
    "core.workspace.growth._grow_project_file",
    "core.workspace.growth.forget_addition",
)
"""What an addition does after all new images are decoded."""
PROGRAM = """
import os, sys
from core import Project
def told(done, total):
    if done > 150:
        os.kill(os.getpid(), 9)
Project.open(sys.argv[1]).add_images(on_progress=told)
"""


def write(folder: Path, name: str, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 12, 3)).astype(np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / name)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """40 images of two classes with a run, and features of them."""
    for number in range(40):
        write(tmp_path / "source" / "ab"[number % 2], f"{number}.png", number)
    project = Project.create(tmp_path / "project", tmp_path / "source", image_size=12)
    run = project.start_run(TrainConfig(method="head", extractor="pixels"))
    project.wait_run(run.id, timeout=120)
    return project


def grow(source: Path, count: int) -> None:
    for number in range(count):
        folder = source / ("a" if number % 3 else "unlabeled")
        write(folder, f"new{number}.png", 1000 + number)


def state(project: Project) -> dict[str, Any]:
    """Return all that an addition changes, but for its time."""
    splits, run = project.splits, project.runs()[0]
    parts = {name: getattr(splits, name).tolist() for name in ("labeled", "val", "calibration", "test", "unlabeled")}
    return {
        **parts,
        "names": project.images.names.tolist(), "labels": project.images.labels.tolist(),
        "pixels": np.array(project.images.pixels).tolist(), "features": np.array(project.features("pixels")).tolist(),
        "logits": len(run.folder.logits()), "fingerprint": project.fingerprint,
    }  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_an_addition_that_broke_off_at_any_step_is_finished(
    step: str, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(tmp_path / "source", 9)
    twin = shutil.copytree(project.path, tmp_path / "twin")
    wanted = Project.open(twin)
    wanted.add_images()

    def killed(*_args: object, **_words: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(step, killed)
        with pytest.raises(KeyboardInterrupt):
            project.add_images()
    again = Project.open(project.path)
    again.add_images()
    assert state(again) == state(wanted)
    assert not (again.path / "images" / NOTE).exists()
    assert again.add_images().count == 0


def test_a_killed_process_is_gone_on_with_from_the_last_image(project: Project, tmp_path: Path) -> None:
    grow(tmp_path / "source", 300)
    twin = shutil.copytree(project.path, tmp_path / "twin")
    wanted = Project.open(twin)
    wanted.add_images()
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(project.path)], check=False, timeout=120)
    assert done.returncode == -9
    assert len(Project.open(project.path).images.labels) == 40
    seen: list[int] = []
    again = Project.open(project.path)
    assert again.add_images(on_progress=lambda number, total: seen.append(number)).count == 300
    assert seen[0] > 64
    assert state(again) == state(wanted)
