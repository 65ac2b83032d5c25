"""Runs of a project: start, cancel, resume, wait, curricula, control runs."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from core.base.config import TrainConfig
from core.base.errors import WinnowError
from core.experiments import runs as experiments
from core.experiments.control_runs import controls_of, start_control_run, start_control_runs
from core.experiments.curriculum import Curricula, train_curriculum
from core.experiments.extractor_comparison import ExtractorComparison, OnProgress, compare_extractors
from core.experiments.extractor_comparison_job import ExtractorComparisons
from core.experiments.plans.goals import TrainingPlans
from core.experiments.runs import RunRequest
from core.jobs.launch import Launch
from core.project.project_folder import ProjectFolder
from core.project.run_table import RunTable
from core.workspace.run import Run


class ProjectRuns(ProjectFolder):
    """The methods of Project that start, stop and list runs."""

    @cached_property
    def curricula(self) -> Curricula:
        """Curricula that train in their own process: start, watch, cancel."""
        return Curricula(self.workspace)

    @cached_property
    def extractor_comparisons(self) -> ExtractorComparisons:
        """Comparisons of feature extractors in their own process: start, watch, cancel; and the stored table."""
        return ExtractorComparisons(self.workspace)

    @cached_property
    def run_table(self) -> RunTable:
        """Names, notes, stars and changes of the runs; deleting and restoring."""
        return RunTable(self.workspace)

    @cached_property
    def plans(self) -> TrainingPlans:
        """Plans of runs by goal, and how long runs take on this machine, before they are started."""
        return TrainingPlans(self.workspace, self.decisions, self._gain_sentence)

    def _gain_sentence(self) -> str:
        """What the last clicks bought, as the learning curve says; empty where nothing was measured."""
        runs = [run for run in self.workspace.runs() if run.has_predictions and run.control is None]
        try:
            gain = self.live.gain(runs[-1].id) if runs else None
        except WinnowError:
            return ""
        return "" if gain is None else gain.sentence

    def compare_extractors(
        self, extractors: Sequence[str] | None = None, on_progress: OnProgress = lambda _message, _done, _total: None
    ) -> ExtractorComparison:
        """Find the features and the head that suit the labeled images best, in this process.

        The table is stored; head runs that name neither extractor nor head follow it. Nothing is downloaded.

        Args:
            extractors: Names, the simplest first; None takes those that need nothing, and the backbones installed here.
            on_progress: Called with a sentence, the extractors done, and their number.

        Returns:
            Cross-validated accuracy of every extractor with every head, and the recommended pair.

        Raises:
            InputError: There are fewer than two labeled images, or a named extractor cannot be had.
        """
        return compare_extractors(self.workspace, extractors, on_progress=on_progress)

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
