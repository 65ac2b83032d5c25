"""Queues of one finished run: order of a ranking, ranks that a filter lets through.

What depends on scores alone is computed once and kept; decisions are looked at only as far as a page needs.
"""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.base.errors import unknown_name
from core.base.types import Ids, Labels, LabelState, Mask
from core.curation.filters import (
    QueueFilter,
    is_open,
    name_mask,
    range_mask,
    runner_ups,
    verdict_mask,
)
from core.curation.query_strategies import AcquisitionInputs, reject_hunt
from core.review.decision_history import DecisionHistory
from core.review.random_queues import AUDIT, DIVERSE, DRAWN, ETA, MIXED, RandomQueue, RandomQueues
from core.scoring.scores import RANKINGS, order
from core.workspace.workspace import Workspace

HUNT = "reject_hunt"
BORDER = "border"
"""The queue that shows what is closest to the threshold first."""
QUEUES: dict[str, str] = {
    "entropy": "highest entropy first",
    "confidence": "lowest confidence first",
    "margin": "smallest margin first",
    "most_confident": "most confident first",
    BORDER: "closest to the threshold first, from either side",
    HUNT: "what the threshold keeps: changed since the parent run first, then the least confident; finds wrong labels, "
    "says nothing about how many there are",
    MIXED: "drawn one by one: with probability eta any open image, else the highest entropy; each probability is "
    "logged, so that the answers estimate accuracy and error",
    AUDIT: "drawn uniformly from the open images; logged in the same way",
    DIVERSE: "TypiClust, for a cold start: the most typical image of the largest cluster with the fewest labels",
}
"""Everything that Review can be ordered by, and what comes first; the drawn ones are drawn from what is open."""
Ranking = str | RandomQueue
Ranks = NDArray[np.int64]
K = TypeVar("K")
V = TypeVar("V")
_KEPT = 6
_FIRST_LOOK = 4096


@dataclass(frozen=True)
class Counts:
    """How much of the pool a filter lets through, and how many of those wait for a decision."""

    matching: int
    open: int


