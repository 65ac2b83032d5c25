"""Goals of training in a person's words, and the runs that reach them in the time there is on this machine.

Which runs: docs/decisions/0046-training-goals.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.base.config import TrainConfig
from core.base.errors import DataError, WinnowError, unknown_name
from core.base.presets import FINE_TUNING, PRESETS
from core.experiments.extractor_comparison import stored_comparison
from core.experiments.plans.time_estimates import RunSizes, TimeEstimate, TimeEstimates, busy_note, in_all
from core.experiments.runs import RunRequest
from core.features.catalog import offered_extractors
from core.jobs.device_lock import accelerator_names
from core.review.decision_history import DecisionHistory
from core.workspace.workspace import Workspace

_FILLED = 0.9
"""Share of the time that the plan fills; the rest is for what the estimate misses."""
_LEAST_STEPS = 1_000
"""Steps below which a network from scratch is not worth its time beside a head."""
_MOST_STEPS = 2**17
"""Steps of the longest run; nothing was measured here beyond."""
_SMALL_SIDE = 48
_LEAST_POOL = 500
"""Unlabeled images from which a network also learns from them."""
_EVALUATIONS = 60
_FROM_POOL: Mapping[str, Any] = {
    "method": "softmatch", "unlabeled_ratio": 2, "threshold_memory": 0.999, "ema_decay": 0.998, "weak_pass": "own",
    "ramp": "none",
}  # fmt: skip
"""Measured on Fashion-MNIST with 1,000 labels: docs/BENCHMARKS.md, Accuracy with few labels."""


@dataclass(frozen=True)
class Goal:
    """What a person wants from a training.

    Attributes:
        name: As the command line spells it.
        title: As the page shows it.
        doc: What it does, one sentence.
        seconds: Time that it may take; None: as short as possible.
    """

    name: str
    title: str
    doc: str
    seconds: float | None = None


_ALL = (
    Goal("quick-look", "Quick look", "Fits a small model (a head) on features of the images, in seconds."),
    Goal("ten-minutes", "Best in 10 minutes", "Fits a head, then trains a network until the time is over.", 600),
    Goal("overnight", "Overnight", "Fits a head, then trains networks for up to eight hours.", 8 * 3600),
)
GOALS: dict[str, Goal] = {goal.name: goal for goal in _ALL}
"""By name."""


@dataclass(frozen=True)
class PlannedRun:
    """One run of a plan.

    Attributes:
        config: Its settings.
        text: What it does, a sentence.
        time: How long it takes here.
    """

    config: TrainConfig
    text: str
    time: TimeEstimate


@dataclass(frozen=True)
class TrainingPlan:
    """The runs of a goal, in the order in which they start.

    Attributes:
        goal: The goal.
        runs: The runs, at least one.
        expected: What is known of the accuracy to expect, or that nothing is.
        notes: Why a run that one might expect is not among them.
    """

    goal: Goal
    runs: tuple[PlannedRun, ...]
    expected: str
    notes: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Time of all runs, one after the other."""
        return sum(run.time.seconds for run in self.runs)

    @property
    def in_all(self) -> str:
        """Time of all runs, and whether other programs use the machine now; empty for one run on an idle machine."""
        return " ".join(filter(None, (in_all([run.time for run in self.runs]), busy_note())))

    @property
    def configs(self) -> list[TrainConfig]:
        """Settings of the runs, for `Project.start_runs`."""
        return [run.config for run in self.runs]


class TrainingPlans:
    """Makes plans for a project.

    Args:
        workspace: The project.
        history: Its decisions.
        gain: Says what the last clicks bought, a sentence; empty where nothing was measured.
    """

    def __init__(self, workspace: Workspace, history: DecisionHistory, gain: Callable[[], str]) -> None:
        self._workspace, self._gain = workspace, gain
        self.times = TimeEstimates(workspace, history)

    def plan(self, goal: str, *, is_curated: bool = True, may_measure: bool = True) -> TrainingPlan | None:
        """Plan the runs of a goal; nothing is started.

        Args:
            goal: quick-look, ten-minutes or overnight.
            is_curated: Whether decisions count; False plans for the given labels alone.
            may_measure: Whether to measure the time of a training, about two seconds each, where it is not known.

        Returns:
            The plan; None where something would have to be measured first and must not be.

        Raises:
            InputError: There is no such goal, or the project's features cannot be computed here.
        """
        if goal not in GOALS:
            raise unknown_name("goal", goal, GOALS)
        wanted, sizes = GOALS[goal], self.times.sizes(RunRequest(is_curated=is_curated))
        planner = _Planner(self._workspace, self.times, sizes, may_measure=may_measure)
        try:
            runs, notes = [planner.run(PRESETS["head"].config())], list[str]()
            if wanted.seconds is not None:
                networks, notes = planner.networks(_FILLED * wanted.seconds - runs[0].time.seconds)
                runs += networks
        except _UnmeasuredError:
            return None
        return TrainingPlan(wanted, tuple(runs), self._expected(has_network=len(runs) > 1), tuple(notes))

    def _expected(self, *, has_network: bool) -> str:
        known = []
        try:
            table = stored_comparison(self._workspace)
        except DataError:
            table = None
        if table is not None:
            best = table.recommended
            known.append(
                f"A head on {best.extractor} named {100 * best.accuracy:.1f} % of the labeled images right in "
                "cross-validation."
            )
        if sentence := self._latest_head():
            known.append(sentence)
        if sentence := self._gain():
            known.append(sentence)
        if has_network:
            known.append(
                "What a network adds to the head is not known before it has run: then both are compared on the same "
                "val images."
            )
        return " ".join(known) or "Not known before it has run: nothing was measured on these images yet."

    def _latest_head(self) -> str:
        """What the latest head named right; empty without one, or without images that say it."""
        for run in reversed(self._workspace.runs()):
            if run.record.config.is_head and run.has_predictions:
                said = {"val images": run.val_accuracy(len(self._workspace.splits.val)),
                        "labeled images in cross-validation": run.cross_validated}  # fmt: skip
                parts = [
                    f"{100 * one.value:.1f} % [{100 * one.low:.1f}, {100 * one.high:.1f}] of {one.n:,} {what}"
                    for what, one in said.items() if one is not None
                ]  # fmt: skip
                return f"{run.id} named {' and '.join(parts)} right." if parts else ""
        return ""


