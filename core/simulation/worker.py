"""Playing a simulation: the whole loop with real trainings, in sandbox projects that share the project's images.

python -m core.simulation.worker PROJECT NUMBER
"""

import shutil
import signal
import sys
import time
import tomllib
import zlib
from collections.abc import Callable
from dataclasses import asdict, replace
from json import dumps
from pathlib import Path
from types import FrameType

import numpy as np

from core.base.errors import WinnowError
from core.base.types import LIVE_STATES
from core.jobs.job_folder import SimulationStatus
from core.project import Project
from core.simulation.review_round import Game, accept, click, measure
from core.simulation.simulations import Simulation, Simulations, write_results
from core.simulation.strategies import Contestant, Point
from core.store.files import cannot_write

_HUMAN = ("supervised", "self_training")

_PATIENCE = 20.0
"""Seconds for which a cancelled training may take its time."""

Tell = Callable[[SimulationStatus, Point | None], None]


class Stopped(Exception):  # noqa: N818 - an answer to a wish, not an error
    """Somebody asked the simulation to stop."""


def play(simulation: Simulation, project: Project, tell: Tell | None = None) -> None:
    """Play a prepared simulation to its end; whatever happens stands in its status. Errors are raised again."""
    with simulation.folder.lock():
        player = Player(simulation, project, tell)
        try:
            player.play()
        except Stopped:
            player.end("cancelled", "Cancelled; the curves hold what was played until then.")
        except KeyboardInterrupt:
            player.stop_run()
            player.end("cancelled", "Interrupted; the curves hold what was played until then.")
            raise
        except WinnowError as error:
            player.end("failed", str(error))
            raise
        except BaseException:
            player.tidy()
            raise
        else:
            player.end("done", "")


class Player:
    """Plays every contestant with every seed, and writes the results after each round."""

    def __init__(self, simulation: Simulation, project: Project, tell: Tell | None) -> None:
        self.simulation, self.project = simulation, project
        self.settings, self.train = simulation.settings, simulation.train
        self.status = simulation.status
        self._tell, self._begin = tell, time.monotonic()
        self._live: tuple[Project, str] | None = None

    def play(self) -> None:
        """All seeds, one after the other."""
        for seed in range(self.train.seed, self.train.seed + self.settings.seeds):
            base = self._sandbox(f"seed-{seed}")
            self.say("running", f"Seed {seed}: training the baseline.")
            baseline = self._trained(base, seed, None)
            for contestant in self.simulation.contestants:
                self._contest(base, baseline, contestant, seed)
            if not self.settings.keep:
                shutil.rmtree(base.path, ignore_errors=True)

    def say(self, state: str, message: str, done: int = 0) -> None:
        """Write the status, and tell who asked to be told."""
        facts = {"state": state, "message": message, "done": self.status.done + done}
        self.status = replace(self.status, **facts, seconds=time.monotonic() - self._begin)  # type: ignore[arg-type]
        self.simulation.folder.write_status(self.status)
        if self._tell is not None:
            self._tell(self.status, None)

    def end(self, state: str, message: str) -> None:
        """The last status: once it can be read, nothing of the simulation is at work any more."""
        self.tidy()
        self.say(state, message)

    def stop_run(self) -> None:
        """Ask the training that is going on to stop, and wait a while for it, so that its folder can go."""
        if self._live is None:
            return
        sandbox, run = self._live[0], self._live[0].run(self._live[1])
        if run.status.state in LIVE_STATES:
            sandbox.cancel_run(run.id)
        end = time.monotonic() + _PATIENCE
        while run.status.state in LIVE_STATES and time.monotonic() < end:
            time.sleep(0.1)

    def tidy(self) -> None:
        """Throw the sandboxes away, unless they are to be kept."""
        if not self.settings.keep:
            shutil.rmtree(self.simulation.folder.sandbox, ignore_errors=True)

    def _contest(self, base: Project, baseline: str, contestant: Contestant, seed: int) -> None:
        slug = contestant.label.replace(" %", "").replace(",", "").replace(" ", "-")
        sandbox = self._sandbox(f"seed-{seed}-{slug}", base)
        rng = np.random.default_rng([seed, zlib.crc32(contestant.label.encode())])
        game = Game(sandbox, contestant, seed, rng, baseline)
        self._note(game, 0)
        for number in range(1, self.settings.rounds + 1):
            where = f"Seed {seed}, {contestant.label}, round {number} of {self.settings.rounds}"
            self.say("running", f"{where}: reviewing.")
            num_before = len(sandbox.desk.decisions())
            click(game, self.settings.clicks, self.settings.error_rate, number)
            accept(game)
            if len(sandbox.desk.decisions()) > num_before:
                self.say("running", f"{where}: training.")
                game.parent, game.run = game.run, self._trained(sandbox, seed, game.run)
            else:
                self.say("running", f"{where}: nothing new to train on.", done=1)
            self._note(game, number)
        if not self.settings.keep:
            shutil.rmtree(sandbox.path, ignore_errors=True)

    def _note(self, game: Game, number: int) -> None:
        point = measure(game, number)
        self.simulation.folder.append_point(asdict(point))
        write_results(self.simulation)
        if self._tell is not None:
            self._tell(self.status, point)

    def _trained(self, sandbox: Project, seed: int, parent: str | None) -> str:
        """A finished run on what the sandbox's log says; the baseline has no parent."""
        method = self.train.method
        if method in _HUMAN:
            method = "supervised" if parent is None else "self_training"
        config = self.train.model_copy(update={"method": method, "seed": seed})
        config = config.model_copy(update={"warm_start": False}) if parent is None else config
        run = sandbox.start_run(config, parent)
        self._live = sandbox, run.id
        while run.status.state in LIVE_STATES:
            if self.simulation.folder.is_cancel_requested():
                self.stop_run()
                raise Stopped
            time.sleep(0.1)
        sandbox.wait_run(run.id)  # says why where it did not end well
        self._live = None
        self.say("running", self.status.message, done=1)
        if not self.settings.keep:
            run.folder.checkpoint_path.unlink(missing_ok=True)
        return run.id

    def _sandbox(self, name: str, base: Project | None = None) -> Project:
        """A project of its own with this project's images and splits, and the runs of `base` if given; an empty log."""
        path, source = self.simulation.folder.sandbox / name, self.project.path
        try:
            path.mkdir(parents=True)
            (path / "images").symlink_to(source / "images", target_is_directory=True)
            shutil.copy2(source / "splits.npz", path / "splits.npz")
            facts = tomllib.loads((source / "project.toml").read_text(encoding="utf-8"))
            facts["name"] = f"{facts['name']} (simulated: {name})"
            lines = [f"{key} = {dumps(value, ensure_ascii=False)}" for key, value in facts.items()]
            (path / "project.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
            if base is None:
                (path / "runs").mkdir()
            else:
                shutil.copytree(base.path / "runs", path / "runs")
        except OSError as error:
            raise cannot_write(path, error) from error
        return Project(path)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    """Play the simulation that the command line names."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        project = Project(Path(arguments[0]))
        play(Simulations(project).find(arguments[1]), project)
    except WinnowError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
