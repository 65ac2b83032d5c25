"""Project: the public facade over images, runs, decisions and exports.

It opens a folder and hands the values that a function needs to that function; it decides nothing by itself. Nothing
below imports it.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from core.base.config import SplitConfig, TrainConfig
from core.base.errors import not_in_pool
from core.base.types import Command, CuratedSet, ImageSet, Pixels, Splits
from core.data.folder_scan import original_file
from core.data.image_io import decode
from core.experiments import runs as experiments
from core.experiments.control_runs import controls_of, start_control_run, start_control_runs, value_over_control
from core.experiments.curriculum import Curricula, train_curriculum
from core.experiments.label_snapshot import freeze
from core.experiments.runs import RunRequest
from core.experiments.stopping import advise_stopping
from core.export.export import export
from core.jobs.launch import Launch
from core.quality.evaluation import RunComparison, Selection, compare_runs, select
from core.quality.service import Quality
from core.review.decisions import DecisionService, Outcome
from core.review.run_review import RunReview
from core.risk.review_value import ReviewValue, StopAdvice
from core.workspace import recent_projects
from core.workspace.creation import create_project
from core.workspace.pool_index import PoolScores
from core.workspace.run import Run
from core.workspace.summary import DataSummary, summarize_data
from core.workspace.workspace import Workspace


class Project:
    """One project folder: its images, splits, runs and decisions.

    Methods raise WinnowError with a sentence.

    Attributes:
        workspace: The opened folder, which the packages below work on.
        path: The project folder, absolute.
        name: Name of the project.
        fingerprint: Digest of its images and labels.

    Args:
        path: The project folder.

    Raises:
        InputError: There is no project in the folder.
        DataError: The folder cannot be read.
    """

    def __init__(self, path: Path | str) -> None:
        self.workspace = Workspace(Path(path).expanduser().resolve())
        self.path, self.name, self.fingerprint = self.workspace.path, self.workspace.name, self.workspace.fingerprint

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open a project folder and remember it among the recent projects.

        Args:
            path: The project folder.

        Returns:
            The project.

        Raises:
            InputError: There is no project in the folder.
            DataError: The folder cannot be read.
        """
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
        """Make a project from a built-in data set or a folder of images, and open it.

        Args:
            path: The folder of the project; it must not exist or be empty.
            source: Name of a built-in data set, or a folder of images.
            name: Name of the project; by default the folder's.
            split: Sizes of the parts and the seed; None draws the default split, smaller where the folder is small.
            image_size: Pixels a side, for folders only; None chooses one from the images.
            root: Where a built-in data set's files lie.

        Returns:
            The project.

        Raises:
            InputError: The source or the path cannot be used.
        """
        folder_root = Path(root).expanduser() if root is not None else None
        create_project(Path(path), str(source), name=name, split=split, image_size=image_size, root=folder_root)
        return cls.open(path)

    @classmethod
    def demo(cls, path: Path | str | None = None) -> Self:
        """Open the demo project (10,000 real Fashion-MNIST images); make it first where there is none.

        Args:
            path: The project folder; None: `demo` in Winnow's own folder.

        Returns:
            The project.

        Raises:
            InputError: The path cannot be used.
        """
        folder = Path(path).expanduser() if path is not None else recent_projects.home() / "demo"
        return cls.open(folder) if (folder / "project.toml").exists() else cls.create(folder, "demo", name="Demo")

    @property
    def images(self) -> ImageSet:
        """Return all images, memory-mapped."""
        return self.workspace.images

    @property
    def splits(self) -> Splits:
        """Return which image belongs to which part."""
        return self.workspace.splits

    @property
    def class_names(self) -> tuple[str, ...]:
        """Return the K class names; a label is a position in this tuple."""
        return self.images.class_names

    @property
    def key(self) -> str:
        """Return the project's short name in a URL."""
        return recent_projects.key_of(self.path)

    def summary(self) -> DataSummary:
        """Summarize sizes, splits, class counts, duplicates and files left out.

        Returns:
            Counts of images.
        """
        return summarize_data(self.images, self.splits, self.workspace.info)

    def original(self, image: int) -> Pixels:
        """Read the pixels of an image's own file.

        Args:
            image: Id of the image, 0 to N - 1.

        Returns:
            Pixels, uint8 (H, W, C) at the file's own size.

        Raises:
            InputError: The project has no files, or the file is gone.
        """
        return decode(original_file(str(self.workspace.info["source"]), str(self.images.names[image])))

    @cached_property
    def decisions(self) -> DecisionService:
        """The decision log: execute commands, read decisions and the state they replay to."""
        return DecisionService(self.workspace)

    @cached_property
    def quality(self) -> Quality:
        """Target errors, audits, estimates, data checks, evaluation."""
        return Quality(self.workspace, self.decisions)

    @cached_property
    def curricula(self) -> Curricula:
        """Curricula that train in their own process: start, watch, cancel."""
        return Curricula(self.workspace)

    def review(self, run_id: str) -> RunReview:
        """Open the review of a finished run: cards, queues, histogram, attention checks.

        Args:
            run_id: The finished run.

        Returns:
            The review.

        Raises:
            InputError: There is no such run.
            RunError: The run has no scores yet.
        """
        return self.decisions.review(run_id)

    def runs(self) -> list[Run]:
        """List the runs whose record can be read.

        Returns:
            Runs in the order they were made.
        """
        return self.workspace.runs()

    def broken_runs(self) -> dict[str, str]:
        """List the run folders that cannot be read.

        Returns:
            Name of the folder → the sentence that says why.
        """
        return self.workspace.broken_runs()

    def run(self, run_id: str) -> Run:
        """Find a run by its id.

        Args:
            run_id: The run, such as the `id` of one of `runs()`.

        Returns:
            The run.

        Raises:
            InputError: There is no such run; the sentence names those there are.
        """
        return self.workspace.run(run_id)

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
        """Freeze the labels, write run.json and start the training in its own process, as soon as a device is free.

        Args:
            config: Settings of the run.
            parent: The finished run that it follows.
            is_curated: False leaves every decision out: the run trains on the given labels alone.
            rule: A rule that picks pseudo-labels from the parent's scores for this run, past the decision log.
            params: Parameters of the rule.
            launch: How its processes are started: torchrun, several machines.
            with_controls: Also train its control runs, where a person's decisions went into it.

        Returns:
            The run, queued.

        Raises:
            InputError: The settings do not fit together, or self_training has no curated labels.
            RunError: The parent has not finished.
        """
        request = RunRequest(parent, is_curated, rule, params or {}, launch, with_controls)
        return self.start_runs([config], request)[0]

    def start_runs(self, configs: Sequence[TrainConfig], request: RunRequest) -> list[Run]:
        """Start one run per config, such as several seeds, and behind them the control runs.

        Args:
            configs: Settings of each run.
            request: Parent, labels and launch of all of them, as in `start_run`.

        Returns:
            The runs, queued, in the order of configs; without the control runs.

        Raises:
            InputError: The settings do not fit together, or self_training has no curated labels.
            RunError: The parent has not finished.
        """
        return experiments.start_runs(self.workspace, self.decisions, configs, request)

    def cancel_run(self, run_id: str) -> None:
        """Ask a live run to stop after its next step; it keeps a checkpoint.

        Args:
            run_id: The run.

        Raises:
            InputError: There is no such run.
            RunError: The run is not live.
        """
        experiments.cancel_run(self.workspace, run_id)

    def resume_run(self, run_id: str, *, launch: Launch | None = None) -> Run:
        """Continue a cancelled, failed or lost run from its last checkpoint.

        Args:
            run_id: The run.
            launch: How its processes are started; None: as before.

        Returns:
            The run, queued.

        Raises:
            InputError: There is no such run.
            RunError: The run is live or done.
        """
        return experiments.resume_run(self.workspace, run_id, launch)

    def wait_run(self, run_id: str, *, timeout: float | None = None) -> Run:
        """Wait until a run is no longer live.

        Args:
            run_id: The run.
            timeout: Longest wait in seconds; None: without end.

        Returns:
            The finished run.

        Raises:
            InputError: There is no such run.
            RunError: The run did not end well, or the timeout has passed.
        """
        return experiments.wait_run(self.workspace, run_id, timeout)

    def train_curriculum(
        self, config: TrainConfig, parent: str, num_rounds: int = 5, step: float | None = None
    ) -> Iterator[Run]:
        """Train a curriculum in this process: one run per round, each on more of the pool's pseudo-labels.

        `curricula.start` trains it in its own process instead.

        Args:
            config: Settings of every round; the method is self_training.
            parent: The finished run that the first round follows.
            num_rounds: Number of rounds, at least 1.
            step: Percent of the pool that each round takes more, (0, 100]; None: 100 / num_rounds.

        Yields:
            Each finished run.

        Raises:
            InputError: The settings do not fit a curriculum.
            RunError: The parent has not finished, or a round failed.

        Source: Cascante-Bonilla et al. 2021, arXiv 2001.06001.
        """
        return train_curriculum(self.workspace, self.decisions, config, parent, num_rounds, step)

    def control_runs(self, run_id: str) -> dict[str, str]:
        """List the finished control runs of a run.

        Args:
            run_id: The curated run.

        Returns:
            Id of the control run → what it trained on (threshold_only, random_clicks), latest first.
        """
        return controls_of(self.workspace, run_id)

    def start_control_run(self, run_id: str, kind: str) -> Run:
        """Train a control run beside a curated run, on its seed, budget and parent.

        Args:
            run_id: The curated run.
            kind: threshold_only (bulk accepts alone) or random_clicks (as many answers on random images).

        Returns:
            The control run, queued.

        Raises:
            InputError: There is no such kind, no single decision went into the run, or true labels are unknown.
        """
        return start_control_run(self.workspace, self.decisions, run_id, kind)

    def start_control_runs(self, run_id: str) -> list[Run]:
        """Train every control run that can be trained beside a curated run.

        Args:
            run_id: The curated run.

        Returns:
            The control runs, queued behind it; none where no kind can be trained.
        """
        return start_control_runs(self.workspace, self.decisions, run_id)

    def scores(self, run_id: str) -> PoolScores:
        """Score the pool under a finished run: confidence, entropy, margin and pseudo-label.

        Args:
            run_id: The finished run.

        Returns:
            Scores, one row per pool image.

        Raises:
            InputError: There is no such run.
            RunError: The run has no scores yet.
        """
        return self.workspace.scores(run_id)

    def select(self, run_id: str, rule: str, **params: Any) -> Selection:
        """Apply a rule to the pool and estimate the error of what it keeps.

        Args:
            run_id: A finished run.
            rule: One of `constants.RULES`.
            params: Parameters of the rule.

        Returns:
            Mask, count, coverage [0, 1] and estimated error with interval.

        Raises:
            ConfigError: There is no such rule, or a parameter is out of range.
            RunError: The run has no scores yet.
        """
        return select(self.scores(run_id), self.decisions.hidden_calibration(), self.images.labels, rule, params)

    def compare(self, run_a: str, run_b: str) -> RunComparison:
        """Compare two finished runs on the test images.

        Args:
            run_a: The run before.
            run_b: The run after.

        Returns:
            Accuracies, paired difference (b minus a) with interval, flips, per class.

        Raises:
            InputError: There is no such run, or the project has no test images.
            RunError: A run has no scores yet.
        """
        return compare_runs(self.workspace, run_a, run_b)

    def review_value(self, control: str, curated: str) -> ReviewValue:
        """Measure the test accuracy that 100 decisions gained over a control run.

        Args:
            control: The control run.
            curated: The run with the decisions.

        Returns:
            Percentage points per 100 decisions, with interval.

        Raises:
            InputError: Both are the same run, or the project has no test images.
        """
        return value_over_control(self.workspace, control, curated)

    def stop_advice(self, run_id: str) -> StopAdvice:
        """Advise whether reviewing further is worth it after a run.

        Args:
            run_id: The finished run.

        Returns:
            The advice, from flips since the parent, audit bound and value over the control run.

        Raises:
            InputError: There is no such run.
            RunError: The run has no scores yet.
        """
        return advise_stopping(self.workspace, self.quality, run_id)

    def decide(
        self, run_id: str, verdict: str, image_id: int, label: int | None = None, reviewer: str = "me", **shown: Any
    ) -> Outcome:
        """Record one verdict about one image, under the run's suggestion.

        Args:
            run_id: The finished run that suggested.
            verdict: accept, relabel, reject, none, skip or unsure.
            image_id: An image of the pool.
            label: The class, for relabel.
            reviewer: Who decides.
            shown: Where the image was shown, as `review(run_id).shown` says it.

        Returns:
            Whether it was saved, or why it was refused.

        Raises:
            InputError: There is no such run, or the image is not in the pool.
            RunError: The run has no scores yet.
        """
        if image_id not in self.splits.pool:
            raise not_in_pool(image_id)
        suggestion = int(self.workspace.finished_run(run_id).folder.logits()[image_id].argmax())
        command = Command(str(uuid.uuid4()), verdict, run_id, reviewer, image_id, suggestion, label, shown)
        return self.decisions.execute([command])[0]

    def bulk_accept(self, run_id: str, rule: str, reviewer: str = "me", **params: Any) -> Outcome:
        """Accept every undecided image that a rule keeps, as one decision that one undo takes back.

        Args:
            run_id: The finished run that suggests.
            rule: One of `constants.RULES`.
            reviewer: Who decides.
            params: Parameters of the rule.

        Returns:
            Whether it was saved, or why it was refused.
        """
        command = Command(str(uuid.uuid4()), "bulk_accept", run_id, reviewer, params={"rule": rule, **params})
        return self.decisions.execute([command])[0]

    def undo(self, run_id: str = "", reviewer: str = "me", decision: int | None = None) -> Outcome:
        """Take back a decision; the undo is itself a decision in the log.

        Args:
            run_id: The run on the screen, for the log alone.
            reviewer: Who takes back.
            decision: Id of the decision; None: the reviewer's latest live one.

        Returns:
            Whether it was saved, or why it was refused.
        """
        return self.decisions.execute([Command(str(uuid.uuid4()), "undo", run_id, reviewer, undo_of=decision)])[0]

    def curate(self) -> CuratedSet:
        """Replay the decision log into the labels that the next run would train on.

        Returns:
            The curated set, sorted by image id.
        """
        return freeze(self.workspace, self.decisions).curated

    def export(self, kind: str, folder: Path | str, run_id: str | None = None) -> Path:
        """Write the curated labels, or a run's model or round card, into a folder.

        Args:
            kind: csv, parquet or folder_per_class for labels; model or round_card for a run.
            folder: Where to.
            run_id: The finished run, for a model or a round_card.

        Returns:
            The file or folder that was written.

        Raises:
            InputError: There is no such kind, the run is missing, or the folder holds other files.
        """
        return export(self.workspace, self.decisions, self.quality, kind, Path(folder).expanduser(), run_id)
