"""The demo begins with so few labels that the first clicks show; demos that are there stay as they are."""

from pathlib import Path

import numpy as np
import pytest

from core import InputError, Project, SplitConfig
from core.base.errors import ConfigError


def test_the_demo_begins_with_ten_labels_of_each_class(tmp_path: Path) -> None:
    project = Project.demo(tmp_path / "demo")
    assert np.bincount(project.images.labels[project.splits.labeled]).tolist() == [10] * 10
    assert [len(part) for part in (project.splits.val, project.splits.calibration, project.splits.test)] == [
        1000, 500, 1500
    ]  # fmt: skip


def test_five_hundred_labels_draw_what_they_always_drew(tmp_path: Path) -> None:
    asked = Project.demo(tmp_path / "demo", labeled=500)
    as_before = Project.create(tmp_path / "before", "demo")
    np.testing.assert_array_equal(asked.splits.labeled, as_before.splits.labeled)
    assert (len(asked.splits.val), len(as_before.splits.val)) == (1000, 300)
    assert as_before.splits.config == SplitConfig()


def test_a_demo_that_is_there_opens_unchanged(tmp_path: Path) -> None:
    made = Project.demo(tmp_path / "demo", labeled=500)
    assert len(Project.demo(made.path).splits.labeled) == 500
    with pytest.raises(InputError, match="500 labeled images: name another folder"):
        Project.demo(made.path, labeled=20)


def test_more_labels_than_images_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1,000 different"):
        Project.demo(tmp_path / "demo", labeled=7_001)
    with pytest.raises(ConfigError, match="labeled"):
        Project.demo(tmp_path / "demo", labeled=-1)
    assert not (tmp_path / "demo").exists()
