"""Cards of a review page: query, cards and how they are made, neighbors, and images around a threshold."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.types import UNKNOWN, Ids, Labels, LabelState, Verdict
from core.curation.filters import QueueFilter, base_name
from core.curation.remarks import Remark, Remarks
from core.data.classes.class_names import isolated
from core.review.attention_checks import AttentionCheck
from core.review.random_queues import ETA
from core.scoring.scores import probabilities, top_classes
from core.workspace.pool_index import PoolScores
from core.workspace.run import Run
from core.workspace.workspace import LABEL_ISSUES, Workspace


@dataclass(frozen=True)
class PageQuery:
    """Query of a page: ranking, start, direction and filter; ranks count from 0."""

    ranking: str = "entropy"  # one of QUEUES
    start: int = 0
    count: int = 48
    direction: str = "next"  # next: ranks >= start; previous: ranks < start
    threshold: float = 0.95  # confidence; for border and reject_hunt only
    wanted: QueueFilter = field(default_factory=QueueFilter)
    eta: float = ETA  # share of uniform draws, for mixed only
    reviewer: str = "me"  # attention checks are chosen for this person
    drawn: int | None = None  # last decision when the random queue was drawn; None draws one now
    like: int | None = None  # image that the queue similar compares with
    words: str = ""  # words that it compares with instead


@dataclass(frozen=True)
class Card:
    """One image as the reviewer sees it."""

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
    planted: str = ""  # kind of an attention check, wrong or repeat; its answer must repeat it
    stack: int = -1  # number of its stack of near duplicates, in the queue duplicates only
    before: int = -1  # suggestion of the parent run or version where it was another one
    note: Remark | None = None
    flag: Remark | None = None  # for a colleague


def blind(card: Card, total: int) -> Card:
    """Return a card without anything that the model says, for an answer that it must not influence."""
    why = f"drawn at random · {card.rank + 1:,} of {total:,} · the suggestion is hidden"
    return replace(card, suggestion=UNKNOWN, confidence=0.0, entropy=0.0, margin=0.0, top=[], before=-1, why=why)


def with_remarks(cards: list[Card], remarks: Remarks) -> list[Card]:
    """Return cards with the notes and flags that stand at their images."""
    found = [(card, remarks.notes.get(card.id), remarks.flags.get(card.id)) for card in cards]
    return [replace(card, note=note, flag=flag) if note or flag else card for card, note, flag in found]


@dataclass(frozen=True)
class Counts:
    """Images that a filter matches, and the open ones among them."""

    matching: int
    open: int


@dataclass(frozen=True)
class Page:
    """Cards in order, and the numbers of images in the queue."""

    cards: list[Card]
    total: int  # images in the queue
    matching: int  # images of the queue that the filter shows
    open: int  # undecided or skipped among them
    drawn: int | None = None  # of a random queue; the next page needs it
    like: str = ""  # of the queue similar: file name of the image that it compares with


@dataclass(frozen=True)
class Neighbor:
    """A labeled image and its similarity to another image."""

    id: int
    label: int
    similarity: float  # cosine of the features, [-1, 1]


@dataclass(frozen=True)
class Border:
    """Images nearest to a threshold, and neighboring thresholds from loose to strict."""

    steps: list[dict[str, Any]]
    here: int  # position of the threshold itself among the steps
    kept: list[Card]
    left: list[Card]


class CardMaker:
    """Makes the cards of one run.

    Args:
        workspace: The project.
        run: The run; its predictions are kept.
        pool: Its scores.
        parent_labels: Returns what the parent run suggests for each row; None where it has none.
    """

    def __init__(
        self, workspace: Workspace, run: Run, pool: PoolScores, parent_labels: Callable[[], Labels | None]
    ) -> None:
        self._workspace, self._run, self._pool, self._parent_labels = workspace, run, pool, parent_labels

    def cards(self, rows: Ids, ranks: NDArray[np.int64], total: int, state: LabelState) -> list[Card]:
        """Make the cards of some rows of the pool.

        Args:
            rows: Rows of the pool.
            ranks: Rank of each in the queue, -1 where the queue does not show it.
            total: Images in the queue.
            state: Verdict and label of every image.

        Returns:
            A card for each row, in their order.
        """
        ids, scores = self._pool.ids[rows], self._pool.scores
        probs = probabilities(np.asarray(self._run.folder.logits()[ids]), self._pool.temperature)
        best = top_classes(probs, min(3, probs.shape[1]))
        is_taught = self._pool.has_suggestions
        cards = []
        for place, (row, image) in enumerate(zip(rows.tolist(), ids.tolist(), strict=True)):
            top = [(int(c), float(probs[place, c])) for c in best[place]] if is_taught else []
            verdict = Verdict(int(state.verdict[image]))
            rank = int(ranks[place])
            cards.append(
                Card(
                    id=image,
                    rank=rank,
                    name=self.name(image),
                    suggestion=int(scores.pseudo_labels[row]) if is_taught else UNKNOWN,
                    confidence=float(scores.confidence[row]),
                    entropy=float(scores.entropy[row]),
                    margin=float(scores.margin[row]),
                    top=top,
                    verdict="" if verdict is Verdict.UNDECIDED else verdict.name.lower(),
                    label=int(state.label[image]) if state.label[image] >= 0 else None,
                    why=self._why(row, rank, total, top),
                    before=self._before(row),
                )
            )
        return cards

    def check_card(self, check: AttentionCheck, before: Card) -> Card:
        """Turn an attention check into a card.

        Args:
            check: The check.
            before: The card before it, whose numbers it takes.
        """
        logits = np.asarray(self._run.folder.logits()[check.image])
        others = [int(c) for c in np.argsort(-logits, kind="stable") if c != check.suggestion]
        labels = [check.suggestion, *others][: len(before.top)]
        top = [(label, share) for label, (_, share) in zip(labels, before.top, strict=True)]
        return replace(
            before,
            id=check.image,
            name=self.name(check.image),
            suggestion=check.suggestion,
            top=top,
            verdict="",
            label=None,
            why=self._description(before.entropy, before.why.split(" · ")[1], top),
            planted=check.kind,
        )

    def name(self, image: int) -> str:
        """Return the file name of an image, without its folder."""
        return base_name(str(self._workspace.images.names[image]))

    def _why(self, row: int, rank: int, total: int, top: list[tuple[int, float]]) -> str:
        names = self._workspace.images.class_names
        place = f"rank {rank + 1:,} of {total:,}" if rank >= 0 else "not in this queue"
        words = self._description(float(self._pool.scores.entropy[row]), place, top)
        if (before := self._before(row)) != UNKNOWN:
            of_given = self._run.id == LABEL_ISSUES
            words += f" · {'given' if of_given else 'was'} {isolated(names[before])}"
            words += "" if of_given else f" in {self._run.record.parent}"
        return words

    def _before(self, row: int) -> int:
        before = self._parent_labels()
        if not self._pool.has_suggestions or before is None or before[row] == self._pool.scores.pseudo_labels[row]:
            return UNKNOWN
        return int(before[row])

    def _description(self, entropy: float, place: str, top: list[tuple[int, float]]) -> str:
        names = self._workspace.images.class_names
        if not top:
            return f"no suggestion yet · {place}"
        best = " / ".join(f"{isolated(names[label])} {share:.2f}" for label, share in top[:2])
        return f"entropy {entropy:.2f} bits · {place} · {best}"
