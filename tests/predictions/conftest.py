"""A project of three shapes, and predictions that are right about most of its images."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from core import Project
from tests.conftest import SMALL


@pytest.fixture(scope="session")
def _made(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Project.create(tmp_path_factory.mktemp("predicted") / "shapes", pictures, split=SMALL).path


@pytest.fixture
def project(_made: Path, tmp_path: Path) -> Project:
    """This test's own copy of a project without a run."""
    return Project.open(shutil.copytree(_made, tmp_path / "shapes"))


@pytest.fixture
def probs(project: Project) -> np.ndarray:
    """Probabilities (N, 3), float64; the true class is first for about four images in five."""
    rng, truth = np.random.default_rng(0), true_classes(project)
    logits = rng.normal(0, 1, (len(truth), 3))
    logits[np.arange(len(truth)), truth] += 2
    exp = np.exp(logits)
    return np.asarray(exp / exp.sum(axis=1, keepdims=True))


def true_classes(project: Project) -> np.ndarray:
    """The class of every image, by the file that it was drawn into."""
    labels = np.array(project.images.labels)
    numbers = [int(Path(str(name)).stem) % 3 for name in project.images.names]
    return np.where(labels < 0, numbers, labels)
