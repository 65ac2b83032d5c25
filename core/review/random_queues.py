"""Drawn queues of one run: uniform, mixed with a ranking, typical, or unlike each other.

A drawn queue is named by its kind, its share of uniform draws and `since`, the last decision when it was drawn. From
these it can be drawn again with the same images, so a refresh, a shared link and the estimate use one queue. Its
images are those that were open at that time. The log stores the probability of each image with the decision about it;
core.quality.queue_estimates reads it from there.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from core.base.errors import DecisionError, InputError
from core.base.types import HUMAN_LABELS, Ids, LabelState, Mask
from core.curation.filters import is_open
from core.curation.gradient_diversity import badge_ids, smallest_margins
from core.curation.query_strategies import ACQUISITIONS, AcquisitionInputs, Picks, audit, mixed, typical_ids
from core.review.decision_history import DecisionHistory
from core.scoring.scores import probabilities
from core.workspace.run import Run
from core.workspace.workspace import Workspace

AUDIT, MIXED, DIVERSE, BADGE, MIXED_MARGIN = "audit", "mixed", "diverse", "badge", "mixed_margin"
DRAWN = (AUDIT, MIXED, DIVERSE, BADGE, MIXED_MARGIN)
"""Kinds of drawn queues."""
RANDOM = (AUDIT, MIXED, MIXED_MARGIN)
"""Kinds drawn at random, whose answers allow estimates."""
MIXED_BY = {MIXED: "entropy", MIXED_MARGIN: "margin"}
"""Ranking of the images that a mixed queue does not draw uniformly."""
ETA = 0.3
"""Default share of uniform draws in a mixed queue."""
MOST = 5_000
"""Most images of a drawn queue."""
_MOST_CHOSEN = 500
_MOST_TYPICAL = 100  # each asks for a cluster of its own
_MOST_CLUSTERED = 20_000


@dataclass(frozen=True)
class RandomQueue:
    """Name of a drawn queue: kind, share of uniform draws and time."""

    kind: str  # one of DRAWN
    eta: float  # share of uniform draws, [0.3, 1]; 1 for audit, 0 for diverse and badge
    since: int  # id of the last decision when it was drawn, 0 before the first


class RandomQueues:
    """Drawn queues of one run; each is drawn once."""

    def __init__(self, workspace: Workspace, run: Run, history: DecisionHistory) -> None:
        self._workspace, self._run, self._history = workspace, run, history
        self._pool, self._shown = workspace.whole_scores(run.id), workspace.scores(run.id).ids
        self.picks: Callable[[RandomQueue], Picks] = lru_cache(maxsize=8)(self._draw)
        """Draws a queue: rows of the pool with the images that were hidden since, so that it stays as it was drawn."""
        self._ranks = lru_cache(maxsize=8)(self._ranks_of)

    def named(self, kind: str, eta: float = ETA, since: int | None = None) -> RandomQueue:
        """Return the queue of a kind, drawn at an earlier time or now.

        Args:
            kind: One of DRAWN.
            eta: Share of uniform draws, [0.3, 1]; for mixed and mixed_margin only.
            since: Last decision when it was drawn; None draws one now.

        Raises:
            InputError: The log does not reach that decision.
        """
        last = self._history.last_id()
        if since is not None and not 0 <= since <= last:
            raise InputError(f"The log has {last:,} decisions: no queue can have been drawn after #{since}.")
        share = {AUDIT: 1.0, DIVERSE: 0.0, BADGE: 0.0}.get(kind, eta)
        return RandomQueue(kind, share, last if since is None else since)

    def is_population(self, queue: RandomQueue) -> Mask:
        """Mark the pool rows that could be drawn, (n,): open when it was drawn, and not hidden by then."""
        found = is_open(self._history.state_at(queue.since), self._pool.ids)
        return found & ~np.isin(self._pool.ids, self._workspace.hidden.before(queue.since + 1).ids)

    def shown_rows(self, queue: RandomQueue) -> Ids:
        """Return the rows of a queue in the pool without hidden images, in order."""
        ids = self._pool.ids[self.picks(queue).positions]
        rows: Ids = np.searchsorted(self._shown, ids[np.isin(ids, self._shown)])
        return rows

    def rank(self, queue: RandomQueue, row: int) -> int:
        """Return the rank at which a queue shows a row of the pool without hidden images, -1 if absent."""
        return self._ranks(queue).get(row, -1)

    def logged_params(self, row: int, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the params that the log stores for where an image was shown.

        Args:
            row: Row of the pool, without hidden images.
            params: Ranking, rank and, for a random queue, eta and drawn.

        Returns:
            The params; a random queue adds the probability of the draw and the number of eligible images.

        Raises:
            DecisionError: The queue does not show the image at that rank.
        """
        kind = params.get("ranking")
        if kind not in RANDOM or params.get("rank") == -1:
            return dict(params)
        rank, eta, since = params.get("rank"), params.get("eta", ETA), params.get("drawn")
        is_named = type(rank) is int and type(since) is int and isinstance(eta, int | float)
        queue = self.named(str(kind), float(eta), since) if is_named else None
        if queue is None or self.rank(queue, row) != rank:
            raise DecisionError("This queue does not show the image at that place: load the page again and decide.")
        picks, image = self.picks(queue), self._shown[row]
        (place,) = np.flatnonzero(self._pool.ids[picks.positions] == image)
        return {**params, "eta": queue.eta, "probability": float(picks.probability[place]), "of": picks.num_eligible}

    def _draw(self, queue: RandomQueue) -> Picks:
        is_free = self.is_population(queue)
        if queue.kind == DIVERSE:
            return self._typical(is_free, self._history.state_at(queue.since))
        rng = np.random.default_rng([queue.since, zlib.crc32(self._run.id.encode()), DRAWN.index(queue.kind)])
        if queue.kind == BADGE:
            return self._unlike_each_other(is_free, rng)
        if queue.kind == AUDIT:
            return audit(is_free, MOST, rng)
        nothing = np.zeros(len(is_free), dtype=np.bool_)
        view = AcquisitionInputs(self._pool.scores, is_free, nothing, 0.0, nothing)
        return mixed(ACQUISITIONS[MIXED_BY[queue.kind]](view), is_free, MOST, rng, queue.eta)

    def _typical(self, is_free: Mask, state: LabelState) -> Picks:
        """Choose typical open images (TypiClust) among at most 20,000 of them."""
        labeled = self._workspace.whole_splits.labeled
        rows, rng = np.flatnonzero(is_free), np.random.default_rng(0)
        if len(rows) > _MOST_CLUSTERED:
            rows = np.sort(rng.choice(rows, _MOST_CLUSTERED, replace=False))
        decided = np.flatnonzero(np.isin(state.verdict, HUMAN_LABELS))
        known = np.union1d(labeled, decided)
        ids = np.concatenate([known, self._pool.ids[rows]])
        features = np.asarray(self._run.folder.features()[ids])
        is_known = np.arange(len(ids)) < len(known)
        chosen = typical_ids(features, is_known, ~is_known, _MOST_TYPICAL) - len(known) if len(rows) else rows
        return Picks(rows[chosen], np.ones(len(chosen)), len(rows), is_random=False)

    def _unlike_each_other(self, is_free: Mask, rng: np.random.Generator) -> Picks:
        """Choose uncertain open images that differ (BADGE) among those of the smallest margin."""
        rows = smallest_margins(self._pool.scores.margin, is_free)
        ids = self._pool.ids[rows]
        probs = probabilities(np.asarray(self._run.folder.logits()[ids]), self._pool.temperature)
        chosen = badge_ids(probs, np.asarray(self._run.folder.features()[ids]), _MOST_CHOSEN, rng)
        return Picks(rows[chosen], np.ones(len(chosen)), int(is_free.sum()), is_random=False)

    def _ranks_of(self, queue: RandomQueue) -> dict[int, int]:
        return {row: rank for rank, row in enumerate(self.shown_rows(queue).tolist())}