class RunQueues:
    """Orders and filters of one run's pool."""

    def __init__(self, workspace: Workspace, run_id: str, history: DecisionHistory) -> None:
        self._workspace, self._history = workspace, history
        self._run = workspace.run(run_id)
        self.pool = workspace.scores(run_id)
        self._orders: dict[str, Ids] = {}
        self.random = RandomQueues(workspace, run_id, history)
        self._at_threshold: dict[str, tuple[float, Ids]] = {}
        self._fixed: OrderedDict[QueueFilter, Mask] = OrderedDict()
        self._ranks: OrderedDict[tuple[Ranking, float, QueueFilter], Ranks] = OrderedDict()
        self._counted: tuple[QueueFilter, LabelState, Counts] | None = None

    def named(self, name: str, eta: float = ETA, since: int | None = None) -> Ranking:
        """The ranking or queue of that name; a random one without `since` is drawn now."""
        return self.random.named(name, eta, since) if name in DRAWN else name

    def order(self, ranking: Ranking, threshold: float) -> Ids:
        """Rows of the pool in the order of a ranking; InputError for a ranking there is not."""
        if isinstance(ranking, RandomQueue):
            return self.random.picks(ranking).positions
        if ranking in (BORDER, HUNT):
            known = self._at_threshold.get(ranking)
            if known is None or known[0] != threshold:
                made = self._near(threshold) if ranking == BORDER else self._hunted(threshold)
                self._at_threshold[ranking] = known = (threshold, made)
            return known[1]
        if ranking not in RANKINGS:
            raise unknown_name("ranking", ranking, QUEUES)
        if ranking in self.pool.orders:
            return self.pool.orders[ranking]
        if ranking not in self._orders:
            self._orders[ranking] = order(RANKINGS[ranking](self.pool.scores))
        return self._orders[ranking]

    def rank(self, ranking: Ranking, threshold: float, row: int) -> int:
        """Where a row stands in a ranking, from 0; -1 where the queue does not show it."""
        if isinstance(ranking, RandomQueue):
            return self.random.rank(ranking, row)
        places = np.flatnonzero(self.order(ranking, threshold) == row)
        return int(places[0]) if len(places) else -1

    def _near(self, threshold: float) -> Ids:
        doubtful = self.order("confidence", threshold)  # two sorted runs of distances: sorting is a merge
        near = -np.abs(self.pool.scores.confidence[doubtful] - np.float32(threshold))
        return doubtful[order(near)]

    def _hunted(self, threshold: float) -> Ids:
        scores, before = self.pool.scores, self.parent_labels
        is_kept = scores.confidence >= np.float32(threshold)
        has_flipped = np.zeros(len(is_kept), np.bool_) if before is None else before != scores.pseudo_labels
        rows = np.flatnonzero(is_kept)
        return rows[order(reject_hunt(AcquisitionInputs(scores, is_kept, is_kept, threshold, has_flipped))[rows])]

    def find(
        self, wanted: QueueFilter, ranking: Ranking, threshold: float, start: int, count: int, state: LabelState
    ) -> Ranks:
        """Up to count ranks from start on that the filter lets through; with a negative count those before start."""
        ordered = self.order(ranking, threshold)
        ranks = self._fixed_ranks(wanted.fixed, ranking, threshold, ordered)
        place = int(np.searchsorted(ranks, start)) if ranks is not None else min(start, len(ordered))
        size = len(ordered) if ranks is None else len(ranks)
        authors = self._authors(wanted)
        found: list[Ranks] = []
        left, look, step = abs(count), _FIRST_LOOK, 1 if count > 0 else -1
        while left > 0 and (place < size if step > 0 else place > 0):
            begin, end = (place, min(size, place + look)) if step > 0 else (max(0, place - look), place)
            part = np.arange(begin, end) if ranks is None else ranks[begin:end]
            keep = verdict_mask(wanted, state, self.pool.ids[ordered[part]], authors)
            chosen = part if keep is None else part[keep]
            chosen = chosen[:left] if step > 0 else chosen[max(0, len(chosen) - left) :]
            found.append(chosen)
            left -= len(chosen)
            place, look = (end if step > 0 else begin), look * 4
        return np.concatenate(found[::step]) if found else np.empty(0, dtype=np.int64)

    def mask(self, wanted: QueueFilter, state: LabelState) -> Mask:
        """Rows of the pool that the filter lets through, (n,)."""
        fixed = self._fixed_mask(wanted.fixed)
        keep = verdict_mask(wanted, state, self.pool.ids, self._authors(wanted))
        both = [mask for mask in (fixed, keep) if mask is not None]
        return np.logical_and.reduce(both) if both else np.ones(len(self.pool.ids), dtype=np.bool_)

    def counts(self, wanted: QueueFilter, state: LabelState) -> Counts:
        """How many rows the filter lets through, and how many of them are open."""
        known = self._counted
        if known is None or known[0] != wanted or known[1] is not state:
            keep = self.mask(wanted, state)
            counts = Counts(int(np.count_nonzero(keep)), int(np.count_nonzero(keep & is_open(state, self.pool.ids))))
            self._counted = known = (wanted, state, counts)
        return known[2]

    @cached_property
    def prior(self) -> NDArray[np.int64]:
        """Labeled images per class, (K,)."""
        return self._workspace.labeled_counts()

    @cached_property
    def parent_labels(self) -> Labels | None:
        """What the parent run suggests for each row, (n,); None where there is no parent that can be read."""
        parent = self.parent
        return None if parent is None else self._workspace.scores(parent).scores.pseudo_labels

    @cached_property
    def parent(self) -> str | None:
        """The parent run, where its scores can be read."""
        parent = self._run.record.parent
        known = {run.id: run for run in self._workspace.runs()} if parent is not None else {}
        return parent if parent in known and known[parent].has_predictions else None

    def _authors(self, wanted: QueueFilter) -> Ids | None:
        if wanted.reviewer is None:
            return None
        return np.array([d.id for d in self._history.all() if d.reviewer == wanted.reviewer], dtype=np.int64)

    def _fixed_ranks(self, fixed: QueueFilter, ranking: Ranking, threshold: float, ordered: Ids) -> Ranks | None:
        mask = self._fixed_mask(fixed)
        if mask is None:
            return None
        key = (ranking, threshold if ranking in (BORDER, HUNT) else 0.0, fixed)
        return _kept(self._ranks, key, lambda: np.flatnonzero(mask[ordered]))

    def _fixed_mask(self, fixed: QueueFilter) -> Mask | None:
        """None where the filter says nothing about scores, class or name."""
        if fixed == QueueFilter():
            return None
        return _kept(self._fixed, fixed, lambda: self._make_mask(fixed))

    def _make_mask(self, fixed: QueueFilter) -> Mask:
        scores, ids = self.pool.scores, self.pool.ids
        keep = np.ones(len(ids), dtype=np.bool_)
        if fixed.predicted is not None:
            keep &= scores.pseudo_labels == fixed.predicted
        if fixed.range is not None:
            keep &= range_mask(scores, fixed.range)
        if fixed.is_changed:
            before = self.parent_labels
            keep &= before != scores.pseudo_labels if before is not None else np.zeros(len(ids), dtype=np.bool_)
        if fixed.runner_up is not None:  # of the rows that are left: it reads logits
            rows = np.flatnonzero(keep)
            keep[rows] = runner_ups(self._run.folder.logits(), ids[rows]) == fixed.runner_up
        if fixed.text.strip():
            rows = np.flatnonzero(keep)
            keep[rows] = name_mask(self._workspace.images.names, ids[rows], fixed.text)
        return keep


def _kept(kept: OrderedDict[K, V], key: K, make: Callable[[], V]) -> V:
    """What is kept under a key, made where it is missing; the latest few stay. Safe from several threads."""
    found = kept.get(key)
    if found is None:
        found = kept[key] = make()
        while len(kept) > _KEPT:
            with suppress(KeyError):  # another thread was quicker
                kept.popitem(last=False)
    return found
