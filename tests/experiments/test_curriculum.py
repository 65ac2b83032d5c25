"""Runs train on labels that a rule picks; curricula train round by round."""

import numpy as np
import pytest

from core import LabelSource, Project
from core.base.errors import ConfigError, InputError, RunError
from core.experiments.curriculum import shares
from core.experiments.curriculum_worker import CurriculumWorker
from core.jobs.job_folder import JobFolder
from tests.conftest import QUICK

BASE = "001-supervised-mlp"
SELF = QUICK.model_copy(update={"method": "self_training", "ramp": "none", "epochs": 2})


def test_a_rule_picks_pseudo_labels_for_one_run_and_leaves_the_log_alone(trained_project: Project) -> None:
    run = trained_project.start_run(SELF, BASE, rule="lowest_entropy", params={"percent": 20.0})
    trained_project.wait_run(run.id, timeout=120)
    picked = trained_project.select(BASE, "lowest_entropy", percent=20.0)
    frozen = run.folder.curated()
    assert frozen is not None
    is_bulk = frozen.sources == LabelSource.BULK
    np.testing.assert_array_equal(frozen.ids[is_bulk], picked.ids)
    np.testing.assert_array_equal(frozen.labels[is_bulk], picked.labels)
    assert (frozen.decisions[is_bulk] == 0).all()
    assert run.record.rule == {"rule": "lowest_entropy", "percent": 20.0}
    assert trained_project.decisions.all() == []


def test_a_decision_outweighs_the_rule(trained_project: Project) -> None:
    picked = trained_project.select(BASE, "fixed_threshold", threshold=0.0)
    image, other = int(picked.ids[0]), (int(picked.labels[0]) + 1) % 3
    trained_project.decide(BASE, "relabel", image, other)
    run = trained_project.start_run(SELF, BASE, rule="fixed_threshold", params={"threshold": 0.0})
    frozen = run.folder.curated()
    assert frozen is not None
    assert frozen.labels[frozen.ids == image].tolist() == [other]
    assert frozen.sources[frozen.ids == image].tolist() == [LabelSource.CORRECTED]
    trained_project.wait_run(run.id, timeout=120)


def test_a_rule_without_a_parent_is_a_sentence(trained_project: Project) -> None:
    with pytest.raises(ConfigError, match="choose a parent run"):
        trained_project.start_run(SELF, rule="fixed_threshold")
    assert len(trained_project.runs()) == 1


def test_each_round_of_a_curriculum_takes_more_of_the_pool_from_scratch(trained_project: Project) -> None:
    runs = list(trained_project.train_curriculum(SELF, BASE, 2))
    assert [run.record.parent for run in runs] == [BASE, runs[0].id]
    assert [run.record.rule for run in runs] == [
        {"rule": "highest_confidence", "percent": 50.0}, {"rule": "highest_confidence", "percent": 100.0},
    ]  # fmt: skip
    pool = len(trained_project.splits.pool)
    assert [run.record.num_labels["bulk"] for run in runs] == [pool // 2, pool]


def test_rounds_of_another_method_or_with_a_warm_start_are_refused(trained_project: Project) -> None:
    with pytest.raises(InputError, match="choose the method self_training"):
        next(trained_project.train_curriculum(QUICK, BASE))
    with pytest.raises(InputError, match="turn warm_start off"):
        next(trained_project.train_curriculum(SELF.model_copy(update={"warm_start": True}), BASE))


def test_a_step_of_ones_own_ends_at_the_whole_pool() -> None:
    assert shares(4, 30) == [30, 60, 90, 100]
    assert shares(5) == [20, 40, 60, 80, 100]
    for words in ((0, None), (2, 0.0), (2, 101.0)):
        with pytest.raises(InputError, match="curriculum"):
            shares(*words)


def test_rounds_that_cannot_be_played_are_refused_before_a_process_is_started(trained_project: Project) -> None:
    with pytest.raises(InputError, match="choose the method self_training"):
        trained_project.curricula.start(QUICK, BASE, 2)
    with pytest.raises(InputError, match="above 0"):
        trained_project.curricula.start(SELF, BASE, 2, -1.0)
    assert trained_project.curricula.all() == []


def test_a_round_that_fails_ends_the_curriculum_with_its_sentence(trained_project: Project) -> None:
    """The failure is made by a warm start in the stored settings."""
    folder = JobFolder.create(
        trained_project.path / "curricula",
        {"parent": BASE, "num_rounds": 2, "step": None, "train": {**SELF.model_dump(), "warm_start": True}},
        2,
    )
    CurriculumWorker(trained_project.workspace, folder.id).train()
    status = trained_project.curricula.find(folder.id).status
    assert status.state == "failed"
    assert status.message.startswith("Stopped after 0 of 2 rounds. Every round of a curriculum begins from scratch")
    with pytest.raises(RunError, match="nothing to cancel"):
        trained_project.curricula.cancel(folder.id)
