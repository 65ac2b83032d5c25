"""Trackers get every number of an evaluation, and never stop a run."""

from pathlib import Path
from typing import Any

import pytest

from core import Project, TrainConfig
from core.base.errors import InputError
from core.jobs import trackers

QUICK = {"model": "mlp", "epochs": 3, "batch_size": 15, "precision": "fp32", "device": "cpu"}


def finished(project: Project, **settings: Any) -> str:
    """Train a run and return its id."""
    return project.wait_run(project.start_run(TrainConfig(**settings)).id, timeout=120).id


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("settings", [QUICK, {"method": "head", "extractor": "pixels"}], ids=["network", "head"])
def test_tensorboard_reads_the_numbers_of_the_metrics_file(trained_project: Project, settings: dict[str, Any]) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = finished(trained_project, tracker="tensorboard", **settings)
    read = EventAccumulator(str(trained_project.path / "tensorboard" / run))
    read.Reload()
    for name in ("val_accuracy", "val_loss"):
        found = [(event.step, event.value) for event in read.Scalars(name)]
        expected = [(line["step"], line[name]) for line in trained_project.run(run).metrics()]
        assert found == [(step, pytest.approx(value)) for step, value in expected]


@pytest.mark.filterwarnings("ignore")
def test_mlflow_reads_the_numbers_of_the_metrics_file(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("cryptography")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run = finished(trained_project, tracker="mlflow", **QUICK)
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{trained_project.path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name(trained_project.path.name)
    [kept] = client.search_runs([experiment.experiment_id])
    assert (kept.info.run_name, kept.info.status, kept.data.params["model"]) == (run, "FINISHED", "mlp")
    found = [metric.value for metric in client.get_metric_history(kept.info.run_id, "val_accuracy")]
    assert found == [line["val_accuracy"] for line in trained_project.run(run).metrics()]


def test_a_tracker_that_is_not_installed_is_told_before_the_run(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(trackers._PACKAGES, "mlflow", "no_such_package")
    with pytest.raises(InputError, match=r"tracker mlflow is not installed: pip install"):
        trained_project.start_run(TrainConfig(tracker="mlflow"))
    assert len(trained_project.runs()) == 1


def test_a_tracker_that_fails_does_not_stop_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Broken:
        def log(self, line: object) -> None:
            raise OSError("disk full")

        def close(self, state: str) -> None:
            raise OSError("disk full")

    tracker = trackers.SafeTracker(Broken())
    tracker.log({"step": 1})
    tracker.log({"step": 2})
    tracker.close("done")
    assert capsys.readouterr().out.count("Tracking stopped (OSError: disk full)") == 1
    (tmp_path / "tensorboard").write_text("in the way")
    trackers.open_tracker(TrainConfig(tracker="tensorboard"), tmp_path, "001").log({"step": 1})
    assert "the run goes on" in capsys.readouterr().out
