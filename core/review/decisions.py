"""The review desk of one project: commands become decisions, decisions become the state that the pages show.

State is held in memory and follows the log, so that what another process decided is seen too. A command names the
image, the run and the suggestion that was on the screen; a stale one is refused, never applied to something else.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from core.base.errors import DecisionError, WinnowError
from core.base.types import (
    UNDO,
    VERDICTS,
    Command,
    Decision,
    Ids,
    LabelState,
    Mask,
    Verdict,
)
from core.curation.replay import PLANTED, latest_live, live_decisions, replay, undecided
from core.review.bulk import BULK, chosen, group, is_group, kept_params
from core.review.run_review import Border, Card, Page, PageQuery, RunPages
from core.store.decision_log import DecisionLog, NewDecision

if TYPE_CHECKING:
    from core.project import Project

_OPEN = (Verdict.UNDECIDED, Verdict.SKIP)
_STILL_HIDDEN = (Verdict.UNDECIDED, Verdict.SKIP, Verdict.BULK_ACCEPT)


@dataclass(frozen=True)
class Outcome:
    """What became of one command."""

    command_id: str
    status: str  # "saved" or "refused"
    decision: int | None = None  # its line in the log
    reason: str = ""  # why it was refused, a sentence


class Desk:
    """One per project; safe to use from several threads."""

    def __init__(self, project: "Project") -> None:
        self._project = project
        self._log = DecisionLog(project.path / "decisions.db")
        self._lock = threading.RLock()
        self._decisions: list[Decision] = []
        self._by_command: dict[str, int] = {}
        self._state = undecided(len(project.images.labels))
        self._find_bulk = lru_cache(maxsize=256)(self._log.bulk_set)
        self._pages: dict[str, RunPages] = {}

    def state(self) -> LabelState:
        """What the log says now about every image."""
        with self._lock:
            self._follow()
            return self._state

    def state_at(self, last: int) -> LabelState:
        """What the log said about every image when `last` was the id of its latest line."""
        lines = [line for line in self.decisions() if line.id <= last]
        return replay(lines, self._find_bulk, len(self._project.images.labels))

    def decisions(self) -> list[Decision]:
        """The whole log, oldest first."""
        with self._lock:
            self._follow()
            return list(self._decisions)

    def history(self, limit: int = 20) -> list[Decision]:
        """The latest decisions, newest first."""
        return self.decisions()[-limit:][::-1]

    def live_ids(self) -> set[int]:
        """Ids of the decisions that no undo has taken back."""
        return {decision.id for decision in live_decisions(self.decisions())}

    def counts(self) -> dict[str, int]:
        """Pool images per verdict, and those undecided."""
        verdicts = self.state().verdict[self._project.splits.pool]
        found = np.bincount(verdicts, minlength=len(Verdict))
        return {verdict.name.lower(): int(found[verdict]) for verdict in Verdict}

    def hidden_calibration(self) -> Ids:
        """Calibration images that nobody has decided one by one: those from which errors may be estimated."""
        ids = self._project.splits.calibration
        return ids[np.isin(self.state().verdict[ids], _STILL_HIDDEN)]

    def is_open(self) -> Mask:
        """Which images a bulk accept may take, (N,): undecided or skipped ones."""
        return np.isin(self.state().verdict, _OPEN)

    def execute(self, commands: Sequence[Command]) -> list[Outcome]:
        """Record a batch; what is saved is on disk when this returns. A command sent again changes nothing."""
        with self._lock:
            self._follow()
            waiting: list[NewDecision] = []
            refused: dict[str, str] = {}
            for command in commands:
                if command.command_id in self._by_command or any(n.command_id == command.command_id for n in waiting):
                    continue
                if command.verdict == UNDO or is_group(command):  # they depend on what the batch has changed so far
                    self._append(waiting)
                    waiting = []
                try:
                    waiting.append(self._decision(command))
                except WinnowError as error:
                    refused[command.command_id] = str(error)
            self._append(waiting)
            return [self._outcome(command.command_id, refused) for command in commands]

    def page(self, run_id: str, query: PageQuery) -> Page:
        """Cards of the pool in the order of a ranking."""
        return self.pages(run_id).page(query, self.state())

    def card(self, run_id: str, image: int, query: PageQuery) -> Card:
        """One image of the pool with its rank in the queue of a query."""
        return self.pages(run_id).card(image, query, self.state())

    def shown(self, run_id: str, image: int, query: PageQuery) -> dict[str, Any]:
        """Where a queue shows an image, as a decision about it carries it; a random queue names the probability."""
        return self.pages(run_id).shown(image, query)

    def count(self, run_id: str, params: Mapping[str, Any]) -> int:
        """How many images a bulk accept with these parameters would take now; it decides nothing."""
        command = Command("count", BULK, run_id, params=params)
        return int(chosen(command, self.pages(run_id).queues, self.state()).sum())

    def histogram(self, run_id: str, score: str) -> dict[str, Any]:
        """Counts per class and bin, from which a browser follows the threshold without asking again."""
        return self.pages(run_id).bins.histogram(score, self.state(), self.hidden_calibration())

    def border(self, run_id: str, score: str, value: float) -> Border:
        """The images on both sides of a cut, and the cuts one image away from it."""
        return self.pages(run_id).border(score, value, self.state(), self.hidden_calibration())

    def per_class(self, run_id: str, labels: list[int]) -> dict[str, Any]:
        """Confidence per bin of the images suggested as each of some classes."""
        return self.pages(run_id).bins.per_class(labels, self.state(), self.hidden_calibration())

    def pages(self, run_id: str) -> RunPages:
        """What the review page shows of one finished run; made once."""
        with self._lock:
            if run_id not in self._pages:
                self._pages[run_id] = RunPages(self._project, run_id, self.decisions)
            return self._pages[run_id]

    def _follow(self) -> None:
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

    def _append(self, new: Sequence[NewDecision]) -> None:
        if new:
            self._log.append(new)
            self._follow()

    def _outcome(self, command_id: str, refused: dict[str, str]) -> Outcome:
        if command_id in refused:
            return Outcome(command_id, "refused", reason=refused[command_id])
        return Outcome(command_id, "saved", self._by_command[command_id])

    def _decision(self, command: Command) -> NewDecision:
        if command.verdict == UNDO:
            return self._undo(command)
        if is_group(command):
            return self._group(command)
        return self._single(command)

    def _single(self, command: Command) -> NewDecision:
        if command.verdict not in VERDICTS:
            raise DecisionError(f"There is no verdict {command.verdict!r}: choose one of {', '.join(VERDICTS)}.")
        if PLANTED in command.params:
            params = self.pages(command.run_id).checks.kept(command, self._decisions)
            label = self._label(command, self._known(command.suggestion))
            facts = {**_common(command), "params": params}
            return NewDecision(**facts, image_id=command.image_id, suggestion=command.suggestion, label=label)
        scores = self._project.scores(command.run_id)
        row = int(np.searchsorted(scores.ids, -1 if command.image_id is None else command.image_id))
        if command.image_id is None or row == len(scores.ids) or scores.ids[row] != command.image_id:
            raise DecisionError(f"Image {command.image_id} is not in the pool of this project.")
        suggestion = int(scores.scores.pseudo_labels[row])
        if command.suggestion != suggestion:
            raise DecisionError(
                f"Image {command.image_id} is no longer suggested as what you saw: look at it again and decide."
            )
        params = self.pages(command.run_id).queues.draws.kept(row, command.params)
        return NewDecision(
            **{**_common(command), "params": params},
            image_id=command.image_id,
            suggestion=suggestion,
            label=self._label(command, suggestion),
            score=float(scores.scores.confidence[row]),
        )

    def _label(self, command: Command, suggestion: int) -> int | None:
        if command.verdict == "accept":
            return suggestion
        if command.verdict == "reject":
            return suggestion if command.label is None else self._known(command.label)
        if command.verdict == "relabel":
            return self._known(command.label)
        return None

    def _known(self, label: int | None) -> int:
        if label is None or not 0 <= label < len(self._project.class_names):
            raise DecisionError(
                f"{label} is no class of this project: choose 0 to {len(self._project.class_names) - 1}."
            )
        return label

    def _group(self, command: Command) -> NewDecision:
        if command.verdict not in VERDICTS:
            raise DecisionError(f"There is no verdict {command.verdict!r}: choose one of {', '.join(VERDICTS)}.")
        if command.verdict == "relabel":
            self._known(command.label)
        bulk = group(command, self.pages(command.run_id).queues, self._state)
        label = command.label if command.verdict == "relabel" else None
        return NewDecision(**{**_common(command), "params": kept_params(command)}, label=label, bulk=bulk)

    def _undo(self, command: Command) -> NewDecision:
        if command.undo_of is not None:
            named = next((decision for decision in self._decisions if decision.id == command.undo_of), None)
            if named is None:
                raise DecisionError(f"There is no decision #{command.undo_of} to undo.")
            if named.verdict != UNDO and named not in live_decisions(self._decisions):
                raise DecisionError(f"Decision #{command.undo_of} has already been taken back.")
            return NewDecision(**_common(command), image_id=named.image_id, undo_of=named.id)
        latest = latest_live(self._decisions, command.reviewer)
        if latest is None:
            raise DecisionError("There is nothing left to undo.")
        return NewDecision(**_common(command), image_id=latest.image_id, undo_of=latest.id)


def _common(command: Command) -> dict[str, Any]:
    names = ("command_id", "reviewer", "run_id", "verdict", "params")
    return {name: value for name, value in asdict(command).items() if name in names}
