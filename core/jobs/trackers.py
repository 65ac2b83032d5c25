"""Trackers: a run's metrics in TensorBoard or MLflow beside the files of the run."""

import importlib.util
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from core.base.config import TrainConfig
from core.base.errors import InputError

_PACKAGES = {"tensorboard": "tensorboard", "mlflow": "mlflow"}


class Tracker(Protocol):
    """Takes the metrics of a run."""

    def log(self, line: Mapping[str, Any]) -> None:
        """Write the numbers of one evaluation."""

    def close(self, state: str) -> None:
        """End with the state of the run."""


class NoTracker:
    """Takes metrics and keeps none."""

    def log(self, line: Mapping[str, Any]) -> None:
        """Do nothing."""

    def close(self, state: str) -> None:
        """Do nothing."""


class SafeTracker:
    """Passes metrics on; the first failure is printed, and training goes on without it."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker: Tracker = tracker

    def log(self, line: Mapping[str, Any]) -> None:
        """Write the numbers of one evaluation, or stop tracking."""
        try:
            self._tracker.log(line)
        except Exception as error:  # trackers' errors have no common class
            self._stop(error)

    def close(self, state: str) -> None:
        """End with the state of the run."""
        try:
            self._tracker.close(state)
        except Exception as error:
            self._stop(error)

    def _stop(self, error: Exception) -> None:
        print(f"Tracking stopped ({type(error).__name__}: {error}); the run goes on.", flush=True)
        self._tracker = NoTracker()


class TensorBoardTracker:
    """Writes event files in the project's folder tensorboard/RUN; a resumed run adds a file."""

    def __init__(self, project: Path, run_id: str) -> None:
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._writer = EventFileWriter(str(project / "tensorboard" / run_id))

    def log(self, line: Mapping[str, Any]) -> None:
        """Write one scalar for each number."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=name, simple_value=value) for name, value in numbers(line).items()]
        self._writer.add_event(Event(wall_time=time.time(), step=int(line["step"]), summary=Summary(value=values)))
        self._writer.flush()

    def close(self, state: str) -> None:
        """Close the file."""
        self._writer.close()


class MlflowTracker:
    """Writes to the server of MLFLOW_TRACKING_URI, else to mlflow.db in the project; one experiment for a project."""

    def __init__(self, project: Path, run_id: str, config: TrainConfig) -> None:
        from mlflow import MlflowClient

        place = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{project / 'mlflow.db'}"
        self._client = MlflowClient(tracking_uri=place)
        known = self._client.get_experiment_by_name(project.name)
        experiment = known.experiment_id if known else self._client.create_experiment(project.name)
        found = self._client.search_runs([experiment], f"attributes.run_name = '{run_id}'", max_results=1)
        if found:  # a resumed run goes on in its own
            self._run = found[0].info.run_id
            self._client.update_run(self._run, status="RUNNING")
            return
        self._run = self._client.create_run(experiment, run_name=run_id).info.run_id
        for name, value in config.model_dump().items():
            self._client.log_param(self._run, name, str(value)[:500])

    def log(self, line: Mapping[str, Any]) -> None:
        """Write one metric for each number."""
        for name, value in numbers(line).items():
            self._client.log_metric(self._run, name, value, step=int(line["step"]))

    def close(self, state: str) -> None:
        """Say how the run ended."""
        self._client.set_terminated(self._run, {"done": "FINISHED", "cancelled": "KILLED"}.get(state, "FAILED"))


def check_tracker(config: TrainConfig) -> None:
    """Raise InputError where the package of the tracker that a config names is not installed."""
    package = _PACKAGES.get(config.tracker)
    if package is not None and importlib.util.find_spec(package) is None:
        raise InputError(
            f"The tracker {config.tracker} is not installed: pip install 'winnow[{package}]', or choose none."
        )


def open_tracker(config: TrainConfig, project: Path, run_id: str) -> Tracker:
    """Open the tracker that a config names; one that cannot be opened is told in the log and left out.

    Args:
        config: Settings of the run.
        project: Folder of the project.
        run_id: The run.
    """
    if config.tracker == "none":
        return NoTracker()
    try:
        is_mlflow = config.tracker == "mlflow"
        return SafeTracker(MlflowTracker(project, run_id, config) if is_mlflow else TensorBoardTracker(project, run_id))
    except Exception as error:
        print(f"No tracking by {config.tracker} ({type(error).__name__}: {error}); the run goes on.", flush=True)
        return NoTracker()


def numbers(line: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a line of metrics by name; step and epoch are none of them."""
    return {
        name: float(value)
        for name, value in line.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and name not in ("step", "epoch")
    }
