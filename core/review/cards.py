"""What a page of the review shows: its query, its cards, and the images at a threshold."""

from dataclasses import dataclass, field
from typing import Any

from core.curation.filters import QueueFilter
from core.review.random_queues import ETA


@dataclass(frozen=True)
class PageQuery:
    """Which cards: ranking, start, direction and filter. Ranks are positions in the ranking, from 0."""

    ranking: str = "entropy"  # one of QUEUES
    start: int = 0
    count: int = 48
    direction: str = "next"  # next: ranks >= start; previous: ranks < start
    threshold: float = 0.95  # confidence; for border and reject_hunt only
    wanted: QueueFilter = field(default_factory=QueueFilter)
    eta: float = ETA  # share of uniform draws, for mixed only
    reviewer: str = "me"  # who looks: attention checks are chosen for this person
    drawn: int | None = None  # which random queue: the last decision when it was drawn; None draws one now


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
    planted: str = ""  # an attention check: wrong or repeat; its answer must say so


@dataclass(frozen=True)
class Page:
    """Cards in order, and how many images lie behind them."""

    cards: list[Card]
    total: int  # images in the queue
    matching: int  # pool images that the filter lets through
    open: int  # of those, undecided ones
    drawn: int | None = None  # of a random queue: ask for the next page with it


@dataclass(frozen=True)
class Neighbor:
    """A labeled image and how alike it is."""

    id: int
    label: int
    similarity: float  # cosine of the features, [-1, 1]


@dataclass(frozen=True)
class Border:
    """The images nearest to a threshold, and the thresholds one image apart from it (loose to strict)."""

    steps: list[dict[str, Any]]
    here: int  # position of the threshold itself among the steps
    kept: list[Card]
    left: list[Card]
