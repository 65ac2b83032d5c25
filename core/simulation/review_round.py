"""One round of a simulated review: the clicks, the bulk accept above the line, and what they were worth.

All of it goes through the project's desk, as a person's decisions do; the log names the simulated reviewer.
"""

import uuid
from dataclasses import dataclass

import numpy as np

from core.base.errors import DecisionError
from core.base.types import Command, Verdict
from core.curation.query_strategies import View
from core.project import Project
from core.quality import target_error
from core.simulation.strategies import Contestant, Cut, Point, answers, choose, error_among

REVIEWER = "simulated reviewer"
"""Who decided, in the log of every sandbox."""
_ACCEPTED = (Verdict.ACCEPT, Verdict.RELABEL, Verdict.BULK_ACCEPT)


@dataclass
class Game:
    """One contestant with one seed: its sandbox, its generator, what has happened so far."""

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


def click(game: Game, count: int, error_rate: float, number: int) -> None:
    """Let the reviewer answer about the images that the queue shows; each answer is a decision in the sandbox's log."""
    project, pool = game.project, game.project.scores(game.run)
    cut = threshold_of(project, game.run, game.contestant.cut)
    kept = pool.scores.confidence >= np.float32(np.inf if cut is None else cut)
    before = None if game.parent is None else project.scores(game.parent).scores.pseudo_labels
    flipped = np.zeros(len(pool.ids), dtype=np.bool_) if before is None else before != pool.scores.pseudo_labels
    view = View(pool.scores, project.desk.is_open()[pool.ids], kept, 1.0 if cut is None else cut, flipped)
    rows = np.concatenate([pool.ids, project.splits.labeled])
    features = project.run(game.run).folder.features()[rows if game.contestant.queue == "diverse" else rows[:0]]
    picks = choose(game.contestant.queue, view, count, game.rng, features, len(pool.ids))
    ids, suggested = pool.ids[picks.positions], pool.scores.pseudo_labels[picks.positions]
    truth = project.images.labels[ids]
    said = answers(truth, error_rate, len(project.class_names), game.rng)
    commands = [
        Command(
            str(uuid.uuid4()), "accept" if label == suggestion else "relabel", game.run, REVIEWER, int(image),
            int(suggestion), None if label == suggestion else int(label),
            {"queue": game.contestant.queue, "probability": float(p), "round": number, "simulated": True},
        )
        for image, suggestion, label, p in zip(ids, suggested, said, picks.probability, strict=True)
    ]  # fmt: skip
    for outcome in project.execute(commands):
        if outcome.status != "saved":
            raise DecisionError(outcome.reason)
    game.clicks += len(ids)
    game.wrong += int((said != truth).sum())


def accept(game: Game) -> None:
    """Accept everything above the line that is still undecided, as one decision."""
    project, pool = game.project, game.project.scores(game.run)
    cut = threshold_of(project, game.run, game.contestant.cut)
    game.threshold, game.selected, game.selected_error = float("nan"), 0, float("nan")
    if cut is None:
        return
    rows = np.flatnonzero(project.desk.is_open()[pool.ids] & (pool.scores.confidence >= np.float32(cut)))
    if not len(rows):
        return
    outcome = project.accept_all(game.run, "fixed_threshold", REVIEWER, threshold=cut)
    if outcome.status != "saved":
        raise DecisionError(outcome.reason)
    rows = rows[~np.isin(pool.ids[rows], project.splits.calibration)]  # the cut has looked at their labels
    game.threshold, game.selected = cut, len(rows)
    game.selected_error = error_among(pool.scores.pseudo_labels[rows], project.images.labels[pool.ids[rows]])


def threshold_of(project: Project, run_id: str, cut: Cut) -> float | None:
    """The confidence from which a cut accepts, among what is still open; None where it accepts nothing."""
    if cut.name == "none":
        return None
    if cut.name == "fixed_threshold":
        return cut.value
    if cut.name == "plug_in":
        return target_error.plug_in(project, run_id, cut.value)
    if cut.name == "careful":
        return project.promises.high_probability_threshold(run_id, cut.value).threshold
    return project.promises.conformal_threshold(run_id, cut.value).threshold


def measure(game: Game, number: int) -> Point:
    """What the contestant has now, judged by the true labels."""
    project, cut = game.project, game.contestant.cut
    state, truth, test = project.desk.state(), project.images.labels, project.splits.test
    accepted = np.flatnonzero(np.isin(state.verdict, _ACCEPTED))
    predicted = np.asarray(project.run(game.run).folder.logits()[test]).argmax(axis=1)
    return Point(
        seed=game.seed, queue=game.contestant.queue, cut=cut.name, value=cut.value, label=game.contestant.label,
        round=number, clicks=game.clicks, wrong_answers=game.wrong, selected=game.selected,
        selected_error=game.selected_error, accepted=len(accepted),
        accepted_error=error_among(state.label[accepted].astype(np.int64), truth[accepted]), threshold=game.threshold,
        test_accuracy=1 - error_among(predicted, truth[test]), num_test=len(test), run=game.run,
    )  # fmt: skip
