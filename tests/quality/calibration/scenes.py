"""Class folders from a few scenes, and unlabeled images from others: the calibration images are unlike the pool."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core import Project, TrainConfig

CLASSES = ("circle", "cross", "ring", "square")
SIDE = 20
RUN = "001-head-hog"


def draw(label: int, scene: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a shape, faint before the stripes of its scene."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2 + rng.normal(0, 1, (2, 1, 1))
    far = np.hypot(x, y)
    shape = [
        far < 6,
        (np.abs(x) < 2) | (np.abs(y) < 2),
        (far > 4) & (far < 7),
        np.maximum(np.abs(x), np.abs(y)) < 5,
    ][label]
    angle = np.pi * scene / 8
    stripes = np.sin((np.cos(angle) * x + np.sin(angle) * y) * 1.3 + rng.uniform(0, 6))
    return np.asarray(np.clip(120 + 40 * stripes + 80 * shape + rng.normal(0, 12, shape.shape), 0, 255), dtype=np.uint8)


def save_scenes(
    folder: Path, rng: np.random.Generator, *, each: int = 150, unlabeled: int = 600, is_new: bool = True
) -> NDArray[np.int64]:
    """Save a folder for each class and `unlabeled`; return the true classes of the unlabeled images.

    Each class was pictured in two scenes of its own, one in twenty elsewhere. The unlabeled images come from all scenes
    alike where `is_new`, else from the same ones.
    """
    for label, name in enumerate(CLASSES):
        (folder / name).mkdir(parents=True)
        for number in range(each):
            Image.fromarray(draw(label, _scene(label, rng), rng)).save(folder / name / f"{number:04}.png")
    truth = rng.integers(0, len(CLASSES), unlabeled)
    (folder / "unlabeled").mkdir()
    for number, label in enumerate(truth.tolist()):
        scene = int(rng.integers(0, 8)) if is_new else _scene(label, rng)
        Image.fromarray(draw(label, scene, rng)).save(folder / "unlabeled" / f"{number:04}.png")
    return truth


def _scene(label: int, rng: np.random.Generator) -> int:
    return int(rng.integers(0, 8)) if rng.random() < 0.05 else 2 * label + int(rng.random() < 0.2)


def unlabeled_truth(project: Project, folder: Path) -> np.ndarray:
    """True class of each image of the folder `unlabeled`, by image id; -1 of the others."""
    truth, found = np.load(folder / "truth.npy"), np.full(len(project.images.labels), -1)
    for image in project.splits.unlabeled.tolist():
        found[image] = truth[int(Path(str(project.images.names[image])).stem)]
    return found


def class_mix_project(path: Path) -> Project:
    """A project with a head whose unlabeled images lack four in five of two classes, and differ in nothing else."""
    folder = path / "images"
    truth = save_scenes(folder, np.random.default_rng(0), is_new=False)
    for number, label in enumerate(truth.tolist()):
        if label in (1, 2) and number % 5:
            (folder / "unlabeled" / f"{number:04}.png").unlink()
    project = Project.create(path / "mix", folder)
    project.wait_run(project.start_run(TrainConfig(method="head")).id, timeout=120)
    return project
