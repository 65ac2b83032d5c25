"""The noise check draws images, fits those of other data sets and writes its file."""

from pathlib import Path

import numpy as np
import pytest

from core.store.run_folder import RunFolder
from core.training.noise_check import check_noise, noise, resized
from core.training.worker import TrainingWorker
from tests.training.small_datasets import TINY, make_project, make_run


def test_noise_is_even_over_all_values_and_comes_from_the_seed() -> None:
    found = noise(200, (8, 6, 3), seed=1)
    assert found.shape == (200, 8, 6, 3)
    counts = np.bincount(found.ravel(), minlength=256)
    assert counts.min() > 0.6 * counts.mean()
    np.testing.assert_array_equal(found, noise(200, (8, 6, 3), seed=1))
    assert not np.array_equal(found, noise(200, (8, 6, 3), seed=2))


@pytest.mark.parametrize(("channels", "wanted"), [(1, 3), (3, 1), (1, 1), (3, 3)])
def test_foreign_images_take_the_runs_shape(channels: int, wanted: int) -> None:
    given = np.full((4, 12, 20, channels), 90, dtype=np.uint8)
    found = resized(given, (8, 8, wanted))
    assert found.shape == (4, 8, 8, wanted)
    assert found.min() == found.max() == 90


def test_the_check_leaves_the_answers_in_the_run_folder(tmp_path: Path) -> None:
    project = make_project(tmp_path / "tiny")
    folder = make_run(project, TINY)
    assert TrainingWorker(project, folder.id, is_resume=False).run() == 0
    assert RunFolder(folder.path).noise() == {}
    check_noise(folder.path, None)
    assert set(folder.noise()) == {"noise_logits", "noise_features"}
    check_noise(folder.path, project / "images")
    found = folder.noise()
    assert found["noise_logits"].shape == (1000, 3)
    assert found["foreign_logits"].shape == (150, 3)
    np.testing.assert_allclose(found["foreign_logits"], folder.logits(), atol=1e-4)
