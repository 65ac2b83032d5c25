"""Data of a review page: query, cards, neighbors, and images around a threshold."""

from dataclasses import dataclass, field, replace
from typing import Any

from core.base.types import UNKNOWN
from core.curation.filters import QueueFilter
from core.curation.remarks import Remark, Remarks
from core.review.random_queues import ETA


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
    matching: int  # pool images that the filter shows
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
