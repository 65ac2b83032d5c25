"""Shared fixtures: Winnow's home, an image folder and a trained project."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import Project, SplitConfig, TrainConfig
from tests.tiny_clip import make_color_project

os.environ["HF_HUB_OFFLINE"] = "1"
IS_ONE_OF_SEVERAL = "PYTEST_XDIST_WORKER" in os.environ
if IS_ONE_OF_SEVERAL:  # torch, not imported yet, takes one thread in each worker and in its trainings
    os.environ.setdefault("OMP_NUM_THREADS", "1")

CLASSES = ("circle", "cross", "stripes")
SMALL = SplitConfig(labeled=15, val=12, calibration=18, test=30, seed=1)
QUICK = TrainConfig(model="mlp", epochs=4, batch_size=15, precision="fp32", device="cpu")


@pytest.fixture(autouse=True)
def winnow_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set Winnow's own folder to a temporary one."""
    home = tmp_path / "winnow-home"
    monkeypatch.setenv("WINNOW_HOME", str(home))
    monkeypatch.delenv("WINNOW_TOKEN", raising=False)
    return home


def draw(shape: str, rng: np.random.Generator, size: int = 16) -> np.ndarray:
    """Draw one noisy grey image (size, size) of a shape.

    A small model can tell the three shapes apart.
    """
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    is_drawn = {
        "circle": np.hypot(x, y) < size / 3,
        "cross": (np.abs(x) < size / 8) | (np.abs(y) < size / 8),
        "stripes": (np.arange(size) % 4 < 2)[:, None] & np.ones((1, size), dtype=bool),
    }[shape]
    noise = rng.normal(0, 45, (size, size))
    return np.asarray(np.clip(is_drawn * 150 + 50 + noise, 0, 255), dtype=np.uint8)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that `make` fills once for all workers of a test run.

    Args:
        factory: pytest's own, whose base folder belongs to one worker.
        name: Of the folder.
        make: Fills the empty folder it is given; the other workers wait.
    """
    root = factory.getbasetemp().parent if IS_ONE_OF_SEVERAL else factory.getbasetemp()
    folder = root / name
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # given back when the file is closed
        if not folder.exists():
            draft = root / f"{name}.draft"
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            make(draft)
            draft.rename(folder)
    return folder


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of 60 images per class and 60 unlabeled ones."""
    return made_once(tmp_path_factory, "pictures", draw_pictures)


def draw_pictures(folder: Path) -> None:
    """Save the images of `pictures` in a folder."""
    rng = np.random.default_rng(0)
    for name in (*CLASSES, "unlabeled"):
        (folder / name).mkdir()
        for number in range(60):
            shape = CLASSES[number % 3] if name == "unlabeled" else name
            Image.fromarray(draw(shape, rng)).save(folder / name / f"{number}.png")


@pytest.fixture(scope="session")
def _trained(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    def train(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("WINNOW_HOME", str(folder / "home"))
            project = Project.create(folder / "shapes", pictures, split=SMALL)
            project.wait_run(project.start_run(QUICK).id, timeout=120)

    return made_once(tmp_path_factory, "trained", train) / "shapes"


@pytest.fixture
def untrained_project(pictures: Path, tmp_path: Path) -> Project:
    """Return a project of three shapes without a run."""
    return Project.create(tmp_path / "shapes", pictures, split=SMALL)


@pytest.fixture
def trained_project(_trained: Path, tmp_path: Path) -> Project:
    """Return this test's own copy of a project with one finished baseline run."""
    return Project.open(shutil.copytree(_trained, tmp_path / "trained"))


@pytest.fixture(scope="session")
def _colors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("transformers")

    def make(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("WINNOW_HOME", str(folder / "home"))
            make_color_project(folder, folder.parent / "tiny-clip")  # not in it: the folder is renamed

    return made_once(tmp_path_factory, "colors", make) / "colors"


@pytest.fixture
def color_project(_colors: Path, tmp_path: Path) -> Project:
    """Return this test's own copy of a project of red, green and blue images with a tiny CLIP's features and a run."""
    return Project.open(shutil.copytree(_colors, tmp_path / "colors"))
