"""Queues of one finished run: order of rankings, ranks that filters show.

What depends on scores alone is computed once; decisions are read only as far as a page needs.
"""

from collections import OrderedDict
from contextlib import suppress
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.base.errors import WinnowError, unknown_name
from core.base.types import Ids, Labels, LabelState, Mask
from core.base.value_cache import cached_value
from core.curation.filters import QueueFilter, is_open, name_mask, runner_ups, suggestion_mask, verdict_mask
from core.curation.query_strategies import AcquisitionInputs, reject_hunt
from core.curation.replay import CALIBRATE
from core.data.metadata.column_conditions import ASCENDING, DESCENDING, conditions_mask, metadata_order
from core.labels.label_queues import GIVEN_QUEUES, given_order
from core.review.calibration_items import CalibrationQueue, calibration_queue, calibration_rows
from core.review.cards import Counts
from core.review.decision_history import DecisionHistory
from core.review.random_queues import (
    AUDIT,
    BADGE,
    DIVERSE,
    DRAWN,
    ETA,
    MIXED,
    MIXED_MARGIN,
    RandomQueue,
    RandomQueues,
)
from core.scoring.scores import RANKINGS, order
from core.similarity.near_duplicates import NearDuplicates, near_duplicates
from core.similarity.similar_queue import SimilarOrders, SimilarQueue
from core.workspace.image_sets import load_image_set
from core.workspace.run import Run
from core.workspace.workspace import LABEL_ISSUES, Workspace

HUNT = "reject_hunt"
SIMILAR, DUPLICATES = "similar", "duplicates"
BORDER = "border"
"""Queue with the images closest to the threshold first."""
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
    MIXED_MARGIN: "as mixed, but else the smallest margin",
    AUDIT: "drawn uniformly from the open images; logged in the same way",
    DIVERSE: "TypiClust, for a cold start: the most typical image of the largest cluster with the fewest labels",
    BADGE: "BADGE: uncertain images that are unlike each other, among those of the smallest margin",
    CALIBRATE: "random images of the pool, shown without a suggestion; the answers calibrate and train nothing",
    SIMILAR: "most like one image first, by the distance of the run's features; or most like words, by a text tower",
    DUPLICATES: "stacks of near duplicates alone, one after the other, the largest stack first",
    **GIVEN_QUEUES,
}
"""Queues of the review page, with what each shows first; drawn queues hold open images only."""
Ranking = str | RandomQueue | SimilarQueue | CalibrationQueue
Ranks = NDArray[np.int64]
_FIRST_LOOK = 4096
_Counted = tuple[tuple[QueueFilter, tuple[int, ...]], LabelState, Ids | None, tuple[Mask, Mask]]


