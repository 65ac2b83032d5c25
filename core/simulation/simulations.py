"""Simulations of one project: prepare, start, find, read and cancel.

The simulated reviewer works in sandboxes below `simulations/`; the log and the runs of the project stay unchanged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.base.config import TrainConfig
from core.base.errors import InputError, RunError
from core.base.types import LIVE_STATES, UNKNOWN
from core.jobs.job_folder import JobFolder, JobStatus, find_job, list_jobs, plain
from core.jobs.start import start_worker
from core.simulation.curves import SimulationCurve, SimulationPoint, bulk_accept_error, curve, labels_of
from core.simulation.simulate_config import SimulateConfig
from core.simulation.strategies import AcceptRule, ReviewStrategy, parse_accept_rule, review_strategies
from core.workspace.workspace import Workspace

DEFAULT_QUEUES = ("entropy",)
"""Default queues of a simulation."""
DEFAULT_ACCEPT_RULES = ("conformal=0.05",)
"""Default accept rules of a simulation."""


@dataclass(frozen=True)
class Simulation:
    """One simulation of a project; each property reads its folder anew.

    Attributes:
        folder: Files of the simulation.
    """

    folder: JobFolder

    @property
    def id(self) -> str:
        """Number of the simulation, such as 001."""
        return self.folder.id

    @property
    def path(self) -> Path:
        """Folder with curves.csv, curves.json and curves.svg."""
        return self.folder.path

    @property
    def status(self) -> JobStatus:
        """State, progress and latest message."""
        return self.folder.status()

    @property
    def settings(self) -> SimulateConfig:
        """Rounds, clicks, error rate, seeds."""
        return SimulateConfig.checked(self.folder.settings()["simulate"])

    @property
    def train(self) -> TrainConfig:
        """Training settings of each run."""
        return TrainConfig.from_record(self.folder.settings()["train"])

    @property
    def strategies(self) -> tuple[ReviewStrategy, ...]:
        """Review strategies that are compared, controls included."""
        stored = self.folder.settings()
        rules = [parse_accept_rule(text) for text in stored["cuts"]]
        return review_strategies(stored["queues"], rules, has_controls=self.settings.controls)

    def points(self) -> list[SimulationPoint]:
        """Read the results of each strategy after each round, so far.

        Returns:
            One point per strategy, seed and round, in the order they were measured.
        """
        return [SimulationPoint(**line) for line in self.folder.points()]

    def curves(self, quantity: str) -> list[SimulationCurve]:
        """Compute one curve over the rounds for each strategy that has begun.

        Args:
            quantity: One of QUANTITIES.

        Returns:
            Means over the seeds, with the lowest and highest.
        """
        points = self.points()
        return [curve(points, label, quantity) for label in labels_of(points)]

    def summary(self) -> list[dict[str, Any]]:
        """Summarize each strategy after its last round.

        Returns:
            A row per strategy, with means over the seeds and the lowest and highest test accuracy. Errors and
            accuracies lie in [0, 1].
        """
        points = self.points()
        return [_row(points, one) for one in self.strategies if one.label in labels_of(points)]


def _row(points: Sequence[SimulationPoint], one: ReviewStrategy) -> dict[str, Any]:
    """Summarize the seeds that have reached the last round; others would mix rounds."""
    last_round = max(point.round for point in points if point.label == one.label)
    finished = {point.seed for point in points if point.label == one.label and point.round == last_round}
    points = [point for point in points if point.seed in finished]
    accuracy = curve(points, one.label, "test_accuracy")
    last = {name: float(curve(points, one.label, name).mean[-1]) for name in ("accepted", "accepted_error", "clicks")}
    error, standard_error, num_rounds = bulk_accept_error(points, one.label)
    return plain({
        "contestant": one.label, "queue": one.queue, "cut": one.accept_rule.name, "value": one.accept_rule.value,
        "seeds": int(accuracy.num_seeds[-1]), "rounds": int(accuracy.rounds[-1]),
        "baseline_accuracy": float(accuracy.mean[0]), "test_accuracy": float(accuracy.mean[-1]),
        "test_accuracy_low": float(accuracy.low[-1]), "test_accuracy_high": float(accuracy.high[-1]),
        **last, "selected_error": error, "selected_error_se": standard_error, "rounds_judged": num_rounds,
    })  # fmt: skip


class Simulations:
    """The simulations of one project.

    Attributes:
        root: Folder of the simulations.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.root = workspace.path / "simulations"

    def all(self) -> list[Simulation]:
        """List every simulation.

        Returns:
            Simulations, oldest first.
        """
        return [Simulation(folder) for folder in list_jobs(self.root)]

    def find(self, number: str) -> Simulation:
        """Find a simulation by its number.

        Args:
            number: Its number, such as "001".

        Returns:
            The simulation.

        Raises:
            InputError: There is no such simulation; the sentence lists the known ones.
        """
        return Simulation(find_job(self.root, number, "simulation"))

    def prepare(
        self, queues: Sequence[str], accept_rules: Sequence[str], settings: SimulateConfig, train: TrainConfig
    ) -> Simulation:
        """Check and store a simulation; nothing runs yet.

        Args:
            queues: Queues that the simulated reviewer answers, of REVIEW_QUEUES.
            accept_rules: Accept rules as text, such as "conformal=0.05".
            settings: Rounds, clicks, error rate, seeds.
            train: Training settings of each run.

        Returns:
            The simulation, queued.

        Raises:
            InputError: The project or a name does not fit.
        """
        rules = tuple(parse_accept_rule(text) for text in accept_rules)
        if train.is_imported:
            raise InputError("A simulation trains in every round, so its method cannot be imported: choose another.")
        strategies = review_strategies(queues, rules, has_controls=settings.controls)
        _check_workspace(self._workspace, rules)
        stored = {
            "queues": list(dict.fromkeys(queues)), "cuts": list(dict.fromkeys(accept_rules)),
            "simulate": settings.model_dump(), "train": train.model_dump(), "fingerprint": self._workspace.fingerprint,
            "created": datetime.now(UTC).isoformat(timespec="seconds"), "winnow": version("winnow"),
        }  # fmt: skip
        total = settings.seeds * (1 + len(strategies) * settings.rounds)
        return Simulation(JobFolder.create(self.root, stored, total))

    def start(
        self, queues: Sequence[str], accept_rules: Sequence[str], settings: SimulateConfig, train: TrainConfig
    ) -> Simulation:
        """Prepare a simulation and start its worker process.

        Args:
            queues: Queues that the simulated reviewer answers, of REVIEW_QUEUES.
            accept_rules: Accept rules as text, such as "conformal=0.05".
            settings: Rounds, clicks, error rate, seeds.
            train: Training settings of each run.

        Returns:
            The simulation, queued.

        Raises:
            InputError: The project or a name does not fit.
        """
        made = self.prepare(queues, accept_rules, settings, train)
        start_worker("core.simulation.simulation_worker", self._workspace.path, made.id, made.folder.log_path)
        return made

    def cancel(self, number: str) -> None:
        """Request that a live simulation stops; its results so far stay.

        Args:
            number: Its number, such as "001".

        Raises:
            InputError: There is no such simulation.
            RunError: The simulation is not live.
        """
        found = self.find(number)
        if found.status.state not in LIVE_STATES:
            raise RunError(f"Simulation {number} is {found.status.state}, so there is nothing to cancel.")
        found.folder.request_cancel()


def _check_workspace(workspace: Workspace, accept_rules: Sequence[AcceptRule]) -> None:
    labels, splits = workspace.images.labels, workspace.splits
    unknown = int((labels[splits.pool] == UNKNOWN).sum())
    if unknown:
        raise InputError(
            f"The true labels of {unknown:,} of the {len(splits.pool):,} pool images of {workspace.name} are not "
            "known, so its reviewer cannot be simulated: simulate on a project whose labels are all known, such as the "
            "demo."
        )
    if not len(splits.pool) or not len(splits.test):
        raise InputError(f"{workspace.name} needs a pool and test images for a simulation: make it with both parts.")
    if len(workspace.images.class_names) < 2:
        raise InputError(f"{workspace.name} has one class only, so there is nothing to answer wrongly or rightly.")
    needy = [rule.label for rule in accept_rules if rule.name not in ("none", "fixed_threshold")]
    if needy and not len(splits.calibration):
        raise InputError(
            f"{workspace.name} has no hidden calibration items, which {needy[0]} needs: choose fixed_threshold or none."
        )
