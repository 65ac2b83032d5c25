"""Points and curves of a simulation: what each review strategy reached after each round."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.types import Labels


@dataclass(frozen=True)
class SimulationPoint:
    """Result of one strategy after one round with one seed.

    Field names are the keys on disk. Errors are measured against the true labels; nan without anything to measure.
    """

    seed: int
    queue: str
    cut: str  # name of the accept rule
    value: float  # number of the accept rule
    label: str  # label of the strategy
    round: int  # 0: the baseline, before the first click
    clicks: int  # so far
    wrong_answers: int  # so far: wrong answers of the simulated reviewer
    selected: int  # images accepted in bulk in this round
    selected_error: float  # wrong among them, [0, 1]; what a target error limits
    accepted: int  # labels beside the given ones, from clicks and in bulk, so far
    accepted_error: float  # wrong among them, [0, 1]
    threshold: float  # lowest confidence of this round's bulk accept; nan without one
    test_accuracy: float  # [0, 1], of the model trained after the round
    num_test: int
    run: str  # its run; the run before where there was no new decision


@dataclass(frozen=True)
class SimulationCurve:
    """One quantity of one strategy over the rounds, (rounds + 1,) each."""

    label: str
    rounds: NDArray[np.int64]
    mean: NDArray[np.float64]  # over the seeds; nan where no seed has a value
    low: NDArray[np.float64]  # lowest seed
    high: NDArray[np.float64]  # highest seed
    num_seeds: NDArray[np.int64]  # seeds with a value


QUANTITIES = {
    "test_accuracy": "test accuracy",
    "accepted_error": "error among accepted labels",
    "accepted": "accepted labels",
    "clicks": "clicks",
}
"""Quantities that are drawn over the rounds, with their titles."""


def error_among(labels: Labels, truth: Labels) -> float:
    """Compute the share of wrong labels, [0, 1]; nan without labels.

    Args:
        labels: (n,) labels.
        truth: (n,) true labels.
    """
    return float(np.mean(labels != truth)) if len(labels) else float("nan")


def labels_of(points: Iterable[SimulationPoint]) -> tuple[str, ...]:
    """Return the labels of the strategies in order of first appearance."""
    return tuple(dict.fromkeys(point.label for point in points))


def curve(points: Sequence[SimulationPoint], label: str, quantity: str) -> SimulationCurve:
    """Average one quantity of one strategy over the seeds of each round.

    Args:
        points: Points of any strategies.
        label: Label of the strategy.
        quantity: A numeric field of SimulationPoint, such as those of QUANTITIES.

    Returns:
        Mean, lowest and highest seed per round; nan where no seed has a value.
    """
    own = [point for point in points if point.label == label]
    rounds = np.array(sorted({point.round for point in own}), dtype=np.int64)
    values = [np.array([getattr(p, quantity) for p in own if p.round == r], dtype=np.float64) for r in rounds]
    known = [found[~np.isnan(found)] for found in values]

    def over_seeds(statistic: str) -> NDArray[np.float64]:
        return np.array([getattr(found, statistic)() if len(found) else np.nan for found in known], dtype=np.float64)

    num_seeds = np.array([len(found) for found in known])
    return SimulationCurve(label, rounds, over_seeds("mean"), over_seeds("min"), over_seeds("max"), num_seeds)


def bulk_accept_error(points: Sequence[SimulationPoint], label: str) -> tuple[float, float, int]:
    """Compute the mean error of a strategy's bulk accepts with its standard error.

    A round that accepted nothing counts as one without error, as in the guarantee of a conformal threshold: the mean
    should be at most the target.

    Args:
        points: Points of any strategies.
        label: Label of the strategy.

    Returns:
        Mean error in [0, 1], nan where no round accepted anything; its standard error, nan for one round; number of
        rounds.
    """
    rounds = [point for point in points if point.label == label and point.round > 0]
    if not any(point.selected for point in rounds):
        return float("nan"), float("nan"), len(rounds)
    errors = np.array([point.selected_error if point.selected else 0.0 for point in rounds], dtype=np.float64)
    standard_error = float(errors.std(ddof=1) / np.sqrt(len(errors))) if len(errors) > 1 else float("nan")
    return float(errors.mean()), standard_error, len(errors)
