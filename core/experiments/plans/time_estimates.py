"""How long a run takes on this machine: measured times of its steps and images, times their number."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from core.base.config import TrainConfig
from core.base.types import CuratedSet, LabelSource
from core.experiments.control_runs import num_clicks
from core.experiments.extractor_comparison import with_recommendation
from core.experiments.label_snapshot import freeze, with_rule
from core.experiments.plans.durations import duration
from core.experiments.plans.head_times import head_seconds
from core.experiments.plans.measured_times import MeasuredTimes, kept_times, measure_times
from core.experiments.runs import RunRequest
from core.features.store import list_features
from core.heads.head_labels import MOST_BULK
from core.review.decision_history import DecisionHistory
from core.workspace.workspace import Workspace

_WAIT_SECONDS = 0.5
"""Seconds of the process that waits for the device, beyond the start of the training process itself."""


@dataclass(frozen=True)
class TimeEstimate:
    """Time of a run from its start to its suggestions, while nothing else runs on the device.

    Attributes:
        seconds: All of it.
        parts: Seconds by what they are spent on: start, features, training, evaluation, scoring, and so on.
        steps: Steps of the training; 1 for a head.
        device: Device that it was measured for.
        precision: bf16 or fp32; empty for a head.
    """

    seconds: float
    parts: Mapping[str, float] = field(default_factory=dict)
    steps: int = 1
    device: str = "cpu"
    precision: str = ""

    @property
    def sentence(self) -> str:
        """The time in words, with what it comes from."""
        return f"About {self.text}."

    @property
    def text(self) -> str:
        """The time with what it comes from, for a sentence: "40 s here on cpu in fp32 (training 30 s; 90 steps)"."""
        longest = sorted(self.parts.items(), key=lambda item: -item[1])[:3]
        what = ", ".join(f"{name} {duration(seconds)}" for name, seconds in longest if seconds >= 0.05 * self.seconds)
        where = f" on {self.device}" + (f" in {self.precision}" if self.precision else "")
        steps = f"; {self.steps:,} steps" if self.steps > 1 else ""
        return f"{duration(self.seconds)} here{where} ({what}{steps})"


@dataclass(frozen=True)
class RunSizes:
    """Numbers of images that decide the time of a run."""

    labeled: int
    pseudo: int
    rejected: int
    pool: int
    evaluated: int
    total: int

    def parts(self) -> dict[str, int]:
        """Images of the parts that a step draws from."""
        return {"labeled": self.labeled, "pseudo": self.pseudo, "rejected": self.rejected, "pool": self.pool}

    def steps_per_epoch(self, config: TrainConfig) -> int:
        """Return the steps of one epoch of a network.

        Args:
            config: Its settings.
        """
        return max(1, math.ceil(self.labeled / max(2, min(config.batch_size, self.labeled))))


class TimeEstimates:
    """Estimates the time of runs of a project.

    Args:
        workspace: The project.
        history: Its decisions.
    """

    def __init__(self, workspace: Workspace, history: DecisionHistory) -> None:
        self._workspace, self._history = workspace, history
        self._heads: dict[object, TimeEstimate] = {}

    def estimate(
        self, config: TrainConfig, request: RunRequest | None = None, *, may_measure: bool = True
    ) -> TimeEstimate | None:
        """Estimate the time of a run from start to suggestions.

        Args:
            config: Its settings.
            request: Labels that it trains on: with decisions or without, and what a rule picks; None: with decisions.
            may_measure: Whether to measure this kind of training for about two seconds where nothing is kept of it.

        Returns:
            The estimate; None where nothing is kept and nothing may be measured, or where several devices train
            together, whose exchange is not measured.

        Raises:
            InputError: The device, the network or the extractor is not there.
            RunError: The parent run, from which a rule picks, has no scores yet.
        """
        return self.estimate_sizes(config, self.sizes(request), may_measure=may_measure)

    def estimate_sizes(self, config: TrainConfig, sizes: RunSizes, *, may_measure: bool = True) -> TimeEstimate | None:
        """Estimate the time of a run on known numbers of images; None as in `estimate`.

        Args:
            config: Its settings.
            sizes: Images that it uses, from `sizes`.
            may_measure: As in `estimate`.

        Raises:
            InputError: As in `estimate`.
        """
        config = with_recommendation(self._workspace, config)
        if config.devices > 1 or config.is_imported:
            return None
        if config.is_head:
            return self._head(config, sizes, may_measure=may_measure)
        times = self._times(config, sizes, may_measure=may_measure)
        if times is None:
            return None
        found = network_estimate(config, sizes, times)
        if not config.fits_head:
            return found
        head = self._head(config, sizes, may_measure=may_measure)
        if head is None:
            return None
        return replace(found, seconds=found.seconds + head.seconds, parts={**found.parts, "head": head.seconds})

    def sentence(
        self, config: TrainConfig, requests: Sequence[RunRequest], num_seeds: int = 1, *, may_measure: bool = True
    ) -> str | None:
        """Say how long runs of the same settings take, and whether control runs come on top.

        Args:
            config: Their settings.
            requests: Labels of each run, the fewest first, such as the rounds of a curriculum.
            num_seeds: Runs of each request.
            may_measure: As in `estimate`.

        Returns:
            Time of the largest run, and of all together; None as in `estimate`.

        Raises:
            InputError: As in `estimate`.
            RunError: As in `estimate`.
        """
        times = [self.estimate(config, request, may_measure=may_measure) for request in requests]
        if (largest := times[-1]) is None or None in times:
            return None
        controls = "Control runs come on top." if self.has_controls(requests[-1]) else ""
        return " ".join(filter(None, (largest.sentence, in_all(times * num_seeds), controls, busy_note())))

    def epoch_seconds(
        self, config: TrainConfig, sizes: RunSizes, *, may_measure: bool = True
    ) -> tuple[float, TimeEstimate] | None:
        """Return the seconds that one more epoch takes, and the estimate for no more than one; None as in `estimate`.

        Args:
            config: Settings of a network.
            sizes: Images that it uses, from `sizes`.
            may_measure: As in `estimate`.

        Raises:
            InputError: As in `estimate`.
        """
        times = self._times(config, sizes, may_measure=may_measure)
        if times is None:
            return None
        one, two = (network_estimate(config.model_copy(update={"epochs": n}), sizes, times) for n in (1_000, 2_000))
        first = network_estimate(config.model_copy(update={"epochs": 1}), sizes, times)
        return (two.seconds - one.seconds) / 1_000, first

    def sizes(self, request: RunRequest | None = None) -> RunSizes:
        """Return how many images of each kind a run would use now.

        Args:
            request: Its labels, as in `estimate`.

        Raises:
            ConfigError: There is no such rule, or it has no parent run.
            RunError: The parent run has no scores yet.
        """
        curated, splits = self._curated(request or RunRequest()), self._workspace.splits
        num_bulk = int(np.sum(curated.sources == LabelSource.BULK))
        return RunSizes(
            labeled=len(curated.ids) - num_bulk, pseudo=num_bulk, rejected=len(curated.reject_ids),
            pool=len(splits.pool), evaluated=len(splits.val) + len(splits.calibration),
            total=len(self._workspace.images.pixels),
        )  # fmt: skip

    def has_controls(self, request: RunRequest) -> bool:
        """Return whether control runs would be started beside a run, whose time comes on top.

        Args:
            request: The run's labels, and whether its control runs are wanted.
        """
        return request.with_controls and request.is_curated and num_clicks(self._curated(request)) > 0

    def _curated(self, request: RunRequest) -> CuratedSet:
        curated = freeze(self._workspace, self._history, is_curated=request.is_curated).curated
        return with_rule(self._workspace, curated, request.parent, request.rule, request.params)

    def _times(self, config: TrainConfig, sizes: RunSizes, *, may_measure: bool) -> MeasuredTimes | None:
        images = self._workspace.images
        asked = (config, images.pixels.shape[1:], max(2, len(images.class_names)), sizes.parts())
        if (kept := kept_times(*asked)) is not None:
            return kept
        return measure_times(*asked) if may_measure else None

    def _head(self, config: TrainConfig, sizes: RunSizes, *, may_measure: bool) -> TimeEstimate | None:
        num_labels = sizes.labeled + min(sizes.pseudo, MOST_BULK)
        stored = tuple((one.extractor.name, one.num_images) for one in list_features(self._workspace.path / "features"))
        classes = len(self._workspace.images.class_names)
        # a few labels more do not change the time: those within a fifth of each other share a measurement
        about = round(4 * math.log2(max(1, num_labels)))
        key = (config.extractor, config.head, config.head_balance, about, classes, sizes.total, stored)
        if key not in self._heads:
            if not may_measure:
                return None
            parts = head_seconds(self._workspace, config, num_labels)
            self._heads[key] = TimeEstimate(sum(parts.values()), parts)
        return self._heads[key]


def in_all(times: Sequence[TimeEstimate | None]) -> str:
    """Say how long several runs take, one after the other.

    Args:
        times: Of each run; None where it is not known.

    Returns:
        A sentence; empty for one run alone.
    """
    if len(times) < 2:
        return ""
    known = [time.seconds for time in times if time is not None]
    if len(known) < len(times):
        return f"How long all {len(times)} runs take is not known."
    return f"In all about {duration(sum(known))} for {len(times)} runs, one after the other."


def busy_note() -> str:
    """Say that more programs want to compute here than there are cores, over the last minute; else empty."""
    is_busy = os.getloadavg()[0] > len(os.sched_getaffinity(0)) + 1
    return "Other programs are using this machine now: beside them it takes longer." if is_busy else ""


def network_estimate(config: TrainConfig, sizes: RunSizes, times: MeasuredTimes) -> TimeEstimate:
    """Estimate the time of a network's training from measured times.

    Args:
        config: Its settings.
        sizes: Images that it uses.
        times: What was measured.

    Returns:
        Seconds of start, training, evaluation, checkpoints and scoring, and their sum.
    """
    steps = sizes.steps_per_epoch(config) * config.epochs
    num_evaluations = math.ceil(config.epochs / config.log_epochs) + 1 + config.is_fine_tuned
    start = times.start_seconds + times.load_seconds + _WAIT_SECONDS
    parts = {
        "start": start,
        "training": steps * times.step_seconds,
        "evaluation": num_evaluations * sizes.evaluated / times.score_images_per_second,
        "checkpoints": (config.epochs // config.checkpoint_epochs + 1) * times.checkpoint_seconds,
        "scoring": sizes.total / times.score_images_per_second,
    }
    if config.is_fine_tuned:
        parts["features"] = sizes.labeled / times.score_images_per_second
    return TimeEstimate(sum(parts.values()), parts, steps, times.device, times.precision)
