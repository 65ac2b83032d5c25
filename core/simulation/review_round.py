"""One simulated review round: answers, bulk accept and measurement.

Decisions go through the decision service of the sandbox, as those of a person do.
"""

import uuid
from dataclasses import dataclass

import numpy as np

from core.base.errors import DecisionError
from core.base.types import Command, Verdict
from core.curation.query_strategies import AcquisitionInputs
from core.project import Project
from core.scoring.scores import probabilities
from core.simulation.curves import SimulationPoint, error_among
from core.simulation.strategies import ON_FEATURES, ON_THRESHOLD, AcceptRule, ReviewStrategy, choose, simulated_answers

REVIEWER = "simulated reviewer"
"""Reviewer of every decision in the log of a sandbox."""
_ACCEPTED = (Verdict.ACCEPT, Verdict.RELABEL, Verdict.BULK_ACCEPT)


@dataclass
class SimulatedReview:
    """State of one review strategy with one seed."""

    project: Project  # the sandbox
    strategy: ReviewStrategy
    seed: int
    rng: np.random.Generator
    run: str  # latest finished run
    parent: str | None = None  # the run before it
    clicks: int = 0  # answers so far
    wrong: int = 0  # wrong answers so far
    threshold: float = float("nan")  # of the last bulk accept; nan without one
    selected: int = 0  # images of the last bulk accept
    selected_error: float = float("nan")  # wrong among them, [0, 1]


def answer_queue(review: SimulatedReview, count: int, error_rate: float, round_number: int) -> None:
    """Answer the images that a queue shows with decisions of the simulated reviewer.

    Args:
        review: The strategy; its counts are updated.
        count: Number of answers.
        error_rate: Probability of a wrong answer, [0, 1].
        round_number: Number of the round, stored with each decision.

    Raises:
        DecisionError: The decision service refuses an answer.
    """
    project, pool = review.project, review.project.scores(review.run)
    reads_threshold = review.strategy.queue in ON_THRESHOLD  # for other queues the check of the pool would be wasted
    threshold = threshold_of(project, review.run, review.strategy.accept_rule) if reads_threshold else None
    kept = pool.scores.confidence >= np.float32(np.inf if threshold is None else threshold)
    before = None if review.parent is None else project.scores(review.parent).scores.pseudo_labels
    flipped = np.zeros(len(pool.ids), dtype=np.bool_) if before is None else before != pool.scores.pseudo_labels
    is_open = project.decisions.is_open()[pool.ids]
    inputs = AcquisitionInputs(pool.scores, is_open, kept, 1.0 if threshold is None else threshold, flipped)
    rows, folder = np.concatenate([pool.ids, project.splits.labeled]), project.run(review.run).folder
    features = folder.features()[rows if review.strategy.queue in ON_FEATURES else rows[:0]]
    logits = folder.logits()[pool.ids if review.strategy.queue == "badge" else rows[:0]]
    probs = probabilities(np.asarray(logits), pool.temperature)
    picks = choose(review.strategy.queue, inputs, count, review.rng, features, probs)
    ids, suggested = pool.ids[picks.positions], pool.scores.pseudo_labels[picks.positions]
    truth = project.images.labels[ids]
    answers = simulated_answers(truth, error_rate, len(project.class_names), review.rng)
    commands = [
        Command(
            str(uuid.uuid4()), "accept" if label == suggestion else "relabel", review.run, REVIEWER, int(image),
            int(suggestion), None if label == suggestion else int(label),
            {"queue": review.strategy.queue, "probability": float(p), "round": round_number, "simulated": True},
        )
        for image, suggestion, label, p in zip(ids, suggested, answers, picks.probability, strict=True)
    ]  # fmt: skip
    for outcome in project.decisions.execute(commands):
        if outcome.status != "saved":
            raise DecisionError(outcome.reason)
    review.clicks += len(ids)
    review.wrong += int((answers != truth).sum())


def bulk_accept(review: SimulatedReview) -> None:
    """Accept every open image at or above the threshold as one decision.

    Args:
        review: The strategy; its threshold and the error of the bulk accept are updated.

    Raises:
        DecisionError: The decision service refuses the bulk accept.
    """
    project, pool = review.project, review.project.scores(review.run)
    threshold = threshold_of(project, review.run, review.strategy.accept_rule)
    review.threshold, review.selected, review.selected_error = float("nan"), 0, float("nan")
    if threshold is None:
        return
    rows = np.flatnonzero(project.decisions.is_open()[pool.ids] & (pool.scores.confidence >= np.float32(threshold)))
    if not len(rows):
        return
    outcome = project.bulk_accept(review.run, "fixed_threshold", REVIEWER, threshold=threshold)
    if outcome.status != "saved":
        raise DecisionError(outcome.reason)
    rows = rows[~np.isin(pool.ids[rows], project.splits.calibration)]  # the threshold was chosen by their labels
    review.threshold, review.selected = threshold, len(rows)
    review.selected_error = error_among(pool.scores.pseudo_labels[rows], project.images.labels[pool.ids[rows]])


def threshold_of(project: Project, run_id: str, rule: AcceptRule) -> float | None:
    """Return the lowest confidence that an accept rule accepts.

    Args:
        project: The sandbox.
        run_id: A finished run.
        rule: The accept rule.

    Returns:
        Confidence in [0, 1]; None where the rule accepts nothing.
    """
    if rule.name == "none":
        return None
    if rule.name == "fixed_threshold":
        return rule.value
    if rule.name == "plug_in":
        return project.quality.plug_in_threshold(run_id, rule.value)
    if rule.name == "careful":
        return project.quality.high_probability_threshold(run_id, rule.value).threshold
    return project.quality.conformal_threshold(run_id, rule.value).threshold


def measure(review: SimulatedReview, round_number: int) -> SimulationPoint:
    """Measure a strategy after a round against the true labels.

    Args:
        review: The strategy.
        round_number: Number of the round; 0 is the baseline.

    Returns:
        Counts, errors and test accuracy.
    """
    project, rule = review.project, review.strategy.accept_rule
    state, truth, test = project.decisions.state(), project.images.labels, project.splits.test
    accepted = np.flatnonzero(np.isin(state.verdict, _ACCEPTED))
    predicted = np.asarray(project.run(review.run).folder.logits()[test]).argmax(axis=1)
    return SimulationPoint(
        seed=review.seed, queue=review.strategy.queue, cut=rule.name, value=rule.value, label=review.strategy.label,
        round=round_number, clicks=review.clicks, wrong_answers=review.wrong, selected=review.selected,
        selected_error=review.selected_error, accepted=len(accepted),
        accepted_error=error_among(state.label[accepted].astype(np.int64), truth[accepted]), threshold=review.threshold,
        test_accuracy=1 - error_among(predicted, truth[test]), num_test=len(test), run=review.run,
    )  # fmt: skip
