"""Decision log in memory: all decisions, and the current state of every image.

The memory follows the log, so decisions of other processes are included.
"""

import logging
import sqlite3
import threading
from functools import lru_cache
from operator import attrgetter

import numpy as np

from core.base.errors import DataError
from core.base.types import UNDO, UNKNOWN, BulkSet, Decision, Ids, Labels, LabelState, Mask, Verdict
from core.base.untrusted.stored_decisions import fitting
from core.curation.given_labels import corrected_labels
from core.curation.remarks import Remarks, replay_remarks, without_remarks
from core.curation.replay import is_about_given, live_decisions, replay, undecided
from core.data.calibration_draw import CalibrationDraw, latest_draw
from core.review.calibration_items import (
    CalibrationItems,
    answered_state,
    answered_val,
    answers_to,
    drawn_items,
    split_items,
)
from core.store.decision_log import DecisionLog
from core.store.log_copies import DailyCopies, LogMark, log_mark, log_marks, lost_decisions
from core.workspace.workspace import Workspace

_OPEN = (Verdict.UNDECIDED, Verdict.SKIP)
_HUMAN = (Verdict.ACCEPT, Verdict.RELABEL, Verdict.REJECT)
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
        self._copies = DailyCopies(workspace.path)
        self._lock = threading.RLock()
        self._decisions: list[Decision] = []
        self._remark_rows: list[Decision] = []
        self._remark_ids: set[int] = set()
        self._remarks = Remarks()
        self._by_command: dict[str, int] = {}
        self._state = self._given_state = undecided(len(workspace.images.labels))
        self._answers: tuple[tuple[object, ...], dict[int, int]] = (), {}
        self._find_bulk = lru_cache(maxsize=256)(self._log.bulk_set)

    def all(self) -> list[Decision]:
        """Return all decisions, oldest first."""
        with self._lock:
            self._follow()
            return list(self._decisions)

    def latest(self, limit: int = 20) -> list[Decision]:
        """Return the latest decisions, newest first."""
        return self.all()[-limit:][::-1]

    def with_remarks(self) -> list[Decision]:
        """Return all lines of the log, oldest first: decisions, notes and flags."""
        with self._lock:
            self._follow()
            return sorted([*self._decisions, *self._remark_rows], key=attrgetter("id"))

    def remarks(self) -> Remarks:
        """Return the notes and flags that stand."""
        with self._lock:
            self._follow()
            return self._remarks

    def last_id(self) -> int:
        """Return the id of the last decision, 0 before the first."""
        with self._lock:
            self._follow()
            return self._decisions[-1].id if self._decisions else 0

    def live_ids(self) -> set[int]:
        """Return the ids of the decisions, notes and flags that no undo has taken back."""
        return {line.id for line in live_decisions(self.with_remarks())}

    def state(self) -> LabelState:
        """Return the current verdict, label and decision of every image, (N,) each."""
        with self._lock:
            self._follow()
            return self._workspace.counted_state(self._state)

    def state_at(self, last: int) -> LabelState:
        """Return the state of every image at an earlier time.

        Args:
            last: Id of the latest decision that counts.

        Returns:
            Verdict, label and decision, (N,) each.
        """
        decisions = [decision for decision in self.all() if decision.id <= last]
        state = replay(decisions, self._find_bulk, len(self._workspace.images.labels))
        return self._workspace.counted_state(state, last)

    def given_state(self) -> LabelState:
        """Return the current decision about every given label, (N,) each."""
        with self._lock:
            self._follow()
            return self._workspace.counted_state(self._given_state)

    def given_labels_at(self, last: int) -> Labels:
        """Return the given labels as they stood after a decision.

        Args:
            last: Id of the latest decision that counts.

        Returns:
            (N,) labels, UNKNOWN where not given or withdrawn.
        """
        decisions, given = [decision for decision in self.all() if decision.id <= last], self._workspace.given_labels
        state = replay(decisions, self._find_bulk, len(given), about_given=True)
        return corrected_labels(given, self._workspace.classes.merge_state(state))

    def counts(self) -> dict[str, int]:
        """Count pool images per verdict, undecided ones included."""
        verdicts = self.state().verdict[self._counted()]
        counts = np.bincount(verdicts, minlength=len(Verdict))
        return {verdict.name.lower(): int(counts[verdict]) for verdict in Verdict}

    def _counted(self) -> Ids:
        return self._workspace.splits.pool

    def trained_ids(self) -> Ids:
        """Return the images that train with a label that a person gave: labeled ones and decided ones, sorted."""
        return np.union1d(self._workspace.splits.labeled, np.flatnonzero(np.isin(self.state().verdict, _HUMAN)))

    def is_open(self) -> Mask:
        """Mark undecided and skipped images, which a bulk accept may take, (N,); hidden ones are not open."""
        return np.isin(self.state().verdict, _OPEN) & ~self._workspace.hidden.mask(len(self._state.verdict))

    def calibration(self) -> CalibrationItems:
        """Return the calibration images in use, decided or not, with their classes.

        Those of the latest draw from the pool if answered, else those of the split; of whole groups one image each.
        """
        splits, groups = self._workspace.splits, self._workspace.groups
        own, draw = split_items(splits, self._workspace.images.labels), self.draw()
        if groups is not None:
            own = own.one_per_group(groups.of_image, self.trained_ids())
        if draw is None:
            return own
        is_decided = ~np.isin(self.state().verdict, _STILL_HIDDEN)
        is_decided[self._workspace.hidden.ids] = True
        return drawn_items(draw, self.calibration_answers(), is_decided, own, self._workspace.whole_splits) or own

    def val_items(self, last: int | None = None) -> tuple[Ids, Labels]:
        """Return the val images and their classes; without any in the split those of the draw, once all are answered.

        Args:
            last: Latest decision that counts; None for all.
        """
        splits, draw, hidden = self._workspace.splits, self.draw(), self._workspace.hidden.before(last)
        if len(splits.val) or draw is None or not draw.num_val:
            if last is None:
                return splits.val, np.asarray(self._workspace.images.labels[splits.val])
            given, drawn = self.given_labels_at(last), self._workspace.drawn_splits.val
            kept = drawn[(given[drawn] != UNKNOWN) & ~hidden.mask(len(given))[drawn]]
            return kept, given[kept]
        lines = [d for d in self.all() if last is None or d.id <= last]
        return answered_val(draw, answers_to(draw, lines, self._workspace.classes.merged), hidden.ids)

    def draw(self) -> CalibrationDraw | None:
        """Return the latest draw of calibration images from the pool; None without one."""
        return latest_draw(self._workspace.path)

    def calibration_answers(self) -> dict[int, int]:
        """Return the answers to the latest draw: image → class, UNKNOWN for none of the classes."""
        draw = self.draw()
        if draw is None:
            return {}
        merged = self._workspace.classes.merged
        key = (draw.number, self.last_id(), tuple(merged.items()), (hidden := self._workspace.hidden))
        if self._answers[0] != key:
            answers = answers_to(draw, self.all(), merged)
            self._answers = key, {image: label for image, label in answers.items() if not hidden.change_of(image)}
        return self._answers[1]

    def calibration_state(self) -> LabelState:
        """Return the state of every image with the answers to the latest draw, which train nothing."""
        return answered_state(self.state(), self.calibration_answers())

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
            return log_mark(self._log.file)
        except sqlite3.Error as error:
            raise DataError(f"{file} cannot be read ({error}). See: winnow doctor {self._workspace.path}") from error

    def _follow(self) -> None:
        """Read new decisions from the log and update the state."""
        last = max(rows[-1].id if rows else 0 for rows in (self._decisions, self._remark_rows))
        num, num_classes = len(self._state.verdict), len(self._workspace.images.class_names)
        rows = [fitting(one, num, num_classes, self._workspace.path) for one in self._log.rows_after(last)]
        self._by_command |= {row.command_id: row.id for row in rows}
        new, remarks = without_remarks(rows, self._remark_ids)
        if remarks:
            self._remark_rows += remarks
            self._remarks = replay_remarks(self._remark_rows)
        if not new:
            return
        self._decisions += new
        is_undone = any(decision.verdict == UNDO for decision in new)
        if is_undone:
            self._state = replay(self._decisions, self._find_bulk, num)
        else:
            self._state = replay(new, self._find_bulk, num, self._state)
        if is_undone or any(is_about_given(decision) for decision in new):
            self._follow_given()

    def _follow_given(self) -> None:
        """Replay the decisions about given labels, and let all readers of labels see them."""
        given = self._workspace.given_labels
        if not any(is_about_given(decision) for decision in self._decisions):
            return
        self._given_state = replay(self._decisions, self._find_bulk, len(given), about_given=True)
        state = self._workspace.classes.merge_state(self._given_state)
        self._workspace.correct_labels(corrected_labels(given, state))


