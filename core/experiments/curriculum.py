"""Curriculum labeling: a series of runs, each on more pseudo-labels of the one before.

A page starts them in a process of their own (core.experiments.curriculum_worker), which writes its progress into a
folder beside the runs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.base.config import TrainConfig
from core.base.errors import InputError, RunError
from core.base.types import LIVE_STATES
from core.experiments.runs import RunRequest, start_runs, wait_run
from core.jobs.job_folder import JobFolder, JobStatus, find_job, list_jobs
from core.jobs.start import start_worker
from core.review.decision_history import DecisionHistory
from core.workspace.run import Run
from core.workspace.workspace import Workspace


def shares(num_rounds: int, step: float | None = None) -> list[float]:
    """Compute the percent of the pool that each round takes.

    Args:
        num_rounds: Number of rounds, at least 1.
        step: Percent that each round takes more, (0, 100]; None: 100 / num_rounds.

    Returns:
        Percents (num_rounds,), rising, 100 at most.

    Raises:
        InputError: A value is out of range.
    """
    if step is not None and not 0 < step <= 100:
        raise InputError(f"The step of a curriculum is a percentage above 0 and at most 100 (got {step:g}).")
    if num_rounds < 1:
        raise InputError(f"A curriculum has one round or more (got {num_rounds}).")
    each = 100.0 / num_rounds if step is None else step
    return [min(100.0, each * number) for number in range(1, num_rounds + 1)]


def train_curriculum(
    workspace: Workspace,
    history: DecisionHistory,
    config: TrainConfig,
    parent: str,
    num_rounds: int,
    step: float | None = None,
    wait: Callable[[Run], None] | None = None,
) -> Iterator[Run]:
    """Train the rounds of a curriculum one after the other.

    Round r trains anew on the labels and on the r · step percent of the pool that the round before is surest of.

    Args:
        workspace: The project.
        history: Its decisions.
        config: Settings of every round; the method is self_training.
        parent: The finished run that the first round follows.
        num_rounds: Number of rounds, at least 1.
        step: Percent of the pool that each round takes more, (0, 100]; None: 100 / num_rounds.
        wait: Called with each run that has begun; it returns when the run has ended.

    Yields:
        Each finished run.

    Source: Cascante-Bonilla et al. 2021, arXiv 2001.06001 (five rounds of 20 percent).
    """
    _check(workspace, config, parent)
    for share in shares(num_rounds, step):
        request = round_request(parent, share)
        run = start_runs(workspace, history, [config], request)[0]
        if wait is not None:
            wait(run)
        yield wait_run(workspace, run.id)
        parent = run.id


def round_request(parent: str, share: float) -> RunRequest:
    """Return what one round trains on: the labels, and what the run before it is surest of.

    Args:
        parent: The run before.
        share: Percent of the pool, (0, 100].
    """
    return RunRequest(parent, rule="highest_confidence", params={"percent": share})


def _check(workspace: Workspace, config: TrainConfig, parent: str) -> None:
    """Raise InputError or RunError where a curriculum cannot be trained like this."""
    if config.method != "self_training":
        raise InputError("Rounds train on the pseudo-labels of the round before: choose the method self_training.")
    if config.warm_start:
        raise InputError("Every round of a curriculum begins from scratch: turn warm_start off.")
    if not workspace.run(parent).has_predictions:
        raise RunError(f"{parent} has not finished: rounds can only follow a run that is done.")


@dataclass(frozen=True)
class Curriculum:
    """One curriculum that its own process trains; each property reads its folder anew.

    Attributes:
        folder: Files of the curriculum.
    """

    folder: JobFolder

    @property
    def id(self) -> str:
        """Number of the curriculum, such as 001."""
        return self.folder.id

    @property
    def status(self) -> JobStatus:
        """State, rounds done and total, and latest message."""
        return self.folder.status()

    @property
    def parent(self) -> str:
        """The run that the first round follows."""
        return str(self.folder.settings()["parent"])

    def runs(self) -> list[str]:
        """List the runs of the rounds that have begun.

        Returns:
            Run ids, in order.
        """
        return [str(point["run"]) for point in self.folder.points()]


class Curricula:
    """The curricula of one project that train in their own processes."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._root = workspace, workspace.path / "curricula"

    def all(self) -> list[Curriculum]:
        """List every curriculum.

        Returns:
            Curricula, oldest first.
        """
        return [Curriculum(folder) for folder in list_jobs(self._root)]

    def find(self, number: str) -> Curriculum:
        """Find a curriculum by its number.

        Args:
            number: Its number, such as "001".

        Returns:
            The curriculum.

        Raises:
            InputError: There is no such curriculum; the sentence lists the known ones.
        """
        return Curriculum(find_job(self._root, number, "curriculum"))

    def start(self, config: TrainConfig, parent: str, num_rounds: int, step: float | None = None) -> Curriculum:
        """Check the settings and start a process that trains the curriculum.

        Args:
            config: Settings of every round; the method is self_training.
            parent: The finished run that the first round follows.
            num_rounds: Number of rounds, at least 1.
            step: Percent of the pool that each round takes more, (0, 100]; None: 100 / num_rounds.

        Returns:
            The curriculum, queued.

        Raises:
            InputError: The settings do not fit a curriculum.
            RunError: The parent has not finished.
        """
        _check(self._workspace, config, parent)
        percents = shares(num_rounds, step)
        asked = {"parent": parent, "num_rounds": num_rounds, "step": step, "train": config.model_dump()}
        folder = JobFolder.create(self._root, asked, len(percents))
        start_worker("core.experiments.curriculum_worker", self._workspace.path, folder.id, folder.log_path)
        return Curriculum(folder)

    def requests(self, parent: str | None, num_rounds: int, step: float | None = None) -> list[RunRequest]:
        """List what each round would train on, to know its time; the parent stands for the rounds between.

        Args:
            parent: The finished run that the first round follows.
            num_rounds: As in `start`.
            step: As in `start`.

        Returns:
            One request a round.

        Raises:
            InputError: There is no parent, or a number is out of range.
        """
        if parent is None:
            raise InputError("A curriculum starts from the pseudo-labels of a finished run. Choose a parent run.")
        return [round_request(parent, share) for share in shares(num_rounds, step)]

    def cancel(self, number: str) -> None:
        """Request that a live curriculum stops, and its current run with it.

        Args:
            number: Its number, such as "001".

        Raises:
            InputError: There is no such curriculum.
            RunError: The curriculum is not live.
        """
        found = self.find(number)
        if found.status.state not in LIVE_STATES:
            raise RunError(f"Curriculum {number} is {found.status.state}, so there is nothing to cancel.")
        found.folder.request_cancel()
