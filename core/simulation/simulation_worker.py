"""Worker process of a simulation: review rounds and trainings in sandbox projects.

python -m core.simulation.simulation_worker PROJECT NUMBER
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

from core.base.errors import Cancelled, WinnowError
from core.base.types import LIVE_STATES
from core.data.groups.image_groups import FILE as GROUPS
from core.data.groups.split_changes import FILE as CHANGES
from core.data.hidden.hidden_log import copy_without_decisions
from core.jobs.job_folder import JobStatus
from core.project import Project
from core.simulation.curves import SimulationPoint
from core.simulation.results import write_results
from core.simulation.review_round import SimulatedReview, answer_queue, bulk_accept, measure
from core.simulation.simulations import Simulation, Simulations
from core.simulation.strategies import ReviewStrategy
from core.store.files import cannot_write

_METHODS_WITH_LABELS = ("supervised", "self_training")

_CANCEL_SECONDS = 20.0
"""Seconds to wait for a cancelled training."""

OnProgress = Callable[[JobStatus, SimulationPoint | None], None]


def run_simulation(simulation: Simulation, project: Project, on_progress: OnProgress | None = None) -> None:
    """Run a prepared simulation to its end.

    Args:
        simulation: A prepared simulation.
        project: Its project.
        on_progress: Called with each status, and with each point as it is measured.

    Raises:
        WinnowError: A training or decision failed; the status of the simulation says so too.
    """
    with simulation.folder.lock():
        worker = SimulationWorker(simulation, project, on_progress)
        try:
            worker.run()
        except Cancelled:
            worker.end("cancelled", "Cancelled; the curves hold the rounds until then.")
        except KeyboardInterrupt:
            worker.cancel_training()
            worker.end("cancelled", "Interrupted; the curves hold the rounds until then.")
            raise
        except WinnowError as error:
            worker.end("failed", str(error))
            raise
        except BaseException:
            worker.clean_up()
            raise
        else:
            worker.end("done", "")


class SimulationWorker:
    """Runs every review strategy with every seed and writes results per round."""

    def __init__(self, simulation: Simulation, project: Project, on_progress: OnProgress | None) -> None:
        self.simulation, self.project = simulation, project
        self.settings, self.train = simulation.settings, simulation.train
        self.status = simulation.status
        self._on_progress, self._begin = on_progress, time.monotonic()
        self._live: tuple[Project, str] | None = None

    def run(self) -> None:
        """Run all seeds, one after the other."""
        for seed in range(self.train.seed, self.train.seed + self.settings.seeds):
            base = self._sandbox(f"seed-{seed}")
            self.report("running", f"Seed {seed}: training the baseline.")
            baseline = self._trained(base, seed, None)
            for strategy in self.simulation.strategies:
                self._run_strategy(base, baseline, strategy, seed)
            if not self.settings.keep:
                shutil.rmtree(base.path, ignore_errors=True)

    def report(self, state: str, message: str, done: int = 0) -> None:
        """Write the status, and pass it to the progress callback."""
        changes = {"state": state, "message": message, "done": self.status.done + done}
        self.status = replace(self.status, **changes, seconds=time.monotonic() - self._begin)  # type: ignore[arg-type]
        self.simulation.folder.write_status(self.status)
        if self._on_progress is not None:
            self._on_progress(self.status, None)

    def end(self, state: str, message: str) -> None:
        """Delete the sandboxes and write the last status."""
        self.clean_up()
        self.report(state, message)

    def cancel_training(self) -> None:
        """Cancel the current training and wait up to 20 s.

        Its folder can be deleted afterwards.
        """
        if self._live is None:
            return
        sandbox, run = self._live[0], self._live[0].run(self._live[1])
        if run.status.state in LIVE_STATES:
            sandbox.cancel_run(run.id)
        end = time.monotonic() + _CANCEL_SECONDS
        while run.status.state in LIVE_STATES and time.monotonic() < end:
            time.sleep(0.1)

    def clean_up(self) -> None:
        """Delete the sandboxes unless the settings keep them."""
        if not self.settings.keep:
            shutil.rmtree(self.simulation.folder.sandbox, ignore_errors=True)

    def _run_strategy(self, base: Project, baseline: str, strategy: ReviewStrategy, seed: int) -> None:
        slug = strategy.label.replace(" %", "").replace(",", "").replace(" ", "-")
        sandbox = self._sandbox(f"seed-{seed}-{slug}", base)
        rng = np.random.default_rng([seed, zlib.crc32(strategy.label.encode())])
        review = SimulatedReview(sandbox, strategy, seed, rng, baseline)
        self._record(review, 0)
        for round_number in range(1, self.settings.rounds + 1):
            where = f"Seed {seed}, {strategy.label}, round {round_number} of {self.settings.rounds}"
            self.report("running", f"{where}: reviewing.")
            num_before = sandbox.decisions.last_id()
            answer_queue(review, self.settings.clicks, self.settings.error_rate, round_number)
            bulk_accept(review)
            if sandbox.decisions.last_id() > num_before:
                self.report("running", f"{where}: training.")
                review.parent, review.run = review.run, self._trained(sandbox, seed, review.run)
            else:
                self.report("running", f"{where}: nothing new to train on.", done=1)
            self._record(review, round_number)
        if not self.settings.keep:
            shutil.rmtree(sandbox.path, ignore_errors=True)

    def _record(self, review: SimulatedReview, round_number: int) -> None:
        point = measure(review, round_number)
        self.simulation.folder.append_point(asdict(point))
        write_results(self.simulation)
        if self._on_progress is not None:
            self._on_progress(self.status, point)

    def _trained(self, sandbox: Project, seed: int, parent: str | None) -> str:
        """Train a run on the sandbox's decisions and wait; the baseline has no parent."""
        method = self.train.method
        if method in _METHODS_WITH_LABELS:
            method = "supervised" if parent is None else "self_training"
        config = self.train.model_copy(update={"method": method, "seed": seed})
        config = config.model_copy(update={"warm_start": False}) if parent is None else config
        run = sandbox.start_run(config, parent)
        self._live = sandbox, run.id
        while run.status.state in LIVE_STATES:
            if self.simulation.folder.is_cancel_requested():
                self.cancel_training()
                raise Cancelled
            time.sleep(0.1)
        sandbox.wait_run(run.id)  # raises where the training failed
        self._live = None
        self.report("running", self.status.message, done=1)
        if not self.settings.keep:
            run.folder.checkpoint_path.unlink(missing_ok=True)
        return run.id

    def _sandbox(self, name: str, base: Project | None = None) -> Project:
        """Make a project with the same images and splits and an empty log.

        It holds the runs of `base`, if given.
        """
        path, source = self.simulation.folder.sandbox / name, self.project.path
        try:
            path.mkdir(parents=True)
            (path / "images").symlink_to(source / "images", target_is_directory=True)
            (source / "features").mkdir(exist_ok=True)  # head runs of all sandboxes share what they compute
            (path / "features").symlink_to(source / "features", target_is_directory=True)
            for file in ("splits.npz", GROUPS, CHANGES):
                if file == "splits.npz" or (source / file).exists():
                    shutil.copy2(source / file, path / file)
            copy_without_decisions(source, path)
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
    """Run the simulation named on the command line."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        project = Project(Path(arguments[0]))
        run_simulation(Simulations(project.workspace).find(arguments[1]), project)
    except WinnowError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
