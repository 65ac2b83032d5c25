"""Predictions of another model suggest like a run of Winnow's own."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import ConfigError, InputError, PageQuery, Project, RunError, SimulateConfig, Simulations, TrainConfig


def test_exported_logits_of_a_run_come_back_as_the_same_scores_and_thresholds(project: Project, tmp_path: Path) -> None:
    head = project.wait_run(project.start_run(TrainConfig(method="head", extractor="pixels")).id, timeout=120)
    np.save(tmp_path / "mine.npy", np.array(head.folder.logits()))
    run = project.import_predictions(tmp_path / "mine.npy")
    assert (run.id, run.status.state) == ("002-imported-mine", "done")
    assert run.folder.logits().tobytes() == head.folder.logits().tobytes()
    assert run.temperature == head.temperature
    assert run.status.best_val_accuracy == head.status.best_val_accuracy
    for name in ("confidence", "entropy", "margin", "pseudo_labels"):
        ours, theirs = (getattr(project.scores(one.id).scores, name) for one in (run, head))
        assert np.array_equal(ours, theirs)
    thresholds = [project.quality.conformal_threshold(one.id, 0.1).threshold for one in (run, head)]
    assert thresholds[0] == thresholds[1]
    assert project.compare(head.id, run.id).comparison.difference == 0


def test_probabilities_and_their_logarithms_give_the_same_scores(project: Project, probs: np.ndarray) -> None:
    first, second = project.import_predictions(probs, "probs"), project.import_predictions(np.log(probs), "logits")
    assert [(run.imported_from or {})["kind"] for run in (first, second)] == [
        "probabilities", "logits"
    ]  # fmt: skip
    assert np.allclose(first.folder.logits(), second.folder.logits(), atol=1e-5)
    assert first.temperature == pytest.approx(second.temperature, rel=1e-3)


def test_the_run_says_where_its_predictions_come_from(project: Project, probs: np.ndarray, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    table = pd.DataFrame(probs, columns=list(project.class_names)).assign(name=project.images.names)[:-3]
    table.to_csv(file, index=False)
    run = project.import_predictions(file, "my  model")
    assert run.id == "001-imported-my-model"
    assert run.record.config.model_name == "my model"
    source = run.imported_from
    assert source is not None
    assert source["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert source["file"] == "mine.csv"
    assert (source["model"], source["kind"]) == ("my model", "probabilities")
    assert source["num_covered"] == source["num_images"] - 3 == len(table)


def test_an_image_without_a_row_is_at_the_bottom_and_does_not_calibrate(project: Project, probs: np.ndarray) -> None:
    whole = project.import_predictions(probs, "whole")
    val, some = project.splits.val, project.splits.pool[:5]
    without = np.setdiff1d(np.arange(len(probs)), np.append(val[:3], some))
    run = project.import_predictions(probs[without], "some", ids=without)
    scores = project.scores(run.id)
    assert np.allclose(scores.scores.confidence[:5], 1 / 3)
    assert (scores.scores.confidence[5:] > 1 / 3).all()
    assert run.folder.calibration()["n"] == len(val) - 3
    alone = project.import_predictions(probs[some], "no val image", ids=some)
    assert alone.status.best_val_accuracy is None
    assert (alone.temperature, alone.folder.calibration()["n"]) == (1.0, 0)
    assert whole.folder.calibration()["n"] == len(val)


def test_labels_alone_get_the_confidence_that_val_measures(project: Project, probs: np.ndarray) -> None:
    run = project.import_predictions(np.array(project.class_names)[probs.argmax(axis=1)], "labels")
    accuracy = run.status.best_val_accuracy
    assert accuracy is not None
    assert np.allclose(project.scores(run.id).scores.confidence, accuracy, atol=1e-3)
    assert np.array_equal(project.scores(run.id).scores.pseudo_labels, probs.argmax(axis=1)[project.splits.pool])


def test_an_imported_run_is_reviewed_audited_compared_and_exported(
    project: Project, probs: np.ndarray, tmp_path: Path
) -> None:
    run = project.import_predictions(probs, "mine")
    other = project.import_predictions(np.roll(probs, 1, axis=1), "wrong")
    image = int(project.scores(run.id).ids[0])
    review = project.review(run.id)
    assert review.histogram.counts("confidence")
    assert project.quality.conformal_threshold(run.id, 0.3).threshold is not None
    card = review.page(PageQuery()).cards[0]
    assert card.suggestion == int(probs[card.id].argmax())
    assert review.neighbors(image, 3), "its features are the project's own"
    assert project.decide(run.id, "accept", image).status == "saved"
    assert project.bulk_accept(run.id, "fixed_threshold", threshold=0.5).status == "saved"
    assert project.quality.out_of_distribution(run.id, "knn")
    assert project.select(run.id, "fixed_threshold", threshold=0.5).count > 0
    result = project.compare(other.id, run.id).comparison
    assert result.difference > 0.5
    with pytest.raises(InputError, match="no decision between these two runs"):
        project.review_value(other.id, run.id)
    assert project.stop_advice(run.id)
    assert project.export("csv", tmp_path / "csv").exists()
    page = project.export("round_card", tmp_path / "card", run.id).read_text(encoding="utf-8")
    assert "winnow import-predictions shapes predictions.npy --name mine" in page
    assert [project.undo(run.id).status for _ in range(2)] == ["saved", "saved"]


def test_a_head_and_a_network_follow_an_imported_run(project: Project, probs: np.ndarray) -> None:
    run = project.import_predictions(probs, "mine")
    head = project.start_run(TrainConfig(method="head", extractor="pixels"), parent=run.id)
    assert project.wait_run(head.id, timeout=120).record.parent == run.id
    network = TrainConfig(method="self_training", model="mlp", epochs=1, batch_size=15, precision="fp32")
    picked = project.start_run(network, parent=run.id, rule="fixed_threshold", params={"threshold": 0.8})
    assert project.wait_run(picked.id, timeout=120).record.num_labels["bulk"] > 0
    with pytest.raises(ConfigError, match="has no weights to start from"):
        project.start_run(TrainConfig(method="self_training", warm_start=True), parent=run.id)


def test_what_is_not_trained_cannot_be_started_cancelled_resumed_or_simulated(
    project: Project, probs: np.ndarray, tmp_path: Path
) -> None:
    run = project.import_predictions(probs, "mine")
    with pytest.raises(ConfigError, match="imported, not trained"):
        project.start_run(TrainConfig(method="imported"))
    with pytest.raises(RunError, match="nothing to cancel"):
        project.cancel_run(run.id)
    with pytest.raises(RunError, match="import the file again"):
        project.resume_run(run.id)
    with pytest.raises(InputError, match="No single decision went into"):
        project.start_control_run(run.id, "threshold_only")
    with pytest.raises(InputError, match="has no model file"):
        project.export("model", tmp_path / "model", run.id)
    with pytest.raises(InputError, match="has no model here"):
        project.quality.check_ood(run.id)
    with pytest.raises(InputError, match="cannot be imported"):
        Simulations(project.workspace).prepare(["margin"], ["none"], SimulateConfig(), TrainConfig(method="imported"))


@pytest.mark.parametrize("name", ["…", "a" * 61, "\t", "mine\x00"])
def test_a_name_that_names_nothing_is_refused_and_leaves_nothing(
    project: Project, probs: np.ndarray, name: str
) -> None:
    with pytest.raises(InputError, match="A model cannot be called"):
        project.import_predictions(probs, name or "…")
    assert project.runs() == []
    assert not list(project.path.glob("runs/*"))


def test_a_failure_while_writing_leaves_nothing(
    project: Project, probs: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.predictions.imported_run.calibrate", fail)
    with pytest.raises(Exception, match="No space left"):
        project.import_predictions(probs, "mine")
    assert not list((project.path / "runs").iterdir())


def test_a_large_pool_gets_its_index(project: Project, probs: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.workspace.pool_index.LEAST", 10)
    run = project.import_predictions(probs, "mine")
    index = run.folder.path / "predictions" / "index" / "index.json"
    written = index.stat().st_mtime_ns
    assert len(project.scores(run.id).orders) == 3
    assert index.stat().st_mtime_ns == written, "it fits the run that was moved into place"
