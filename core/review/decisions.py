"""Decision service: checks commands against what was shown, then writes them to the log.

A command names the image, the run and the suggestion that was shown. A stale command is refused and never applied to
something else.
"""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.base.errors import DecisionError, WinnowError, not_in_pool, unknown_name
from core.base.types import REMARKS, UNDO, UNKNOWN, VERDICTS, Command
from core.curation.replay import ABOUT_GIVEN, CALIBRATE, PLANTED, latest_live, live_decisions
from core.data.hidden.hidden_images import HiddenImages
from core.review.bulk import is_bulk, logged_params, resolve_bulk
from core.review.decision_history import DecisionHistory, GivenHistory
from core.review.run_review import RunReview
from core.store.decision_log import NewDecision
from core.workspace.model_versions import forget_versions
from core.workspace.workspace import LABEL_ISSUES, Workspace

_CORRECTIONS = ("relabel", "none")
"""Verdicts about a given label under a run; to accept what it suggests would flatter its test accuracy."""


@dataclass(frozen=True)
class Outcome:
    """Result of one command."""

    command_id: str
    status: str  # "saved" or "refused"
    decision: int | None = None  # id of the decision in the log
    reason: str = ""  # why it was refused, a sentence


class DecisionService(DecisionHistory):
    """Write side of a project's decision log; safe to use from several threads."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._reviews: dict[str, RunReview] = {}
        self._counted_as: tuple[dict[int, int], HiddenImages] = {}, workspace.hidden

    def review(self, run_id: str) -> RunReview:
        """Return what the review page shows of one finished run, computed once."""
        if self._workspace.scores_key(run_id) not in self._reviews:
            self._workspace.scores(run_id)  # may fit a version again: decisions do not wait for that
        with self._lock:
            now = dict(self._workspace.classes.merged), self._workspace.hidden
            if now != self._counted_as:
                self._reviews, self._counted_as = {}, now  # what was suggested as a merged class counts as the other
            if (key := self._workspace.scores_key(run_id)) not in self._reviews:
                self._reviews[key] = RunReview(self._workspace, run_id, self.history(run_id))
                forget_versions(self._reviews)
            return self._reviews[key]

    def history(self, run_id: str) -> DecisionHistory:
        """Return the decisions that the review of a run reads: about the pool, or about given labels."""
        return GivenHistory(self) if run_id == LABEL_ISSUES else self

    def execute(self, commands: Sequence[Command]) -> list[Outcome]:
        """Record a batch of commands; saved ones are on disk on return.

        Args:
            commands: In the order in which they were given. A command sent again changes nothing.

        Returns:
            One outcome for each command, saved or refused with the reason.

        Raises:
            DataError: The log cannot be written; no decision of the batch was stored.
        """
        with self._lock:
            self._follow()
            waiting: list[NewDecision] = []
            refused: dict[str, str] = {}
            for sent in commands:
                try:
                    command = sent.checked()
                except WinnowError as error:
                    refused[sent.command_id] = str(error)
                    continue
                if command.command_id in self._by_command or any(n.command_id == command.command_id for n in waiting):
                    continue
                if command.verdict in (UNDO, *REMARKS) or is_bulk(command):  # these depend on the batch so far
                    self._append(waiting)
                    waiting = []
                try:
                    waiting.append(self._decision(command))
                except WinnowError as error:
                    refused[command.command_id] = str(error)
            self._append(waiting)
            return [self._outcome(command.command_id, refused) for command in commands]

    def note(self, image: int, text: str, reviewer: str = "me") -> Outcome:
        """Write a note at an image, in the place of the one that is there.

        Args:
            image: Any image of the project.
            text: Up to 1,000 characters; empty: the note goes.
            reviewer: Who writes it.

        Returns:
            Whether it was saved, or why it was refused.
        """
        known = self.remarks().notes.get(image)
        params = {"text": text, **({} if known is None else {"seen": known.id})}
        return self.execute([Command(str(uuid.uuid4()), "note", "", reviewer, image, params=params)])[0]

    def flag(self, image: int, reviewer: str = "me", *, is_on: bool = True) -> Outcome:
        """Flag an image for a colleague, or take its flag away.

        Args:
            image: Any image of the project.
            reviewer: Who flags it.
            is_on: False takes the flag away.

        Returns:
            Whether it was saved, or why it was refused.
        """
        kind = "flag" if is_on else "unflag"
        return self.execute([Command(str(uuid.uuid4()), kind, "", reviewer, image)])[0]

    def _append(self, new: Sequence[NewDecision]) -> None:
        if new:
            self._log.append(new)
            self._follow()
            self._copies.keep()

    def _follow_given(self) -> None:
        before = self._workspace.images
        super()._follow_given()
        if self._workspace.images is not before:  # what was computed of a run may rest on labels that changed
            kept = self._workspace.scores_key(LABEL_ISSUES)
            self._reviews = {key: review for key, review in self._reviews.items() if key == kept}

    def _outcome(self, command_id: str, refused: dict[str, str]) -> Outcome:
        if command_id in refused:
            return Outcome(command_id, "refused", reason=refused[command_id])
        return Outcome(command_id, "saved", self._by_command[command_id])

    def _decision(self, command: Command) -> NewDecision:
        if command.verdict == UNDO:
            return self._undo(command)
        if command.verdict in REMARKS:
            return self._remark(command)
        if command.verdict not in VERDICTS:
            raise unknown_name("verdict", command.verdict, VERDICTS, DecisionError)
        if is_bulk(command):
            if command.verdict == "relabel":
                self._known(command.label)
            state = self.history(command.run_id).state()
            bulk = resolve_bulk(command, self.review(command.run_id).queues, state)
            label = command.label if command.verdict == "relabel" else None
            params = logged_params(command) | self._about_given(command)
            return NewDecision(**_common(command, params), label=label, bulk=bulk)
        if PLANTED in command.params:
            return self._check_answer(command)
        if CALIBRATE in (command.params.get("ranking"), command.params.get("queue")):
            return self._calibration_answer(command)
        return self._single(command)

    def _single(self, command: Command) -> NewDecision:
        pool = self._workspace.scores(command.run_id)
        row = pool.row_of(command.image_id)
        is_given = row is None and self._workspace.is_given(command.image_id)
        if is_given and command.image_id is not None:
            if command.verdict not in _CORRECTIONS:
                raise DecisionError(
                    f"The label of image {command.image_id} was given, and this run was trained or is measured on it: "
                    "give the right class (relabel) or none, or review it as run label_issues."
                )
            pool, row = self._workspace.given_scores(command.run_id, [command.image_id]), 0
        if row is None:
            if refusal := self._workspace.hidden.refusal(command.image_id):
                raise DecisionError(refusal)
            raise not_in_pool(command.image_id, DecisionError)
        suggestion = int(pool.scores.pseudo_labels[row]) if pool.has_suggestions else UNKNOWN
        if command.suggestion != suggestion:
            raise DecisionError(
                f"Image {command.image_id} is no longer suggested as what you saw: look at it again and decide."
            )
        params = dict(command.params)
        if not is_given:
            params = self.review(command.run_id).queues.random.logged_params(row, command.params)
        return NewDecision(
            **_common(command, params | self._about_given(command, is_given=is_given)),
            image_id=command.image_id,
            suggestion=suggestion if pool.has_suggestions else None,
            label=self._label(command, suggestion),
            score=float(pool.scores.confidence[row]),
        )

    def _about_given(self, command: Command, *, is_given: bool = False) -> dict[str, Any]:
        """Mark a decision about given labels, with the label as it was given."""
        if command.run_id != LABEL_ISSUES and not is_given:
            return {}
        image = command.image_id
        given = {} if image is None else {"given": int(self._workspace.given_labels[image])}
        return {ABOUT_GIVEN: True, **given}

    def _check_answer(self, command: Command) -> NewDecision:
        """Decision from an answer to an attention check."""
        params = self.review(command.run_id).checks.logged_params(command, self._decisions)
        label = self._label(command, self._known(command.suggestion))
        facts = _common(command, params)
        return NewDecision(**facts, image_id=command.image_id, suggestion=command.suggestion, label=label)

    def _calibration_answer(self, command: Command) -> NewDecision:
        """Decision from a blind answer about a drawn image; the suggestion was hidden and is not stored."""
        draw = self.draw()
        rank = -1 if draw is None else next((r for r, i in enumerate(draw.asked.tolist()) if i == command.image_id), -1)
        if draw is None or rank < 0:
            raise DecisionError(f"Image {command.image_id} was not drawn for calibration: answer the drawn images.")
        if refusal := self._workspace.hidden.refusal(command.image_id):
            raise DecisionError(refusal)
        if command.verdict not in ("relabel", "none", "unsure", "skip"):
            raise DecisionError("A calibration image is answered with its class, none, unsure or skip.")
        facts = {"draw": draw.number, "rank": rank, "of": draw.population, "probability": draw.num / draw.population}
        params = {**command.params, "ranking": CALIBRATE, "queue": CALIBRATE, **facts}
        return NewDecision(**_common(command, params), image_id=command.image_id, label=self._label(command, UNKNOWN))

    def _label(self, command: Command, suggestion: int) -> int | None:
        if command.verdict == "accept":
            return self._suggested(suggestion)
        if command.verdict == "reject":
            return self._suggested(suggestion) if command.label is None else self._known(command.label)
        if command.verdict == "relabel":
            return self._known(command.label)
        return None

    def _suggested(self, suggestion: int) -> int:
        if suggestion == UNKNOWN:
            raise DecisionError("There is no suggestion to accept or reject yet: give the image a class.")
        return suggestion

    def _known(self, label: int | None) -> int:
        num_classes = len(self._workspace.images.class_names)
        if not num_classes:
            raise DecisionError("This project has no class yet: name one first.")
        if label is None or not 0 <= label < num_classes:
            raise DecisionError(f"{label} is no class of this project: choose 0 to {num_classes - 1}.")
        return label

    def _remark(self, command: Command) -> NewDecision:
        """Line of a note, a flag, or the removal of a flag; it decides nothing."""
        image = -1 if command.image_id is None else command.image_id
        if not 0 <= image < len(self._workspace.images.labels):
            raise DecisionError(f"There is no image {image} in this project.")
        other = self._remarks.notes.get(image)
        is_unseen = other is not None and other.reviewer != command.reviewer and other.id != command.params.get("seen")
        if command.verdict == "note" and is_unseen and other is not None:
            raise DecisionError(
                f"{other.reviewer} has written a note at image {image} meanwhile: “{other.text}”. Read it, then write "
                "yours again."
            )
        return NewDecision(**_common(command, command.params), image_id=image)

    def _undo(self, command: Command) -> NewDecision:
        lines = self.with_remarks()
        if command.undo_of is not None:
            named = next((decision for decision in lines if decision.id == command.undo_of), None)
            if named is None:
                raise DecisionError(f"There is no decision #{command.undo_of} to undo.")
            if named.verdict != UNDO and named not in live_decisions(lines):
                raise DecisionError(f"Decision #{command.undo_of} has already been taken back.")
        else:
            named = latest_live(lines, command.reviewer)
            if named is None:
                raise DecisionError("There is nothing left to undo.")
        return NewDecision(**_common(command, command.params), image_id=named.image_id, undo_of=named.id)


def _common(command: Command, params: Any) -> dict[str, Any]:
    """Fields that every decision has, with its logged params."""
    names = ("command_id", "reviewer", "run_id", "verdict")
    return {**{name: value for name, value in asdict(command).items() if name in names}, "params": params}
