"""The decision log as state: what was decided, and what it says now about every image.

State is held in memory and follows the log, so that decisions of other processes are seen too.
"""

import threading
from functools import lru_cache

import numpy as np

from core.base.types import UNDO, BulkSet, Decision, Ids, LabelState, Mask, Verdict
from core.curation.replay import live_decisions, replay, undecided
from core.store.decision_log import DecisionLog
from core.workspace.workspace import Workspace

_OPEN = (Verdict.UNDECIDED, Verdict.SKIP)
_STILL_HIDDEN = (Verdict.UNDECIDED, Verdict.SKIP, Verdict.BULK_ACCEPT)


class DecisionHistory:
    """Read side of a project's decision log; safe to use from several threads."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._log = DecisionLog(workspace.path / "decisions.db")
        self._lock = threading.RLock()
        self._decisions: list[Decision] = []
        self._by_command: dict[str, int] = {}
        self._state = undecided(len(workspace.images.labels))
        self._find_bulk = lru_cache(maxsize=256)(self._log.bulk_set)

    def all(self) -> list[Decision]:
        """The whole log, oldest first."""
        with self._lock:
            self._follow()
            return list(self._decisions)

    def latest(self, limit: int = 20) -> list[Decision]:
        """The latest decisions, newest first."""
        return self.all()[-limit:][::-1]

    def last_id(self) -> int:
        """Id of the last decision, 0 before the first."""
        with self._lock:
            self._follow()
            return self._decisions[-1].id if self._decisions else 0

    def live_ids(self) -> set[int]:
        """Ids of the decisions that no undo has taken back."""
        return {decision.id for decision in live_decisions(self.all())}

    def state(self) -> LabelState:
        """What the log says now about every image."""
        with self._lock:
            self._follow()
            return self._state

    def state_at(self, last: int) -> LabelState:
        """What the log said about every image when `last` was the id of its latest decision."""
        decisions = [decision for decision in self.all() if decision.id <= last]
        return replay(decisions, self._find_bulk, len(self._workspace.images.labels))

    def counts(self) -> dict[str, int]:
        """Pool images per verdict, and those undecided."""
        verdicts = self.state().verdict[self._workspace.splits.pool]
        counts = np.bincount(verdicts, minlength=len(Verdict))
        return {verdict.name.lower(): int(counts[verdict]) for verdict in Verdict}

    def is_open(self) -> Mask:
        """Which images a bulk accept may take, (N,): undecided or skipped ones."""
        return np.isin(self.state().verdict, _OPEN)

    def hidden_calibration(self) -> Ids:
        """Calibration images that nobody has decided one by one: those from which errors may be estimated."""
        ids = self._workspace.splits.calibration
        return ids[np.isin(self.state().verdict[ids], _STILL_HIDDEN)]

    def bulk_set(self, decision: Decision) -> BulkSet:
        """Images and labels that a bulk decision took; DataError where the log has lost them."""
        return self._find_bulk(str(decision.ids_hash))

    def _follow(self) -> None:
        """Read what was appended since the last look, and bring the state up to it."""
        last = self._decisions[-1].id if self._decisions else 0
        new = self._log.rows_after(last)
        if not new:
            return
        self._decisions += new
        self._by_command |= {decision.command_id: decision.id for decision in new}
        if any(decision.verdict == UNDO for decision in new):
            self._state = replay(self._decisions, self._find_bulk, len(self._state.verdict))
        else:
            self._state = replay(new, self._find_bulk, len(self._state.verdict), self._state)
