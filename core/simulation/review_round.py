"""One simulated review round: the answers, the bulk accept, and what they were worth.

All of it goes through the project's decision service, as a person's decisions do; the log names the simulated
reviewer.
"""

import uuid
from dataclasses import dataclass

import numpy as np

from core.base.errors import DecisionError
from core.base.types import Command, Verdict
from core.curation.query_strategies import View
from core.project import Project
from core.simulation.strategies import Contestant, Cut, Point, answers, choose, error_among

REVIEWER = "simulated reviewer"
"""Who decided, in the log of every sandbox."""
_ACCEPTED = (Verdict.ACCEPT, Verdict.RELABEL, Verdict.BULK_ACCEPT)


@dataclass
class SimulatedReview:
    """One review strategy with one seed: its sandbox, its generator, what has happened so far."""

    project: Project
    contestant: Contestant
    seed: int
    rng: np.random.Generator
    run: str
    parent: str | None = None
    clicks: int = 0
    wrong: int = 0
    threshold: float = float("nan")
    selected: int = 0
    selected_error: float = float("nan")


def answer_queue(review: SimulatedReview, count: int, error_rate: float, number: int) -> None:
    """Answer about the images that the queue shows; each answer is a decision in the sandbox's log."""
    project, pool = review.project, review.project.scores(review.run)
    cut = threshold_of(project, review.run, review.contestant.cut)
    kept = pool.scores.confidence >= np.float32(np.inf if cut is None else cut)
    before = None if review.parent is None else project.scores(review.parent).scores.pseudo_labels
    flipped = np.zeros(len(pool.ids), dtype=np.bool_) if before is None else before != pool.scores.pseudo_labels
    view = View(pool.scores, project.decisions.is_open()[pool.ids], kept, 1.0 if cut is None else cut, flipped)
    rows = np.concatenate([pool.ids, project.splits.labeled])
    features = project.run(review.run).folder.features()[rows if review.contestant.queue == "diverse" else rows[:0]]
    picks = choose(review.contestant.queue, view, count, review.rng, features, len(pool.ids))
    ids, suggested = pool.ids[picks.positions], pool.scores.pseudo_labels[picks.positions]
    truth = project.images.labels[ids]
    said = answers(truth, error_rate, len(project.class_names), review.rng)
    commands = [
        Command(
            str(uuid.uuid4()), "accept" if label == suggestion else "relabel", review.run, REVIEWER, int(image),
            int(suggestion), None if label == suggestion else int(label),
            {"queue": review.contestant.queue, "probability": float(p), "round": number, "simulated": True},
        )
        for image, suggestion, label, p in zip(ids, suggested, said, picks.probability, strict=True)
    ]  # fmt: skip
    for outcome in project.decisions.execute(commands):
        if outcome.status != "saved":
            raise DecisionError(outcome.reason)
    review.clicks += len(ids)
    review.wrong += int((said != truth).sum())


def bulk_accept(review: SimulatedReview) -> None:
    """Accept everything above the threshold that is still undecided, as one decision."""
    project, pool = review.project, review.project.scores(review.run)
    cut = threshold_of(project, review.run, review.contestant.cut)
    review.threshold, review.selected, review.selected_error = float("nan"), 0, float("nan")
    if cut is None:
        return
    rows = np.flatnonzero(project.decisions.is_open()[pool.ids] & (pool.scores.confidence >= np.float32(cut)))
    if not len(rows):
        return
    outcome = project.bulk_accept(review.run, "fixed_threshold", REVIEWER, threshold=cut)
    if outcome.status != "saved":
        raise DecisionError(outcome.reason)
    rows = rows[~np.isin(pool.ids[rows], project.splits.calibration)]  # the cut has looked at their labels
    review.threshold, review.selected = cut, len(rows)
    review.selected_error = error_among(pool.scores.pseudo_labels[rows], project.images.labels[pool.ids[rows]])


def threshold_of(project: Project, run_id: str, cut: Cut) -> float | None:
    """The confidence from which a cut accepts, among what is still open; None where it accepts nothing."""
    if cut.name == "none":
        return None
    if cut.name == "fixed_threshold":
        return cut.value
    if cut.name == "plug_in":
        return project.quality.plug_in_threshold(run_id, cut.value)
    if cut.name == "careful":
        return project.quality.high_probability_threshold(run_id, cut.value).threshold
    return project.quality.conformal_threshold(run_id, cut.value).threshold


def measure(review: SimulatedReview, number: int) -> Point:
    """Measure what the strategy has reached, by the true labels."""
    project, cut = review.project, review.contestant.cut
    state, truth, test = project.decisions.state(), project.images.labels, project.splits.test
    accepted = np.flatnonzero(np.isin(state.verdict, _ACCEPTED))
    predicted = np.asarray(project.run(review.run).folder.logits()[test]).argmax(axis=1)
    return Point(
        seed=review.seed, queue=review.contestant.queue, cut=cut.name, value=cut.value, label=review.contestant.label,
        round=number, clicks=review.clicks, wrong_answers=review.wrong, selected=review.selected,
        selected_error=review.selected_error, accepted=len(accepted),
        accepted_error=error_among(state.label[accepted].astype(np.int64), truth[accepted]), threshold=review.threshold,
        test_accuracy=1 - error_among(predicted, truth[test]), num_test=len(test), run=review.run,
    )  # fmt: skip
