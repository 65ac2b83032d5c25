"""What the review page shows of one run: cards in the order of a ranking, histograms; quick at a million images."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.records import Decision, Ids, LabelState, Mask, PerImage, Verdict
from core.curate.filters import RANGED, QueueFilter, base_name
from core.curate.histograms import class_histogram, right_wrong_histogram
from core.curate.quality import class_mix
from core.curate.scores import probabilities, top_classes
from core.project.queues import RunQueues

if TYPE_CHECKING:
    from core.project.project import Project

BINS = 1000
SCORES = RANGED


@dataclass(frozen=True)
class PageQuery:
    """Which cards: ranking, where to begin and which way, and a filter. Ranks are positions in the ranking, from 0."""

    ranking: str = "entropy"  # one of RANKINGS, or "border": closest to the threshold first
    start: int = 0
    count: int = 48
    direction: str = "next"  # next: ranks >= start; previous: ranks < start
    threshold: float = 0.95  # confidence; for border only
    wanted: QueueFilter = field(default_factory=QueueFilter)


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


@dataclass(frozen=True)
class Page:
    """Cards in order; total is the pool, matching what the filter leaves of it, open what of that is undecided."""

    cards: list[Card]
    total: int
    matching: int
    open: int


class RunPages:
    """Orders and histograms of one finished run, made when first asked for."""

    def __init__(self, project: "Project", run_id: str, decisions: Callable[[], list[Decision]]) -> None:
        self._project = project
        self._run = project.run(run_id)
        self._pool = project.scores(run_id)
        self.queues = RunQueues(project, run_id, decisions)

    def page(self, query: PageQuery, state: LabelState) -> Page:
        """The cards that a query asks for; InputError for a ranking or filter there is not."""
        query.wanted.check(self._pool.scores.num_classes)
        count = -query.count if query.direction == "previous" else query.count
        ordered = self.queues.order(query.ranking, query.threshold)
        ranks = self.queues.find(query.wanted, query.ranking, query.threshold, query.start, count, state)
        counts = self.queues.counts(query.wanted, state)
        return Page(self._cards(ordered[ranks], ranks, state), len(ordered), counts.matching, counts.open)

    def histogram(self, score: str, is_open: Mask, hidden: Ids) -> dict[str, Any]:
        """Pool images per predicted class and bin, all and those still open; right and wrong calibration items."""
        if score not in SCORES:
            raise InputError(f"There is no score called {score!r}. There are: {', '.join(SCORES)}.")
        scores, ids = self._pool.scores, self._pool.ids
        values: PerImage = getattr(scores, score)
        labels, num_classes = scores.pseudo_labels, scores.num_classes
        high = float(np.log2(num_classes)) if score == "entropy" else 1.0
        still_open, known = is_open[ids], np.isin(ids, hidden, assume_unique=True)
        is_right = labels[known] == self._project.images.labels[ids[known]]
        right, wrong = right_wrong_histogram(values[known], is_right, BINS, 0.0, high)
        opened = class_histogram(values[still_open], labels[still_open], num_classes, BINS, 0.0, high)
        given = self._project.images.labels[self._project.splits.labeled]
        return {
            "score": score,
            "low": 0.0,
            "high": high,
            "bins": BINS,
            "counts": class_histogram(values, labels, num_classes, BINS, 0.0, high).tolist(),
            "undecided": opened.tolist(),
            "right": right.tolist(),
            "wrong": wrong.tolist(),
            "total": len(ids),
            "prior": class_mix(given, num_classes).tolist(),
        }

    def _cards(self, rows: Ids, ranks: NDArray[np.int64], state: LabelState) -> list[Card]:
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
                    why=self._why(row, image, rank, top),
                )
            )
        return cards

    def _why(self, row: int, image: int, rank: int, top: list[tuple[int, float]]) -> str:
        names = self._project.class_names
        parts = [
            f"entropy {self._pool.scores.entropy[row]:.2f} bits",
            f"rank {rank + 1:,} of {len(self._pool.ids):,}",
            " / ".join(f"{names[label]} {share:.2f}" for label, share in top[:2]),
        ]
        before = self.queues.parent_labels
        if before is not None and before[row] != self._pool.scores.pseudo_labels[row]:
            parts.append(f"was {names[int(before[row])]} in {self._run.record.parent}")
        return " · ".join(parts)
