"""OOD check of a run: its report and its errors."""

from pathlib import Path

import numpy as np
import pytest

from core import Project
from core.base.errors import InputError

BASE = "001-supervised-mlp"


def test_ood_report_holds_every_group_and_is_stored(trained_project: Project, pictures: Path) -> None:
    assert trained_project.quality.ood_report(BASE) is None
    report = trained_project.quality.check_ood(BASE, str(pictures))
    assert report.groups == ["held-out", "noise", "foreign"]
    num_held_out = len(trained_project.splits.val) + len(trained_project.splits.calibration)
    assert set(report.scores) == {"entropy", "energy", "neighbor distance"}
    for score, groups in report.scores.items():
        assert [len(values) for values in groups.values()] == [num_held_out, 1000, 240]
        assert all(np.isfinite(values).all() for values in groups.values())
        assert all(0 <= value <= 1 for value in report.auroc[score].values())
    assert abs(report.auroc["entropy"]["foreign"] - 0.5) < 0.25  # the same pictures: hardly to be told apart
    again = trained_project.quality.ood_report(BASE)
    assert again is not None
    assert again.auroc == report.auroc


def test_another_project_can_be_the_ood_set(trained_project: Project, untrained_project: Project) -> None:
    report = trained_project.quality.check_ood(BASE, str(untrained_project.path))
    assert len(report.scores["entropy"]["foreign"]) == len(untrained_project.images.labels)


def test_unknown_data_set_raises_input_error(trained_project: Project) -> None:
    with pytest.raises(InputError, match="neither an image folder nor a built-in data set"):
        trained_project.quality.check_ood(BASE, "nowhere")
    assert trained_project.quality.ood_report(BASE) is None
