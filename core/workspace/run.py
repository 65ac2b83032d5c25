"""Read-only view of a run: its record, status, metrics and log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.base.errors import DataError
from core.base.types import RunRecord, RunStatus
from core.jobs.launch import command_for_other_machines
from core.store.files import read_json
from core.store.run_folder import RunFolder

LAST_EVALUATIONS = 5
"""Evaluations whose median stands beside the best one."""
CONTROL_NAMES = {"threshold_only": "threshold-only", "random_clicks": "random"}
"""What a person calls a kind of control run, by its name in CONTROL_KINDS."""


@dataclass(frozen=True)
class Control:
    """Which curated run a control run stands beside, and what it trains on instead."""

    kind: str  # one of CONTROL_KINDS
    of: str  # the curated run

    @property
    def name(self) -> str:
        """As a person says it: "threshold-only control of 002-self_training-small_cnn"."""
        return f"{CONTROL_NAMES.get(self.kind, self.kind)} control of {self.of}"


@dataclass(frozen=True)
class Run:
    """One run of a project, read from its folder each time it is asked."""

    folder: RunFolder

    @property
    def id(self) -> str:
        """Name of the run and of its folder."""
        return self.folder.id

    @property
    def record(self) -> RunRecord:
        """What run.json says: config, parent, versions."""
        return self.folder.record()

    @property
    def status(self) -> RunStatus:
        """What the training worker last wrote; "lost" where it fell silent."""
        return self.folder.status()

    @property
    def control(self) -> Control | None:
        """What this run is the control of; None for any other run."""
        file = self.folder.path / "arm.json"
        if not file.exists():
            return None
        facts = read_json(file)
        return Control(str(facts.get("arm")), str(facts.get("control_of")))

    @property
    def title(self) -> str:
        """The run's name and, of a control run, what it is the control of."""
        return self.id if self.control is None else f"{self.id} · {self.control.name}"

    @property
    def command_elsewhere(self) -> str | None:
        """What to type on each other machine that the run waits for; None where it needs this one alone."""
        is_resume = self.folder.checkpoint_path.exists()
        return command_for_other_machines(self.folder.path.parents[1], self.folder, is_resume=is_resume)

    @property
    def has_predictions(self) -> bool:
        """Whether the run is done, so that its scores can be read."""
        return self.status.state == "done"

    @property
    def temperature(self) -> float:
        """The divisor of the logits that calibrates confidence; 1 where none was fitted."""
        return self.folder.temperature()

    def metrics(self) -> list[dict[str, Any]]:
        """One line of numbers an epoch."""
        return self.folder.metrics()

    @property
    def last_val_accuracy(self) -> float | None:
        """Median val accuracy of the last five evaluations (fewer where there are fewer), [0, 1]; None before any.

        Where `best_val_accuracy` picks the luckiest evaluation, this says where the run came to rest.
        """
        return last_median(self.metrics())

    @property
    def has_batches(self) -> bool:
        """Whether the run writes lines about single steps (log_batches)."""
        file = self.folder.batches_path
        return file.exists() and file.stat().st_size > 0

    def batches(self, limit: int = 400) -> list[dict[str, Any]]:
        """Lines of numbers about single steps, at most so many, evenly spread over the run; none where not logged."""
        return self.folder.batches(limit)

    def log_tail(self, num_lines: int = 40) -> str:
        """The last lines that the training worker printed."""
        return self.folder.log_tail(num_lines)


def last_median(metrics: Sequence[Mapping[str, Any]], count: int = LAST_EVALUATIONS) -> float | None:
    """Median of the last `count` val accuracies that a run logged, [0, 1]; None where it logged none."""
    known = [line["val_accuracy"] for line in metrics if line.get("val_accuracy") is not None]
    return float(np.median(known[-count:])) if known else None


def unreadable_reason(folder: RunFolder) -> str | None:
    """The sentence that says why a run folder cannot be read; None where it can."""
    try:
        folder.record()
        folder.status()
    except DataError as error:
        return str(error)
    return None