class _UnmeasuredError(Exception):
    """The time of a training is not known, and must not be measured now."""


class _LeftOutError(Exception):
    """A network is not in the plan; the sentence says why."""


class _Planner:
    """Chooses the runs of one plan; its methods raise _UnmeasuredError where something must be measured first."""

    def __init__(self, workspace: Workspace, times: TimeEstimates, sizes: RunSizes, *, may_measure: bool) -> None:
        self._workspace, self._times, self._sizes, self._may_measure = workspace, times, sizes, may_measure

    def run(self, config: TrainConfig) -> PlannedRun:
        """Plan a run of these settings."""
        time = self._times.estimate_sizes(config, self._sizes, may_measure=self._may_measure)
        if time is None:
            raise _UnmeasuredError
        return PlannedRun(config, _text(config), time)

    def networks(self, seconds: float) -> tuple[list[PlannedRun], list[str]]:
        """Plan the networks that fit into the time, and say why others do not."""
        if self._sizes.labeled < 2:
            return [], ["No network: it needs at least two labeled images."]
        is_small = max(self._workspace.images.pixels.shape[1:3]) <= _SMALL_SIDE
        runs, notes = list[PlannedRun](), list[str]()
        for choose in (self._from_scratch,) if is_small else (self._fine_tuning, self._from_scratch):
            try:
                runs.append(choose(seconds))
                seconds -= runs[-1].time.seconds
            except _LeftOutError as reason:
                notes.append(str(reason))
        return runs, notes

    def _fine_tuning(self, seconds: float) -> PlannedRun:
        """Train a pretrained network on; _LeftOutError where it cannot be or takes longer."""
        name = str(FINE_TUNING["extractor"])
        problem = next((offer.problem for offer in offered_extractors() if offer.name == name), "it is not offered")
        if problem:
            raise _LeftOutError(f"No pretrained network is fine-tuned: {problem}")
        try:
            found = self.run(TrainConfig.checked({"model": "backbone", **FINE_TUNING}))
        except WinnowError as error:
            raise _LeftOutError(f"No pretrained network is fine-tuned: {error}") from error
        if found.time.seconds > seconds:
            raise _LeftOutError(f"Fine-tuning {name} would take longer: about {found.time.text}.")
        return found

    def _from_scratch(self, seconds: float) -> PlannedRun:
        """Train a network from scratch for the time; _LeftOutError where each makes too few steps."""
        sizes, most = self._sizes, 0
        method = dict(_FROM_POOL) if sizes.pool >= _LEAST_POOL else {"method": "supervised"}
        if method["method"] == "supervised" and sizes.pseudo:
            method = {"method": "self_training", "ramp": "none"}
        models = ("wrn", "small_cnn", "tiny_cnn") if accelerator_names() else ("small_cnn", "tiny_cnn")
        for model in models:
            config = TrainConfig.checked({**method, "model": model})
            steps_per_epoch = sizes.steps_per_epoch(config)
            longest = max(1, _MOST_STEPS // steps_per_epoch)
            measured = self._times.epoch_seconds(_with_epochs(config, longest), sizes, may_measure=self._may_measure)
            if measured is None:
                raise _UnmeasuredError
            per_epoch, first = measured
            epochs = min(longest, int((seconds - first.seconds) / per_epoch) + 1)
            if epochs * steps_per_epoch >= _LEAST_STEPS:
                return self.run(_with_epochs(config, epochs))
            most = max(most, epochs * steps_per_epoch)
        raise _LeftOutError(
            f"No network from scratch: {most:,} steps would fit into the time here, and below {_LEAST_STEPS:,} a head "
            "is the better one."
        )


def _with_epochs(config: TrainConfig, epochs: int) -> TrainConfig:
    """Settings of a run of so many epochs, with few enough evaluations and checkpoints."""
    every = {"log_epochs": max(1, epochs // _EVALUATIONS), "checkpoint_epochs": max(1, epochs // 20)}
    return config.model_copy(update={"epochs": epochs, **every})


def _text(config: TrainConfig) -> str:
    if config.is_head:
        return "A head on features: suggestions, and the yardstick for any network."
    if config.is_fine_tuned:
        return f"{config.extractor}, pretrained, its {config.trained_part.replace('_', ' ')} trained on your labels."
    what = {
        "softmatch": "your labels and the unlabeled images", "self_training": "your labels and those accepted in bulk",
    }.get(config.method, "your labels")  # fmt: skip
    return f"{config.model}, from scratch, on {what}."
