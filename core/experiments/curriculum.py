"""The rounds of a curriculum: a run after the other, each on more of the pseudo-labels of the one before.

A page starts them in a process of their own (core.experiments.curriculum_worker), which writes its progress into a
folder beside the runs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.base.config import TrainConfig
from core.base.errors import InputError, RunError
from core.base.types import LIVE_STATES
from core.jobs.job_folder import SimulationFolder, SimulationStatus, find_simulation, list_simulations
from core.jobs.start import start_player

if TYPE_CHECKING:
    from core.project import Project
    from core.workspace.run import Run


def shares(num_rounds: int, step: float | None = None) -> list[float]:
    """Percent of the pool that each round takes: step more each time, 100 at most; None: even steps up to 100."""
    if step is not None and not 0 < step <= 100:
        raise InputError(f"The step of a curriculum is a percentage above 0 and at most 100 (got {step:g}).")
    if num_rounds < 1:
        raise InputError(f"A curriculum has one round or more (got {num_rounds}).")
    each = 100.0 / num_rounds if step is None else step
    return [min(100.0, each * number) for number in range(1, num_rounds + 1)]


def play_rounds(
    project: "Project",
    config: TrainConfig,
    parent: str,
    num_rounds: int,
    step: float | None = None,
    wait: "Callable[[Run], None] | None" = None,
) -> "Iterator[Run]":
    """Curriculum labeling: round r trains anew on the labels and the r · step percent of the pool that the round
    before is surest of; with five rounds of 20 percent, Cascante-Bonilla et al. 2021, arXiv 2001.06001.

    Each finished run is answered with as it ends; wait stays with a run until then.
    """
    check(project, config, parent)
    for share in shares(num_rounds, step):
        run = project.start_run(config, parent, rule="highest_confidence", params={"percent": share})
        if wait is not None:
            wait(run)
        yield project.wait_run(run.id)
        parent = run.id


def check(project: "Project", config: TrainConfig, parent: str) -> None:
    """InputError or RunError where rounds cannot be played like this."""
    if config.method != "self_training":
        raise InputError("Rounds train on the pseudo-labels of the round before: choose the method self_training.")
    if config.warm_start:
        raise InputError("Every round of a curriculum begins from scratch: turn warm_start off.")
    if not project.run(parent).has_predictions:
        raise RunError(f"{parent} has not finished: rounds can only follow a run that is done.")


@dataclass(frozen=True)
class Rounds:
    """A curriculum that a process of its own plays, read from its folder each time it is asked."""

    folder: SimulationFolder

    @property
    def id(self) -> str:
        """Its number, as 001."""
        return self.folder.id

    @property
    def status(self) -> SimulationStatus:
        """Rounds done and in all, and a sentence about the one that is being trained."""
        return self.folder.status()

    @property
    def parent(self) -> str:
        """The run that the first round follows."""
        return str(self.folder.settings()["parent"])

    def runs(self) -> list[str]:
        """The runs of the rounds that have begun, in order."""
        return [str(point["run"]) for point in self.folder.points()]


class Curricula:
    """The curricula of one project that were started in a process of their own."""

    def __init__(self, project: "Project") -> None:
        self._project, self._root = project, project.path / "curricula"

    def all(self) -> list[Rounds]:
        """Every one, oldest first."""
        return [Rounds(folder) for folder in list_simulations(self._root)]

    def find(self, number: str) -> Rounds:
        """One by its number; InputError names those there are."""
        return Rounds(find_simulation(self._root, number))

    def start(self, config: TrainConfig, parent: str, num_rounds: int, step: float | None = None) -> Rounds:
        """Check what is asked for and let a process of its own play it."""
        check(self._project, config, parent)
        percents = shares(num_rounds, step)
        asked = {"parent": parent, "num_rounds": num_rounds, "step": step, "train": config.model_dump()}
        folder = SimulationFolder.create(self._root, asked, len(percents))
        start_player("core.experiments.curriculum_worker", self._project.path, folder.id, folder.log_path)
        return Rounds(folder)

    def cancel(self, number: str) -> None:
        """Ask the process to stop, and the run that it trains with it."""
        found = self.find(number)
        if found.status.state not in LIVE_STATES:
            raise RunError(f"Curriculum {number} is {found.status.state}, so there is nothing to cancel.")
        found.folder.request_cancel()
