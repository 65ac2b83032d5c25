"""The front desk: one project, opened from its folder. It opens, calls one pure function, writes; decides nothing."""

import threading
import tomllib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from core.base.config import SplitConfig, TrainConfig
from core.base.errors import DataError, InputError, RunError
from core.base.types import Command, CuratedSet, ImageSet, Pixels, Splits
from core.data.image_io import decode
from core.data.image_store import open_images
from core.data.originals import original_file
from core.data.splits import load_splits
from core.experiments import runs
from core.experiments.curriculum import Curricula, play_rounds
from core.experiments.label_snapshot import freeze
from core.experiments.runs import Asked
from core.export import export
from core.jobs.start import Launch
from core.quality import evaluation
from core.quality.ood import NoiseReport, noise_report, run_check
from core.quality.service import Promises
from core.review.decisions import Desk, Outcome
from core.risk.error_estimates import CoverageErrorCurve
from core.store.run_folder import RunFolder, list_runs
from core.workspace import recent_projects
from core.workspace.creation import FORMAT, create_project
from core.workspace.pool_index import PoolScores, pool_scores
from core.workspace.run import Run, problem
from core.workspace.summary import DataSummary, summary_of


class Project:
    """One project folder: its images, splits, runs and decisions. Methods raise WinnowError with a sentence."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).expanduser().resolve()
        facts = _read_facts(self.path)
        self.name = str(facts["name"])
        self.fingerprint = str(facts["fingerprint"])
        self._facts = facts
        self._scores: dict[str, PoolScores] = {}
        self._scoring = threading.Lock()  # threads that ask together wait for one answer

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open a project folder; InputError where there is none, DataError where a newer Winnow made it."""
        project = cls(path)
        recent_projects.remember(project.path)
        return project

    @classmethod
    def create(
        cls,
        path: Path | str,
        source: str | Path,
        *,
        name: str | None = None,
        split: SplitConfig | None = None,
        image_size: int | None = None,
        root: Path | str | None = None,
    ) -> Self:
        """Make a project from a built-in data set's name or a folder of images, and open it.

        split None draws the default split, smaller where the folder is small; image_size (pixels a side, folders
        only) None chooses one from the images; root is where a built-in data set's files lie.
        """
        folder_root = Path(root).expanduser() if root is not None else None
        create_project(Path(path), str(source), name=name, split=split, image_size=image_size, root=folder_root)
        return cls.open(path)

    @classmethod
    def demo(cls, path: Path | str | None = None) -> Self:
        """Open the demo project (10,000 real Fashion-MNIST images), making it first if there is none."""
        folder = Path(path).expanduser() if path is not None else recent_projects.home() / "demo"
        return cls.open(folder) if (folder / "project.toml").exists() else cls.create(folder, "demo", name="Demo")

    # --- what the project holds -----------------------------------------------------------------------------------

    @cached_property
    def images(self) -> ImageSet:
        """All images, memory-mapped."""
        return open_images(self.path / "images")

    @cached_property
    def splits(self) -> Splits:
        """Which image belongs to which part."""
        return load_splits(self.path / "splits.npz")

    @property
    def class_names(self) -> tuple[str, ...]:
        """The K class names; a label is a position in this tuple."""
        return self.images.class_names

    @property
    def key(self) -> str:
        """The project's short name in a URL."""
        return recent_projects.key_of(self.path)

    @cached_property
    def desk(self) -> Desk:
        """The review desk: every decision goes through it."""
        return Desk(self)

    @cached_property
    def promises(self) -> Promises:
        """Target error, audits, label issues, review value."""
        return Promises(self)

    def summary(self) -> DataSummary:
        """Sizes, splits, class counts, duplicates and files left out."""
        return summary_of(self.images, self.splits, self._facts)

    def original(self, image: int) -> Pixels:
        """The pixels of an image's own file, at its own size; InputError where this project has no files."""
        return decode(original_file(str(self._facts["source"]), str(self.images.names[image])))

    # --- runs -----------------------------------------------------------------------------------------------------

    def runs(self) -> list[Run]:
        """All runs whose record can be read, in the order they were made."""
        return [Run(folder) for folder in list_runs(self.path / "runs") if problem(folder) is None]

    def broken_runs(self) -> dict[str, str]:
        """Run folders that cannot be read, each with the sentence that says why."""
        problems = {folder.id: problem(folder) for folder in list_runs(self.path / "runs")}
        return {run_id: sentence for run_id, sentence in problems.items() if sentence is not None}

    def run(self, run_id: str) -> Run:
        """One run by its id; InputError names the runs there are."""
        known = [folder.id for folder in list_runs(self.path / "runs")]
        if run_id not in known:
            there = ", ".join(known) or "none yet"
            raise InputError(f"{self.name} has no run called {run_id!r}. Its runs: {there}.")
        return Run(RunFolder(self.path / "runs" / run_id))

    def start_run(
        self,
        config: TrainConfig,
        parent: str | None = None,
        *,
        is_curated: bool = True,
        rule: str | None = None,
        params: Mapping[str, Any] | None = None,
        launch: Launch | None = None,
        with_controls: bool = False,
    ) -> Run:
        """Freeze the labels, write run.json and start the engine in a process of its own, when its turn comes.

        is_curated False leaves every decision out: the run trains on the given labels alone. rule and params pick
        pseudo-labels from the parent's scores for this run, past the decision log. launch: torchrun, several machines.
        with_controls: also train its control arms (promises.arms), where a person's decisions went into it.
        """
        asked = Asked(parent, is_curated, rule, params or {}, launch, with_controls)
        return runs.start_runs(self, [config], asked)[0]

    def start_runs(self, configs: Sequence[TrainConfig], asked: Asked) -> list[Run]:
        """Start several runs that differ by their settings alone, such as the seed; behind them their control arms."""
        return runs.start_runs(self, configs, asked)

    def play_rounds(
        self, config: TrainConfig, parent: str, num_rounds: int = 5, step: float | None = None
    ) -> Iterator[Run]:
        """A curriculum: a run a round, each on `step` percent more of the pool's pseudo-labels; yields finished runs.

        step None: 100 / num_rounds. `rounds.start` plays them in a process of its own instead.
        """
        return play_rounds(self, config, parent, num_rounds, step)

    @cached_property
    def rounds(self) -> Curricula:
        """Curricula that processes of their own play: start, watch, cancel."""
        return Curricula(self)

    def cancel_run(self, run_id: str) -> None:
        """Ask a live run to stop after its next step; it keeps a checkpoint."""
        runs.cancel_run(self, run_id)

    def resume_run(self, run_id: str, *, launch: Launch | None = None) -> Run:
        """Go on with a cancelled, failed or lost run from its last checkpoint, launched as before unless told how."""
        return runs.resume_run(self, run_id, launch)

    def wait_run(self, run_id: str, *, timeout: float | None = None) -> Run:
        """Wait until a run is no longer live; RunError when it did not end well or the timeout (seconds) has passed."""
        return runs.wait_run(self, run_id, timeout)

    # --- scores and risk ------------------------------------------------------------------------------------------

    def scores(self, run_id: str) -> PoolScores:
        """Confidence, entropy, margin and pseudo-label of every pool image under a finished run."""
        with self._scoring:
            if run_id not in self._scores:
                self._scores[run_id] = pool_scores(self._finished(run_id), self.splits.pool)
            return self._scores[run_id]

    def known_scores(self, run_id: str) -> evaluation.KnownScores:
        """The same for the images whose labels are known, beside whether the run is right."""
        return evaluation.known_scores(self._finished(run_id), self.splits, self.images.labels)

    def calibration_report(self, run_id: str) -> evaluation.CalibrationReport:
        """Reliability on val before and after temperature scaling."""
        return evaluation.calibration_report(self._finished(run_id), self.splits, self.images.labels)

    def coverage_error(self, run_id: str) -> CoverageErrorCurve:
        """Coverage and estimated error at every confidence threshold."""
        folder, hidden = self._finished(run_id), self.desk.hidden_calibration()
        return evaluation.coverage_error(self.scores(run_id), folder, hidden, self.images.labels)

    def threshold_for_error(self, run_id: str, target: float) -> float | None:
        """Lowest confidence at which the hidden calibration items show at most this error: an estimate, no promise.

        `promises` has the thresholds that keep one.
        """
        folder, hidden = self._finished(run_id), self.desk.hidden_calibration()
        return evaluation.cut_for_error(folder, hidden, self.images.labels, target)

    def select(self, run_id: str, rule: str, **params: Any) -> evaluation.Selection:
        """What a rule keeps of the pool: mask, count, coverage, estimated error with interval."""
        hidden = self.desk.hidden_calibration()
        return evaluation.select(self.scores(run_id), hidden, self.images.labels, rule, params)

    def check_noise(self, run_id: str, foreign: str | None = None) -> NoiseReport:
        """Let a run answer random noise and, if named, another data set, image folder or project; remembered."""
        run_check(self, self._finished(run_id), foreign)
        found = self.noise_report(run_id)
        assert found is not None
        return found

    def noise_report(self, run_id: str) -> NoiseReport | None:
        """What the last noise check of a run found; None before the first."""
        return noise_report(self, self._finished(run_id))

    # --- decisions ------------------------------------------------------------------------------------------------

    def decide(
        self, run_id: str, verdict: str, image_id: int, label: int | None = None, reviewer: str = "me", **shown: Any
    ) -> Outcome:
        """Record one verdict about one image, under the run's suggestion; `desk.shown` says where it was shown."""
        if image_id not in self.splits.pool:
            raise InputError(f"Image {image_id} is not in the pool, so it cannot be reviewed.")
        suggestion = int(self._finished(run_id).logits()[image_id].argmax())
        command = Command(str(uuid.uuid4()), verdict, run_id, reviewer, image_id, suggestion, label, shown)
        return self.execute([command])[0]

    def accept_all(self, run_id: str, rule: str, reviewer: str = "me", **params: Any) -> Outcome:
        """Accept every undecided image that a rule keeps, as one decision that one undo takes back."""
        command = Command(str(uuid.uuid4()), "bulk_accept", run_id, reviewer, params={"rule": rule, **params})
        return self.execute([command])[0]

    def undo(self, run_id: str = "", reviewer: str = "me", decision: int | None = None) -> Outcome:
        """Take back a decision, by default the reviewer's latest live one; itself one more line in the log."""
        return self.execute([Command(str(uuid.uuid4()), "undo", run_id, reviewer, undo_of=decision)])[0]

    def execute(self, commands: Sequence[Command]) -> list[Outcome]:
        """Record a batch of commands; each gets its own outcome, saved or refused with the reason."""
        return self.desk.execute(commands)

    def curate(self) -> CuratedSet:
        """The labels that the next run would train on: a replay of the decision log."""
        return freeze(self).curated

    # --- comparing and leaving ------------------------------------------------------------------------------------

    def compare(self, run_a: str, run_b: str) -> evaluation.RunComparison:
        """Two finished runs on the test images: accuracies, paired difference, flips, per class."""
        return evaluation.compare_runs(self._finished(run_a), self._finished(run_b), self.splits, self.images.labels)

    def export(self, kind: str, folder: Path | str, run_id: str | None = None) -> Path:
        """Write the curated labels (csv, parquet, folder_per_class), or a run's model or round_card, into a folder."""
        return export.export(self, kind, Path(folder).expanduser(), run_id)

    def _finished(self, run_id: str) -> RunFolder:
        run = self.run(run_id)
        if not run.has_predictions:
            raise RunError(f"{run_id} is {run.status.state} and has no scores yet: wait until it is done.")
        return run.folder


def _read_facts(path: Path) -> dict[str, Any]:
    file = path / "project.toml"
    if not file.exists():
        raise InputError(f"There is no Winnow project in {path}: make one with: winnow new {path} --source FOLDER")
    try:
        facts = tomllib.loads(file.read_text(encoding="utf-8"))
        found = int(facts["format"])
        str(facts["name"]), str(facts["fingerprint"]), str(facts["source"]), str(facts["created"])
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(f"{file} cannot be read ({error}): restore it from a copy.") from error
    if found > FORMAT:
        raise DataError(f"{path} was made by a newer version of Winnow (format {found}): update Winnow to open it.")
    return facts
