"""A project goes from images to an exported model in real processes."""

import csv
from pathlib import Path

import numpy as np
import pytest

from core import LabelSource, Project, TrainConfig, Verdict
from tests.conftest import QUICK

RETRAIN = QUICK.model_copy(update={"method": "self_training", "ramp": "none"})


def test_from_pictures_to_a_curated_retrained_compared_and_exported_model(
    trained_project: Project, tmp_path: Path
) -> None:
    project = trained_project
    baseline = project.runs()[0]
    kept = project.select(baseline.id, "fixed_threshold", threshold=0.6)
    assert 0 < kept.count <= len(project.splits.pool)

    bulk = project.bulk_accept(baseline.id, "fixed_threshold", threshold=0.6)
    relabeled = int(kept.ids[0])
    other = (int(kept.labels[0]) + 1) % 3
    assert project.decide(baseline.id, "relabel", relabeled, other).status == "saved"
    assert bulk.status == "saved"

    retrained = project.start_run(RETRAIN, parent=baseline.id)
    project.wait_run(retrained.id, timeout=120)
    assert retrained.record.parent == baseline.id
    assert retrained.record.num_labels == {"given": 15, "accepted": 0, "corrected": 1, "bulk": kept.count - 1}
    assert retrained.record.curated == project.curate().digest

    result = project.compare(baseline.id, retrained.id)
    assert result.comparison.accuracy_a.n == 30
    expected = result.comparison.accuracy_b.value - result.comparison.accuracy_a.value
    assert result.comparison.difference == pytest.approx(expected)

    project.export("csv", tmp_path / "csv")
    with next((tmp_path / "csv").glob("*.csv")).open(encoding="utf-8") as file:
        rows = {int(row["image_id"]): row for row in csv.DictReader(file)}
    assert len(rows) == 15 + kept.count
    assert rows[relabeled]["source"] == "corrected"
    assert rows[relabeled]["label_name"] == project.class_names[other]
    assert {row["rule"] for row in rows.values() if row["source"] == "bulk"} == {"fixed_threshold"}
    project.export("model", tmp_path / "model", retrained.id)
    assert list((tmp_path / "model").glob("*.safetensors"))


def test_one_undo_takes_back_a_bulk_accept(trained_project: Project) -> None:
    run = trained_project.runs()[0].id
    before = trained_project.curate().digest
    outcome = trained_project.bulk_accept(run, "fixed_threshold", threshold=0.34)
    assert (trained_project.decisions.state().verdict == Verdict.BULK_ACCEPT).sum() > 10
    assert trained_project.undo(run).status == "saved"
    assert trained_project.curate().digest == before
    assert len(trained_project.decisions.all()) == 2, "nothing is deleted"
    assert outcome.decision == trained_project.decisions.all()[0].id


def test_decisions_are_there_when_the_project_is_opened_again(trained_project: Project) -> None:
    run = trained_project.runs()[0].id
    image = int(trained_project.splits.pool[3])
    trained_project.decide(run, "accept", image)
    again = Project.open(trained_project.path)
    assert again.decisions.state().verdict[image] == Verdict.ACCEPT
    assert again.curate().sources.tolist().count(LabelSource.ACCEPTED) == 1


def test_a_control_run_leaves_every_decision_out(trained_project: Project) -> None:
    run = trained_project.runs()[0].id
    trained_project.bulk_accept(run, "fixed_threshold", threshold=0.34)
    control = trained_project.start_run(QUICK, parent=run, is_curated=False)
    trained_project.wait_run(control.id, timeout=120)
    assert control.record.num_labels["bulk"] == 0
    np.testing.assert_array_equal(control.folder.logits(), trained_project.run(run).folder.logits())


def test_accepting_a_calibration_image_by_hand_takes_it_out_of_the_estimate(trained_project: Project) -> None:
    run, image = trained_project.runs()[0].id, int(trained_project.splits.calibration[0])
    before = trained_project.select(run, "fixed_threshold", threshold=0.0).error.n
    trained_project.decide(run, "accept", image)
    assert trained_project.select(run, "fixed_threshold", threshold=0.0).error.n == before - 1


def test_settings_of_the_readme_exist() -> None:
    assert TrainConfig(method="self_training", epochs=3).ramp == "linear"
