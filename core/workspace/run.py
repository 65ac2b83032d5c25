"""A run as the street sees it, and how one is prepared: record and frozen labels first, engine afterwards."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from core.base.config import TrainConfig
from core.base.errors import ConfigError, DataError, InputError
from core.base.types import RunRecord, RunStatus, Source
from core.curation.additions import with_selection
from core.experiments.label_snapshot import Snapshot, freeze
from core.jobs.start import command_elsewhere
from core.store.files import read_json
from core.store.run_folder import RunFolder, next_run_id

if TYPE_CHECKING:
    from core.project import Project

LAST = 5
"""Evaluations whose median stands beside the best one."""
ARM_WORDS = {"threshold_only": "threshold-only", "random_clicks": "random"}
"""What a person calls a control arm, by its name in ARMS."""


@dataclass(frozen=True)
class Control:
    """Which curated run a control arm stands beside, and what it trains on instead."""

    arm: str  # one of ARMS
    of: str  # the curated run

    @property
    def name(self) -> str:
        """As a person says it: "threshold-only control of 002-self_training-small_cnn"."""
        return f"{ARM_WORDS.get(self.arm, self.arm)} control of {self.of}"


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
        """What the engine last said; "lost" where it fell silent."""
        return self.folder.status()

    @property
    def control(self) -> Control | None:
        """What this run is the control arm of; None for any other run."""
        file = self.folder.path / "arm.json"
        if not file.exists():
            return None
        facts = read_json(file)
        return Control(str(facts.get("arm")), str(facts.get("control_of")))

    @property
    def title(self) -> str:
        """The run's name and, of a control arm, what it is the control of."""
        return self.id if self.control is None else f"{self.id} · {self.control.name}"

    @property
    def elsewhere(self) -> str | None:
        """What to type on each other machine that the run waits for; None where it needs this one alone."""
        is_resume = self.folder.checkpoint_path.exists()
        return command_elsewhere(self.folder.path.parents[1], self.folder, is_resume=is_resume)

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

    def batches(self, most: int = 400) -> list[dict[str, Any]]:
        """Lines of numbers about single steps, at most so many, evenly spread over the run; none where not logged."""
        return self.folder.batches(most)

    def log_tail(self, num_lines: int = 40) -> str:
        """The last lines that the engine printed."""
        return self.folder.log_tail(num_lines)


def last_median(metrics: Sequence[Mapping[str, Any]], count: int = LAST) -> float | None:
    """Median of the last `count` val accuracies that a run logged, [0, 1]; None where it logged none."""
    known = [line["val_accuracy"] for line in metrics if line.get("val_accuracy") is not None]
    return float(np.median(known[-count:])) if known else None


def problem(folder: RunFolder) -> str | None:
    """The sentence that says why a run folder cannot be read; None where it can."""
    try:
        folder.record()
        folder.status()
    except DataError as error:
        return str(error)
    return None


def prepare_run(
    project: "Project",
    config: TrainConfig,
    parent: str | None,
    *,
    is_curated: bool = True,
    snapshot: Snapshot | None = None,
    rule: str | None = None,
    params: Mapping[str, Any] | None = None,
) -> RunFolder:
    """Write run.json and the frozen labels of a new run; the engine has not started yet.

    The labels are those of the snapshot where one is given, else the log's as it stands. rule and params pick
    pseudo-labels from the parent's scores, for this run alone.
    """
    if config.warm_start and parent is None:
        raise ConfigError("warm_start begins from the parent run's weights: choose a parent run, or turn it off.")
    snapshot = snapshot or freeze(project, is_curated=is_curated)
    curated = snapshot.curated
    if rule is not None:
        if parent is None:
            raise ConfigError("A rule picks pseudo-labels from a parent run's scores: choose a parent run.")
        picked = project.select(parent, rule, **(params or {}))
        curated = with_selection(curated, picked.ids, picked.labels)
    if config.method == "self_training" and not (curated.sources != Source.GIVEN).any() and not len(curated.reject_ids):
        raise InputError(
            "self_training needs curated labels, and none are decided yet: accept some images on the Review page "
            "first, let a rule pick them from a parent run, or choose the method supervised."
        )
    runs = project.path / "runs"
    sources = np.bincount(curated.sources, minlength=len(Source))
    record = RunRecord(
        format=1,
        run_id=next_run_id(runs, config),
        config=config,
        parent=parent,
        curated=curated.digest,
        fingerprint=project.fingerprint,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={
            "python": platform.python_version(),
            **{name: version(name) for name in ("winnow", "numpy", "torch")},
        },
        num_labels={source.name.lower(): int(sources[source]) for source in Source},
        rule=None if rule is None else {"rule": rule, **(params or {})},
    )
    folder = RunFolder.create(runs, record)
    folder.save_curated(curated, snapshot.decisions)
    return folder
