"""Simulations of one project: prepared, started in their own process, found again, read.

A simulated reviewer goes through the loop in sandboxes below `simulations/`; the project's log and runs stay untouched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.base.config import SimulateConfig, TrainConfig
from core.base.errors import InputError, RunError
from core.base.types import LIVE_STATES, UNKNOWN
from core.jobs.job_folder import JobFolder, JobStatus, find_job, list_jobs, plain
from core.jobs.start import start_worker
from core.simulation.strategies import (
    Contestant,
    Curve,
    Cut,
    Point,
    contestants,
    curve,
    labels_of,
    parse_cut,
    promise_kept,
)
from core.workspace.workspace import Workspace

DEFAULT_QUEUES = ("entropy",)
"""Queues of a simulation that names none."""
DEFAULT_CUTS = ("conformal=0.05",)
"""Accept rules of a simulation that names none."""


@dataclass(frozen=True)
class Simulation:
    """One simulation of a project, read from its folder each time it is asked."""

    folder: JobFolder

    @property
    def id(self) -> str:
        """Its number, as 001."""
        return self.folder.id

    @property
    def path(self) -> Path:
        """Where curves.csv, curves.json and curves.svg are."""
        return self.folder.path

    @property
    def status(self) -> JobStatus:
        """How far it is."""
        return self.folder.status()

    @property
    def settings(self) -> SimulateConfig:
        """Rounds, clicks, error rate, seeds."""
        return SimulateConfig.checked(self.folder.settings()["simulate"])

    @property
    def train(self) -> TrainConfig:
        """What each run is trained with."""
        return TrainConfig.checked(self.folder.settings()["train"])

    @property
    def contestants(self) -> tuple[Contestant, ...]:
        """The ways to review that play, controls included."""
        asked = self.folder.settings()
        cuts = [parse_cut(text) for text in asked["cuts"]]
        return contestants(asked["queues"], cuts, has_controls=self.settings.controls)

    def points(self) -> list[Point]:
        """What each contestant had after each round, so far."""
        return [Point(**line) for line in self.folder.points()]

    def curves(self, quantity: str) -> list[Curve]:
        """One curve of a quantity (one of QUANTITIES) over the rounds for each review strategy that has begun."""
        points = self.points()
        return [curve(points, label, quantity) for label in labels_of(points)]

    def summary(self) -> list[dict[str, Any]]:
        """A row for each contestant, after its last round: means over the seeds, lowest and highest test accuracy."""
        points = self.points()
        return [_row(points, one) for one in self.contestants if one.label in labels_of(points)]


def _row(points: Sequence[Point], one: Contestant) -> dict[str, Any]:
    """Of the seeds that have got as far as any: a seed half played would mix rounds."""
    last_round = max(point.round for point in points if point.label == one.label)
    played = {point.seed for point in points if point.label == one.label and point.round == last_round}
    points = [point for point in points if point.seed in played]
    accuracy = curve(points, one.label, "test_accuracy")
    last = {name: float(curve(points, one.label, name).mean[-1]) for name in ("accepted", "accepted_error", "clicks")}
    error, spread, num = promise_kept(points, one.label)
    return plain({
        "contestant": one.label, "queue": one.queue, "cut": one.cut.name, "value": one.cut.value,
        "seeds": int(accuracy.num_seeds[-1]), "rounds": int(accuracy.rounds[-1]),
        "baseline_accuracy": float(accuracy.mean[0]), "test_accuracy": float(accuracy.mean[-1]),
        "test_accuracy_low": float(accuracy.low[-1]), "test_accuracy_high": float(accuracy.high[-1]),
        **last, "selected_error": error, "selected_error_se": spread, "rounds_judged": num,
    })  # fmt: skip


class Simulations:
    """The simulations of one project."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.root = workspace.path / "simulations"

    def all(self) -> list[Simulation]:
        """Every simulation, oldest first."""
        return [Simulation(folder) for folder in list_jobs(self.root)]

    def find(self, number: str) -> Simulation:
        """One by its number; InputError names those there are."""
        return Simulation(find_job(self.root, number, "simulation"))

    def prepare(
        self, queues: Sequence[str], cuts: Sequence[str], settings: SimulateConfig, train: TrainConfig
    ) -> Simulation:
        """Check and store a simulation; nothing runs yet.

        Args:
            queues: Queues that the simulated reviewer answers, of REVIEW_QUEUES.
            cuts: Accept rules as text, such as "conformal=0.05".
            settings: Rounds, clicks, error rate, seeds.
            train: What each run is trained with.

        Raises:
            InputError: The project or a name does not fit.
        """
        lines = tuple(parse_cut(text) for text in cuts)
        playing = contestants(queues, lines, has_controls=settings.controls)
        _check_workspace(self._workspace, lines)
        asked = {
            "queues": list(dict.fromkeys(queues)), "cuts": list(dict.fromkeys(cuts)),
            "simulate": settings.model_dump(), "train": train.model_dump(), "fingerprint": self._workspace.fingerprint,
            "created": datetime.now(UTC).isoformat(timespec="seconds"), "winnow": version("winnow"),
        }  # fmt: skip
        total = settings.seeds * (1 + len(playing) * settings.rounds)
        return Simulation(JobFolder.create(self.root, asked, total))

    def start(
        self, queues: Sequence[str], cuts: Sequence[str], settings: SimulateConfig, train: TrainConfig
    ) -> Simulation:
        """Prepare a simulation and start a process that runs it; queues, cuts, settings, train as for `prepare`."""
        made = self.prepare(queues, cuts, settings, train)
        start_worker("core.simulation.worker", self._workspace.path, made.id, made.folder.log_path)
        return made

    def cancel(self, number: str) -> None:
        """Ask a live simulation to stop; what it has found so far stays."""
        found = self.find(number)
        if found.status.state not in LIVE_STATES:
            raise RunError(f"Simulation {number} is {found.status.state}, so there is nothing to cancel.")
        found.folder.request_cancel()


def _check_workspace(workspace: Workspace, cuts: Sequence[Cut]) -> None:
    labels, splits = workspace.images.labels, workspace.splits
    unknown = int((labels[splits.pool] == UNKNOWN).sum())
    if unknown:
        raise InputError(
            f"The true labels of {unknown:,} of the {len(splits.pool):,} pool images of {workspace.name} are not "
            "known, so nobody can play its reviewer: simulate on a project whose labels are all known, such as the "
            "demo."
        )
    if not len(splits.pool) or not len(splits.test):
        raise InputError(f"{workspace.name} needs a pool and test images for a simulation: make it with both parts.")
    if len(workspace.images.class_names) < 2:
        raise InputError(f"{workspace.name} has one class only, so there is nothing to answer wrongly or rightly.")
    needy = [cut.label for cut in cuts if cut.name not in ("none", "fixed_threshold")]
    if needy and not len(splits.calibration):
        raise InputError(
            f"{workspace.name} has no hidden calibration items, which {needy[0]} needs: choose fixed_threshold or none."
        )
