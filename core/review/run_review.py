"""What the review page shows of one run: cards in the order of a ranking; quick at a million images."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import Decision, Ids, LabelState, Verdict
from core.curation.filters import QueueFilter, base_name
from core.review.attention_checks import Checks, Plant
from core.review.histogram import RunBins
from core.review.queues import RunQueues
from core.review.random_queues import ETA, Drawn
from core.scoring.neighbors import Features, nearest, unit
from core.scoring.scores import probabilities, top_classes

if TYPE_CHECKING:
    from core.project import Project


_OPEN_ONLY = ("open", "undecided")


@dataclass(frozen=True)
class PageQuery:
    """Which cards: ranking, where to begin and which way, and a filter. Ranks are positions in the ranking, from 0."""

    ranking: str = "entropy"  # one of QUEUES
    start: int = 0
    count: int = 48
    direction: str = "next"  # next: ranks >= start; previous: ranks < start
    threshold: float = 0.95  # confidence; for border and reject_hunt only
    wanted: QueueFilter = field(default_factory=QueueFilter)
    eta: float = ETA  # share of uniform draws, for mixed only
    reviewer: str = "me"  # who looks: checks are planted for this person
    drawn: int | None = None  # which drawn queue: the last decision when it was drawn; None draws one now


@dataclass(frozen=True)
class Card:
    """One image as the reviewer meets it."""

    id: int
    rank: int
    name: str
    suggestion: int
    confidence: float
    entropy: float
    margin: float
    top: list[tuple[int, float]]  # the three most probable classes
    verdict: str
    label: int | None
    why: str
    planted: str = ""  # a check of the reviewer: wrong or repeat; its answer must say so


@dataclass(frozen=True)
class Page:
    """Cards in order; total is the queue, matching what the filter leaves of the pool, open what of it is undecided."""

    cards: list[Card]
    total: int
    matching: int
    open: int
    drawn: int | None = None  # of a drawn queue: ask for the next page with it


@dataclass(frozen=True)
class Neighbor:
    """A labeled image and how alike it is."""

    id: int
    label: int
    similarity: float  # cosine of the features, [-1, 1]


@dataclass(frozen=True)
class Border:
    """What lies at a cut: the cuts one image apart (loose to strict), and the nearest images kept and left out."""

    steps: list[dict[str, Any]]
    here: int  # place of the cut itself among the steps
    kept: list[Card]
    left: list[Card]


class RunPages:
    """Cards of one finished run, made when asked for."""

    def __init__(self, project: "Project", run_id: str, decisions: Callable[[], list[Decision]]) -> None:
        self._project = project
        self._run = project.run(run_id)
        self._pool = project.scores(run_id)
        self.queues = RunQueues(project, run_id, decisions)
        self.bins = RunBins(project, self.queues)
        self.checks = Checks(project, run_id)

    def page(self, query: PageQuery, state: LabelState) -> Page:
        """The cards that a query asks for; InputError for a ranking or filter there is not."""
        query.wanted.check(self._pool.scores.num_classes)
        count = -query.count if query.direction == "previous" else query.count
        ranking = self.queues.named(query.ranking, query.eta, query.drawn)
        ordered = self.queues.order(ranking, query.threshold)
        ranks = self.queues.find(query.wanted, ranking, query.threshold, query.start, count, state)
        counts = self.queues.counts(query.wanted, state)
        since = ranking.since if isinstance(ranking, Drawn) else None
        cards = self._cards(ordered[ranks], ranks, len(ordered), state)
        if query.wanted.show in _OPEN_ONLY:
            cards = self._with_checks(cards, query.reviewer)
        return Page(cards, len(ordered), counts.matching, counts.open, since)

    def border(self, score: str, value: float, state: LabelState, hidden: Ids) -> Border:
        """The images on both sides of a cut, and the cuts one image away; InputError for a score there is not."""
        cut = self.bins.cut(score, value, state, hidden)
        ordered = self.queues.order(score, 0.0)
        left, kept = (
            self._cards(ordered[ranks], ranks, len(ordered), state) for ranks in self.bins.border(score, value)
        )
        return Border(cut["steps"], cut["here"], kept, left)

    def card(self, image: int, query: PageQuery, state: LabelState) -> Card:
        """One image of the pool, with its rank, -1 where the queue lacks it; InputError for one not in the pool."""
        row, ranking = self._row(image), self.queues.named(query.ranking, query.eta, query.drawn)
        rank, total = self.queues.rank(ranking, query.threshold, row), len(self.queues.order(ranking, query.threshold))
        return self._cards(np.array([row]), np.array([rank]), total, state)[0]

    def shown(self, image: int, query: PageQuery) -> dict[str, Any]:
        """Where the queue of a query shows an image, and the probability of its draw where that was left to chance."""
        row, ranking = self._row(image), self.queues.named(query.ranking, query.eta, query.drawn)
        where = {"ranking": query.ranking, "rank": self.queues.rank(ranking, query.threshold, row)}
        if isinstance(ranking, Drawn):
            where |= {"eta": ranking.eta, "drawn": ranking.since}
        return self.queues.draws.kept(row, where)

    def neighbors(self, image: int, count: int) -> list[Neighbor]:
        """The labeled images that look most like one image of the pool to this run."""
        if image not in self.checks.wrong:
            self._row(image)
        labeled, features = self._project.splits.labeled, self._run.folder.features()
        rows, similarity = nearest(self._labeled_units, np.asarray(features[image]), count)
        labels = self._project.images.labels[labeled[rows]]
        return [
            Neighbor(*facts) for facts in zip(labeled[rows].tolist(), labels.tolist(), similarity.tolist(), strict=True)
        ]

    def _with_checks(self, cards: list[Card], reviewer: str) -> list[Card]:
        """The cards with checks among them, each told like any other."""
        found = list(cards)
        plants = self.checks.plants([card.id for card in cards], reviewer)
        for plant in sorted(plants, key=lambda plant: -plant.after):
            found.insert(plant.after + 1, self._check_card(plant, cards[plant.after]))
        return found

    def _check_card(self, plant: Plant, before: Card) -> Card:
        """A check as a card: its own image and classes with the numbers of the card before, so that none stands out."""
        logits = np.asarray(self._run.folder.logits()[plant.image])
        others = [int(c) for c in np.argsort(-logits, kind="stable") if c != plant.suggestion]
        labels = [plant.suggestion, *others][: len(before.top)]
        top = [(label, share) for label, (_, share) in zip(labels, before.top, strict=True)]
        return replace(
            before,
            id=plant.image,
            name=base_name(str(self._project.images.names[plant.image])),
            suggestion=plant.suggestion,
            top=top,
            verdict="",
            label=None,
            why=self._words(before.entropy, before.why.split(" · ")[1], top),
            planted=plant.kind,
        )

    @cached_property
    def _labeled_units(self) -> Features:
        return unit(self._run.folder.features()[self._project.splits.labeled])

    def _row(self, image: int) -> int:
        row = int(np.searchsorted(self._pool.ids, image))
        if row == len(self._pool.ids) or self._pool.ids[row] != image:
            raise InputError(f"Image {image} is not in the pool of this project.")
        return row

    def _cards(self, rows: Ids, ranks: NDArray[np.int64], total: int, state: LabelState) -> list[Card]:
        ids, scores = self._pool.ids[rows], self._pool.scores
        probs = probabilities(np.asarray(self._run.folder.logits()[ids]), self._pool.temperature)
        best = top_classes(probs, 3)
        cards = []
        for place, (row, image) in enumerate(zip(rows.tolist(), ids.tolist(), strict=True)):
            top = [(int(c), float(probs[place, c])) for c in best[place]]
            verdict = Verdict(int(state.verdict[image]))
            rank = int(ranks[place])
            cards.append(
                Card(
                    id=image,
                    rank=rank,
                    name=base_name(str(self._project.images.names[image])),
                    suggestion=int(scores.pseudo_labels[row]),
                    confidence=float(scores.confidence[row]),
                    entropy=float(scores.entropy[row]),
                    margin=float(scores.margin[row]),
                    top=top,
                    verdict="" if verdict is Verdict.UNDECIDED else verdict.name.lower(),
                    label=int(state.label[image]) if state.label[image] >= 0 else None,
                    why=self._why(row, rank, total, top),
                )
            )
        return cards

    def _why(self, row: int, rank: int, total: int, top: list[tuple[int, float]]) -> str:
        names = self._project.class_names
        place = f"rank {rank + 1:,} of {total:,}" if rank >= 0 else "not in this queue"
        words = self._words(float(self._pool.scores.entropy[row]), place, top)
        before = self.queues.parent_labels
        if before is not None and before[row] != self._pool.scores.pseudo_labels[row]:
            words += f" · was {names[int(before[row])]} in {self._run.record.parent}"
        return words

    def _words(self, entropy: float, place: str, top: list[tuple[int, float]]) -> str:
        names = self._project.class_names
        best = " / ".join(f"{names[label]} {share:.2f}" for label, share in top[:2])
        return f"entropy {entropy:.2f} bits · {place} · {best}"