class GivenHistory(DecisionHistory):
    """Read side of the decision log for given labels: it passes over decisions about the pool.

    Args:
        history: The decisions of the project.
    """

    def __init__(self, history: DecisionHistory) -> None:
        self._workspace, self._history = history._workspace, history
        self._find_bulk = history._find_bulk

    def all(self) -> list[Decision]:
        """Return the decisions about given labels and all undos, oldest first."""
        return [one for one in self._history.all() if is_about_given(one) or one.undo_of is not None]

    def last_id(self) -> int:
        """Return the id of the last decision of the whole log, 0 before the first."""
        return self._history.last_id()

    def with_remarks(self) -> list[Decision]:
        """Return all lines of the log, oldest first."""
        return self._history.with_remarks()

    def remarks(self) -> Remarks:
        """Return the notes and flags that stand."""
        return self._history.remarks()

    def state(self) -> LabelState:
        """Return the current decision about every given label, (N,) each."""
        return self._history.given_state()

    def state_at(self, last: int) -> LabelState:
        """Return the decisions about given labels at an earlier time; `last` is the latest that counts."""
        decisions = [decision for decision in self._history.all() if decision.id <= last]
        state = replay(decisions, self._find_bulk, len(self._workspace.given_labels), about_given=True)
        return self._workspace.counted_state(state, last)

    def calibration(self) -> CalibrationItems:
        """Return no image: among given labels nothing estimates the error of a selection."""
        items = split_items(self._workspace.drawn_splits, self._workspace.given_labels)
        return items.where(np.zeros(len(items.ids), dtype=np.bool_))

    def calibration_state(self) -> LabelState:
        """Return the state itself: answers to a draw from the pool are not about given labels."""
        return self.state()

    def _counted(self) -> Ids:
        return self._workspace.given_ids()
