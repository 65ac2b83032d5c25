"""Decision log in memory: all decisions, and the current state of every image.

The memory follows the log, so decisions of other processes are included.
"""

import logging
import sqlite3
import threading
import time
from functools import lru_cache

import numpy as np

from core.base.errors import DataError
from core.base.types import UNDO, BulkSet, Decision, Ids, LabelState, Mask, Verdict
from core.curation.replay import live_decisions, replay, undecided
from core.review.calibration_items import CalibrationItems, split_items
from core.store.decision_log import DecisionLog
from core.store.log_copies import LEAST_AGE, LogMark, keep_copy, log_mark, log_marks, lost_decisions
from core.workspace.workspace import Workspace

_OPEN = (Verdict.UNDECIDED, Verdict.SKIP)
_STILL_HIDDEN = (Verdict.UNDECIDED, Verdict.SKIP, Verdict.BULK_ACCEPT)


class DecisionHistory:
    """Read side of a project's decision log; safe to use from several threads."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.problem = lost_decisions(workspace.path, log_marks(workspace.path))
        """What the log has lost, a sentence; None where it holds what runs, exports and copies saw of it."""
        if self.problem is not None:
            logging.getLogger("winnow").warning(self.problem)
        self._log = DecisionLog(workspace.path / "decisions.db")
        keep_copy(workspace.path)
        self._copied = time.monotonic()
        self._lock = threading.RLock()
        self._decisions: list[Decision] = []
        self._by_command: dict[str, int] = {}
        self._state = undecided(len(workspace.images.labels))
        self._find_bulk = lru_cache(maxsize=256)(self._log.bulk_set)

    def all(self) -> list[Decision]:
        """Return the whole log, oldest first."""
        with self._lock:
            self._follow()
            return list(self._decisions)

    def latest(self, limit: int = 20) -> list[Decision]:
        """Return the latest decisions, newest first."""
        return self.all()[-limit:][::-1]

    def last_id(self) -> int:
        """Return the id of the last decision, 0 before the first."""
        with self._lock:
            self._follow()
            return self._decisions[-1].id if self._decisions else 0

    def live_ids(self) -> set[int]:
        """Return the ids of the decisions that no undo has taken back."""
        return {decision.id for decision in live_decisions(self.all())}

    def state(self) -> LabelState:
        """Return the current verdict, label and decision of every image, (N,) each."""
        with self._lock:
            self._follow()
            return self._state

    def state_at(self, last: int) -> LabelState:
        """Return the state of every image at an earlier time.

        Args:
            last: Id of the latest decision that counts.

        Returns:
            Verdict, label and decision, (N,) each.
        """
        decisions = [decision for decision in self.all() if decision.id <= last]
        return replay(decisions, self._find_bulk, len(self._workspace.images.labels))

    def counts(self) -> dict[str, int]:
        """Count pool images per verdict, undecided ones included."""
        verdicts = self.state().verdict[self._workspace.splits.pool]
        counts = np.bincount(verdicts, minlength=len(Verdict))
        return {verdict.name.lower(): int(counts[verdict]) for verdict in Verdict}

    def is_open(self) -> Mask:
        """Mark undecided and skipped images, which a bulk accept may take, (N,)."""
        return np.isin(self.state().verdict, _OPEN)

    def calibration(self) -> CalibrationItems:
        """Return the calibration images in use, decided or not, with their classes."""
        return split_items(self._workspace.splits, self._workspace.images.labels)

    def hidden_calibration(self) -> Ids:
        """Find calibration images that nobody has decided individually.

        Returns:
            Their ids; only these estimate errors.
        """
        return self.hidden_items().ids

    def hidden_items(self) -> CalibrationItems:
        """Return the images of `hidden_calibration` with their classes."""
        items = self.calibration()
        return items.where(np.isin(self.state().verdict[items.ids], _STILL_HIDDEN))

    def bulk_set(self, decision: Decision) -> BulkSet:
        """Return images and labels of a bulk decision; DataError where they are lost."""
        return self._find_bulk(str(decision.ids_hash))

    def mark(self) -> LogMark:
        """Return the end of the log, for runs and exports to record; DataError where it cannot be read."""
        file = self._workspace.path / "decisions.db"
        try:
            return log_mark(file)
        except sqlite3.Error as error:
            raise DataError(f"{file} cannot be read ({error}). See: winnow doctor {self._workspace.path}") from error

    def _copy_daily(self) -> None:
        """Copy the log once a day beside the decisions, where it is written for long."""
        if time.monotonic() - self._copied > LEAST_AGE:
            self._copied = time.monotonic()
            threading.Thread(
                target=keep_copy, args=(self._workspace.path,), kwargs={"is_daily": True}, daemon=True
            ).start()

    def _follow(self) -> None:
        """Read new decisions from the log and update the state."""
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