class RunQueues:
    """Orders and filters of one run's pool."""

    def __init__(self, workspace: Workspace, run: Run, history: DecisionHistory) -> None:
        self._workspace, self._run, self._history = workspace, run, history
        self.pool, self.hidden = workspace.scores(run.id), workspace.hidden
        self._orders: OrderedDict[str, Ids] = OrderedDict()
        self.random = RandomQueues(workspace, run, history)
        self._similar = SimilarOrders(workspace, self._run.folder.features_file, self.pool.ids)
        self._at_threshold: dict[str, tuple[float, Ids]] = {}
        self._fixed: OrderedDict[tuple[QueueFilter, tuple[int, ...]], Mask] = OrderedDict()
        self._ranks: OrderedDict[tuple[Ranking, float, QueueFilter, tuple[int, ...]], Ranks] = OrderedDict()
        self._counted: _Counted | None = None

    def named(
        self, name: str, eta: float = ETA, since: int | None = None, like: int | None = None, words: str = ""
    ) -> Ranking:
        """Return the ranking or queue of a name.

        Args:
            name: One of QUEUES.
            eta: Share of uniform draws, [0.3, 1]; for mixed only.
            since: Last decision when a random queue was drawn; None draws one now.
            like: Image that similar compares with.
            words: Words that it compares with instead.

        Raises:
            InputError: No queue can have been drawn after that decision, or similar has neither image nor words.
        """
        if name == CALIBRATE:
            return calibration_queue(self._history.draw())
        if name == SIMILAR:
            return SimilarQueue.checked(like, words, len(self._workspace.images.labels))
        return self.random.named(name, eta, since) if name in DRAWN else name

    def order(self, ranking: Ranking, threshold: float) -> Ids:
        """Return the pool rows in the order of a ranking.

        Args:
            ranking: A ranking or a random queue.
            threshold: Confidence, [0, 1]; for border and reject_hunt only.

        Raises:
            InputError: There is no such ranking.
        """
        if isinstance(ranking, RandomQueue):
            return self.random.shown_rows(ranking)
        if isinstance(ranking, CalibrationQueue):
            return calibration_rows(self._history.draw(), self.pool.ids)
        if isinstance(ranking, SimilarQueue):
            return self._similar.order(ranking)
        if ranking == DUPLICATES:
            return self._stacked
        if ranking in (BORDER, HUNT):
            known = self._at_threshold.get(ranking)
            if known is None or known[0] != threshold:
                made = self._near(threshold) if ranking == BORDER else self._hunted(threshold)
                self._at_threshold[ranking] = known = (threshold, made)
            return known[1]
        if ranking in self.pool.orders:
            return self.pool.orders[ranking]
        if ranking in GIVEN_QUEUES:
            return cached_value(
                self._orders, ranking, lambda: given_order(self._workspace, self._run.id, ranking, self.pool.ids)
            )
        return cached_value(self._orders, ranking, lambda: self._ordered(ranking))

    def rank(self, ranking: Ranking, threshold: float, row: int) -> int:
        """Return the position of a pool row in a ranking.

        Args:
            ranking: A ranking or a random queue.
            threshold: Confidence, [0, 1]; for border and reject_hunt only.
            row: Row of the pool.

        Returns:
            Position from 0; -1 where the queue does not show the row.
        """
        if isinstance(ranking, RandomQueue):
            return self.random.rank(ranking, row)
        places = np.flatnonzero(self.order(ranking, threshold) == row)
        return int(places[0]) if len(places) else -1

    def _ordered(self, ranking: str) -> Ids:
        if ranking in RANKINGS:
            return order(RANKINGS[ranking](self.pool.scores))
        if not ranking.startswith((ASCENDING, DESCENDING)):
            raise unknown_name("ranking", ranking, (*QUEUES, f"{ASCENDING}COLUMN", f"{DESCENDING}COLUMN"))
        return metadata_order(self._workspace.metadata, ranking, self.pool.ids)

    @cached_property
    def near_duplicates(self) -> NearDuplicates:
        """Stacks of near duplicates in the project."""
        return near_duplicates(self._workspace)

    @cached_property
    def _stacked(self) -> Ids:
        return self.near_duplicates.stacked_rows(self.pool.ids)

    def _near(self, threshold: float) -> Ids:
        uncertain_first = self.order("confidence", threshold)  # distances fall, then rise: sorting merges two runs
        near = -np.abs(self.pool.scores.confidence[uncertain_first] - np.float32(threshold))
        return uncertain_first[order(near)]

    def _hunted(self, threshold: float) -> Ids:
        scores, before = self.pool.scores, self.parent_labels
        is_kept = scores.confidence >= np.float32(threshold)
        has_flipped = np.zeros(len(is_kept), np.bool_) if before is None else before != scores.pseudo_labels
        rows = np.flatnonzero(is_kept)
        return rows[order(reject_hunt(AcquisitionInputs(scores, is_kept, is_kept, threshold, has_flipped))[rows])]

    def find(
        self, wanted: QueueFilter, ranking: Ranking, threshold: float, start: int, count: int, state: LabelState
    ) -> Ranks:
        """Find ranks that a filter shows, from a start onwards or before it.

        Args:
            wanted: The filter.
            ranking: A ranking or a random queue.
            threshold: Confidence, [0, 1]; for border and reject_hunt only.
            start: Rank from which to look.
            count: Most ranks to return; a negative count returns ranks before the start.
            state: The replayed decisions.

        Returns:
            Ranks in ascending order.
        """
        ordered = self.order(ranking, threshold)
        ranks, authors = self._fixed_ranks(wanted.fixed, ranking, threshold, ordered), self._authors(wanted)
        place = int(np.searchsorted(ranks, start)) if ranks is not None else min(start, len(ordered))
        size = len(ordered) if ranks is None else len(ranks)
        remarked = self._remarked(wanted)
        found, left, look, step = list[Ranks](), abs(count), _FIRST_LOOK, 1 if count > 0 else -1
        while left > 0 and (place < size if step > 0 else place > 0):
            begin, end = (place, min(size, place + look)) if step > 0 else (max(0, place - look), place)
            part = np.arange(begin, end) if ranks is None else ranks[begin:end]
            keep = verdict_mask(wanted, state, self.pool.ids[ordered[part]], authors, remarked)
            chosen = part if keep is None else part[keep]
            chosen = chosen[:left] if step > 0 else chosen[max(0, len(chosen) - left) :]
            found.append(chosen)
            left -= len(chosen)
            place, look = (end if step > 0 else begin), look * 4
        return np.concatenate(found[::step]) if found else np.empty(0, dtype=np.int64)

    def mask(self, wanted: QueueFilter, state: LabelState) -> Mask:
        """Mark the pool rows that a filter shows, (n,)."""
        keep = verdict_mask(wanted, state, self.pool.ids, self._authors(wanted), self._remarked(wanted))
        both = [mask for mask in (self._fixed_mask(wanted.fixed), keep) if mask is not None]
        return np.logical_and.reduce(both) if both else np.ones(len(self.pool.ids), dtype=np.bool_)

    def counts(self, wanted: QueueFilter, state: LabelState, ordered: Ids) -> Counts:
        """Count what a filter shows of a queue, the pool or a drawn part of it, and the open rows among these."""
        known, key = self._counted, (wanted, self._members(wanted))
        remarked = self._remarked(wanted)
        if known is None or known[0] != key or known[1] is not state or known[2] is not remarked:
            keep = self.mask(wanted, state)
            self._counted = known = (key, state, remarked, (keep, keep & is_open(state, self.pool.ids)))
        is_part = len(ordered) < len(self.pool.ids)
        matching, waiting = (np.count_nonzero(mask[ordered] if is_part else mask) for mask in known[3])
        return Counts(int(matching), int(waiting))

    @property
    def prior(self) -> NDArray[np.int64]:
        """Labeled images per class, (K,)."""
        return self._workspace.labeled_counts()

    @cached_property
    def parent_labels(self) -> Labels | None:
        """Pseudo-labels of the parent run, (n,); None without a readable parent. Of label_issues: the given labels."""
        if self._run.id == LABEL_ISSUES:
            return self._workspace.given_labels[self.pool.ids]
        parent = self.parent
        return None if parent is None else self._workspace.scores(parent).scores.pseudo_labels

    @cached_property
    def parent(self) -> str | None:
        """The parent run, if its scores can be read."""
        parent = self._run.record.parent
        if parent is None:
            return None
        with suppress(WinnowError):  # it was deleted
            return parent if self._workspace.run(parent).has_predictions else None
        return None

    def _authors(self, wanted: QueueFilter) -> Ids | None:
        if wanted.reviewer is None:
            return None
        return np.array([d.id for d in self._history.all() if d.reviewer == wanted.reviewer], dtype=np.int64)

    def _remarked(self, wanted: QueueFilter) -> Ids | None:
        return self._history.remarks().shown_by(wanted.show)

    def _fixed_ranks(self, fixed: QueueFilter, ranking: Ranking, threshold: float, ordered: Ids) -> Ranks | None:
        mask = self._fixed_mask(fixed)
        if mask is None:
            return None
        key = (ranking, threshold if ranking in (BORDER, HUNT) else 0.0, fixed, self._members(fixed))
        return cached_value(self._ranks, key, lambda: np.flatnonzero(mask[ordered]))

    def _fixed_mask(self, fixed: QueueFilter) -> Mask | None:
        """Mask of the conditions on score, class and name; None without any."""
        if fixed == QueueFilter():
            return None
        return cached_value(self._fixed, (fixed, self._members(fixed)), lambda: self._make_mask(fixed))

    def _members(self, wanted: QueueFilter) -> tuple[int, ...]:
        """Return the classes of the wanted group as it is now; none where the filter asks for no group."""
        return wanted.classes_in_group(self._workspace.classes.members)

    def _make_mask(self, fixed: QueueFilter) -> Mask:
        scores, ids = self.pool.scores, self.pool.ids
        keep = suggestion_mask(scores, fixed, self._members(fixed))
        if fixed.is_changed:
            before = self.parent_labels
            keep &= before != scores.pseudo_labels if before is not None else np.zeros(len(ids), dtype=np.bool_)
        if fixed.runner_up is not None:  # only for the remaining rows, because it reads logits
            rows = np.flatnonzero(keep)
            keep[rows] = runner_ups(self._run.folder.logits(), ids[rows]) == fixed.runner_up
        if fixed.image_set is not None:
            keep &= np.isin(ids, load_image_set(self._workspace.path, fixed.image_set))
        if fixed.is_duplicate:
            keep &= self.near_duplicates.stacks[ids] >= 0
        if fixed.metadata:
            keep &= conditions_mask(self._workspace.metadata, fixed.metadata, ids)
        if fixed.text.strip():
            rows = np.flatnonzero(keep)
            keep[rows] = name_mask(self._workspace.images.names, ids[rows], fixed.text)
        return keep
