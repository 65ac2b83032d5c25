"""The simulated reviewer: where it looks, what it answers, which line it trusts, and what became of it.

Every draw comes from a generator that is handed in. Labels are class numbers (n,), 0 … K - 1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import Labels
from core.curation.query_strategies import QUEUES, Picks, View, audit, entropy, head, mixed, typical_ids

NO_CLICKS, AT_RANDOM = "none", "random"
REVIEW_QUEUES = (*QUEUES, "mixed", "diverse", AT_RANDOM, NO_CLICKS)
"""Where the clicks may go: the queues, uniform draws, and nowhere at all."""
CUTS = {
    "conformal": "target error, kept on average",
    "careful": "target error, kept with 90 % probability",
    "plug_in": "target error, estimated and not promised",
    "fixed_threshold": "lowest confidence that is accepted",
    "none": "nothing is accepted in bulk",
}
"""The ways to draw the line above which everything is accepted, and what their number means."""


@dataclass(frozen=True)
class Cut:
    """How the line is drawn: one of CUTS and its number; the number of `none` is 0."""

    name: str
    value: float

    @property
    def label(self) -> str:
        """The same in words: "conformal 5 %", "threshold 0.95"."""
        if self.name == "none":
            return "nothing accepted in bulk"
        if self.name == "fixed_threshold":
            return f"threshold {self.value:g}"
        return f"{self.name.replace('_', '-')} {100 * self.value:g} %"


@dataclass(frozen=True)
class Contestant:
    """One way to review: a queue for the clicks and a cut for what is accepted without a look."""

    queue: str
    cut: Cut

    @property
    def label(self) -> str:
        """Both in words; the controls say so."""
        clicks = {NO_CLICKS: "no clicks", AT_RANDOM: "random clicks"}.get(self.queue, self.queue.replace("_", "-"))
        return f"{clicks}, {self.cut.label}"


@dataclass(frozen=True)
class Point:
    """What one contestant had after one round with one seed; errors are against the true labels, nan of nothing."""

    seed: int
    queue: str
    cut: str
    value: float  # the cut's number
    label: str  # the contestant in words
    round: int  # 0: the baseline, before the first click
    clicks: int  # so far
    wrong_answers: int  # so far: the reviewer's own mistakes
    selected: int  # images accepted in bulk in this round
    selected_error: float  # wrong among them, [0, 1]; what a target error speaks of
    accepted: int  # labels beside the given ones, from clicks and in bulk, so far
    accepted_error: float  # wrong among them, [0, 1]
    threshold: float  # confidence from which this round accepted; nan where nothing was
    test_accuracy: float  # [0, 1], of the model trained after the round
    num_test: int
    run: str  # its run; the one before where nothing new had been decided


@dataclass(frozen=True)
class Curve:
    """One quantity of one contestant over the rounds: mean over the seeds, lowest and highest, (rounds + 1,) each."""

    label: str
    rounds: NDArray[np.int64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    num_seeds: NDArray[np.int64]  # seeds that have got that far and have a value there


QUANTITIES = {
    "test_accuracy": "test accuracy",
    "accepted_error": "error among accepted labels",
    "accepted": "accepted labels",
    "clicks": "clicks",
}
"""What is drawn, over the rounds."""


def parse_cut(text: str) -> Cut:
    """A cut from a text such as conformal=0.05 or none; InputError says what is wrong with any other."""
    name, _, number = text.strip().partition("=")
    if name not in CUTS:
        raise InputError(f"There is no cut called {name!r}. There are: {', '.join(CUTS)}, as in conformal=0.05.")
    if name == "none":
        if number:
            raise InputError(f"The cut none takes no number (got {text!r}).")
        return Cut(name, 0.0)
    try:
        value = float(number)
    except ValueError:
        raise InputError(f"{text!r} is not of the form {name}=number; the number is the {CUTS[name]}.") from None
    if name == "fixed_threshold" and not 0 <= value <= 1:
        raise InputError(f"The threshold of {text!r} must lie from 0 to 1.")
    if name != "fixed_threshold" and not 0 < value < 1:
        raise InputError(f"The target error of {text!r} must lie between 0 and 1, both left out.")
    return Cut(name, value)


def contestants(queues: Sequence[str], cuts: Sequence[Cut], *, has_controls: bool = True) -> tuple[Contestant, ...]:
    """Every queue with every cut, each once; with controls also each cut without a click and with clicks at random.

    Neither a click nor a cut is no contestant: asked for alone it is an InputError, as are unknown queues.
    """
    for name in queues:
        if name not in REVIEW_QUEUES:
            raise InputError(f"There is no queue called {name!r}. There are: {', '.join(REVIEW_QUEUES)}.")
    wanted = [*queues, *((NO_CLICKS, AT_RANDOM) if has_controls and queues else ())]
    found = [Contestant(queue, cut) for cut in dict.fromkeys(cuts) for queue in dict.fromkeys(wanted)]
    found = [one for one in found if one.queue != NO_CLICKS or one.cut.name != "none"]
    if not found:
        raise InputError("Nothing to simulate: name at least one queue and one cut that is not none for both.")
    return tuple(found)


def choose(
    queue: str, view: View, count: int, rng: np.random.Generator, features: NDArray[np.floating], num_pool: int
) -> Picks:
    """The images for the next clicks, among the open rows of the view (num_pool rows).

    features: (num_pool + labeled, D), the labeled images behind the pool; only `diverse` looks at them. mixed draws
    with eta .3 between uniform and entropy. Fewer than count where fewer are open.
    """
    if queue == NO_CLICKS:
        return Picks(np.empty(0, dtype=np.int64), np.empty(0), int(view.is_open.sum()), is_random=False)
    if queue == AT_RANDOM:
        return audit(view.is_open, count, rng)
    if queue == "mixed":
        return mixed(entropy(view), view.is_open, count, rng)
    if queue == "diverse":
        others = len(features) - num_pool
        is_open = np.append(view.is_open, np.zeros(others, dtype=np.bool_))
        chosen = typical_ids(features, ~is_open, is_open, count, seed=int(rng.integers(2**31)))
        return Picks(chosen, np.ones(len(chosen)), int(view.is_open.sum()), is_random=False)
    return head(QUEUES[queue](view), view.is_open, count)


def answers(truth: Labels, error_rate: float, num_classes: int, rng: np.random.Generator) -> Labels:
    """The true class, or with probability error_rate another one, each of the others equally often; K is 2 or more."""
    is_wrong = rng.random(len(truth)) < error_rate
    other = (truth + rng.integers(1, num_classes, len(truth))) % num_classes
    return np.asarray(np.where(is_wrong, other, truth), dtype=np.int64)


def error_among(labels: Labels, truth: Labels) -> float:
    """Share of labels (n,) that differ from the truth, [0, 1]; nan of none."""
    return float(np.mean(labels != truth)) if len(labels) else float("nan")


def labels_of(points: Iterable[Point]) -> tuple[str, ...]:
    """The contestants of some points, in the order they first appear."""
    return tuple(dict.fromkeys(point.label for point in points))


def curve(points: Sequence[Point], label: str, quantity: str) -> Curve:
    """One of QUANTITIES (or selected_error, …) of one contestant; nan where no seed has a value."""
    mine = [point for point in points if point.label == label]
    rounds = np.array(sorted({point.round for point in mine}), dtype=np.int64)
    values = [np.array([getattr(p, quantity) for p in mine if p.round == r], dtype=np.float64) for r in rounds]
    known = [found[~np.isnan(found)] for found in values]

    def over(seeds: str) -> NDArray[np.float64]:
        return np.array([getattr(found, seeds)() if len(found) else np.nan for found in known], dtype=np.float64)

    return Curve(label, rounds, over("mean"), over("min"), over("max"), np.array([len(found) for found in known]))


def promise_kept(points: Sequence[Point], label: str) -> tuple[float, float, int]:
    """Mean error of what one round accepted in bulk, its standard error, and the number of rounds played.

    A round that accepted nothing counts as one without error, as it does in the promise of a conformal cut: the mean is
    to lie at or below the target. nan where nothing was ever accepted; the standard error of one round is nan.
    """
    mine = [point for point in points if point.label == label and point.round > 0]
    if not any(point.selected for point in mine):
        return float("nan"), float("nan"), len(mine)
    found = np.array([point.selected_error if point.selected else 0.0 for point in mine], dtype=np.float64)
    spread = float(found.std(ddof=1) / np.sqrt(len(found))) if len(found) > 1 else float("nan")
    return float(found.mean()), spread, len(found)
