"""Table of a project's runs: names, notes and stars, what changed between runs, deleting and restoring."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from core.base.errors import DataError, InputError, RunError, unknown_name
from core.base.method_settings import settings_read
from core.base.types import LIVE_STATES, Estimate, RunRecord
from core.store.file_lock import hold_lock
from core.store.files import cannot_write, write_json
from core.store.run_folder import TRASH, list_runs
from core.workspace.run import NOTES, Run, RunNotes, unreadable_reason
from core.workspace.workspace import Workspace

LONGEST_NAME, LONGEST_NOTE = 80, 2_000
"""Characters of a run's name and note, at most."""


@dataclass(frozen=True)
class RunRow:
    """One run in the table.

    Attributes:
        run: The run.
        notes: Its name, note and star; empty ones where their file is damaged.
        problem: Sentence that says so; None where all is well.
        compared_with: Id of its parent, else of the run before it; None for the first run.
        changes: Each setting and number of labels that differs from that run, such as "epochs 30 → 60".
        num_labels: Labels that it trained on.
        val_accuracy: Accuracy on the val images, with its 95 % interval; None before any. For a network it is the
            median of the last five evaluations, which is not the luckiest one.
        cross_validated: Accuracy of a head over its labels, where fewer than 50 val images say it; else None.
        val_note: What to do where fewer than 50 val images say the accuracy; else empty.
        seconds: Seconds it took, or has taken so far.
    """

    run: Run
    notes: RunNotes
    problem: str | None
    compared_with: str | None
    changes: tuple[str, ...]
    num_labels: int
    val_accuracy: Estimate | None
    cross_validated: Estimate | None
    val_note: str
    seconds: float


class RunTable:
    """The runs of one project as a table that people edit; made by Project."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._runs = workspace.path / "runs"

    def rows(self) -> list[RunRow]:
        """List the runs that can be read and are not deleted.

        Returns:
            Rows in the order the runs were made.
        """
        runs = self._workspace.runs()
        records = {run.id: run.record for run in runs}
        num_val, rows, before = len(self._workspace.splits.val), [], None
        for run in runs:
            record = records[run.id]
            reference = record.parent if record.parent in records else before
            notes, problem = self._notes(run)
            changes = () if reference is None else changes_between(records[reference], record)
            num_labels = sum(record.num_labels.values())
            val = run.val_accuracy(num_val)
            crossed, problem = self._cross_validated(run, problem)
            few = "" if problem is not None else run.val_note(num_val)
            said = (val, crossed, few, run.status.seconds)
            rows.append(RunRow(run, notes, problem, reference, changes, num_labels, *said))
            before = run.id if run.control is None else before
        return rows

    def rename(self, run_id: str, name: str) -> Run:
        """Give a run a name for people; its id stays.

        Args:
            run_id: The run.
            name: One line of at most 80 characters; empty takes the name away.

        Returns:
            The run.

        Raises:
            InputError: There is no such run, or the name cannot be used.
            DataError: It cannot be stored.
        """
        name = name.strip()
        if len(name) > LONGEST_NAME or not name.isprintable():
            raise InputError(f"A run's name is one line of at most {LONGEST_NAME} characters: shorten it.")
        return self._write(run_id, lambda notes: replace(notes, name=name))

    def note(self, run_id: str, text: str) -> Run:
        """Write a note on a run, in place of the one before.

        Args:
            run_id: The run.
            text: At most 2,000 characters; empty takes the note away.

        Returns:
            The run.

        Raises:
            InputError: There is no such run, or the text is too long.
            DataError: It cannot be stored.
        """
        text = text.strip()
        if len(text) > LONGEST_NOTE or not text.replace("\n", "").replace("\t", "").isprintable():
            raise InputError(f"A run's note is text of at most {LONGEST_NOTE:,} characters: shorten it.")
        return self._write(run_id, lambda notes: replace(notes, note=text))

    def star(self, run_id: str, is_starred: bool = True) -> Run:
        """Mark a run, or take the mark away.

        Args:
            run_id: The run.
            is_starred: Whether it has the star.

        Returns:
            The run.

        Raises:
            InputError: There is no such run.
            DataError: It cannot be stored.
        """
        return self._write(run_id, lambda notes: replace(notes, is_starred=is_starred))

    def delete(self, run_id: str) -> None:
        """Move a run to the project's trash; nothing is lost, and its number is not given to another run.

        The log and exports that name the run still find it.

        Args:
            run_id: The run.

        Raises:
            InputError: There is no such run.
            RunError: It is live, or another run depends on it.
            DataError: It cannot be moved.
        """
        with hold_lock(self._runs / ".lock"):
            run = self._present(run_id)
            if unreadable_reason(run.folder) is None and run.status.state in LIVE_STATES:
                raise RunError(f"{run_id} is {run.status.state}: cancel it before you delete it.")
            for other in self._workspace.runs():
                if other.record.parent == run_id:
                    raise RunError(f"{other.id} follows {run_id}: delete {other.id} first, or keep both.")
                if other.control is not None and other.control.of == run_id:
                    raise RunError(f"{other.id} is a control of {run_id}: delete {other.id} first, or keep both.")
            self._move(run_id, to_trash=True)

    def deleted(self) -> list[Run]:
        """List the deleted runs.

        Returns:
            Runs in the order they were made.
        """
        return [self._workspace.run(f.id) for f in list_runs(self._runs / TRASH) if unreadable_reason(f) is None]

    def restore(self, run_id: str) -> Run:
        """Take a deleted run out of the trash.

        Args:
            run_id: The run.

        Returns:
            The run, as it was.

        Raises:
            InputError: There is no such deleted run.
            RunError: The run that it depends on is deleted, too.
            DataError: It cannot be moved.
        """
        with hold_lock(self._runs / ".lock"):
            names = [folder.id for folder in list_runs(self._runs / TRASH)]
            if run_id not in names:
                raise unknown_name("deleted run", run_id, names)
            run = self._workspace.run(run_id)
            if unreadable_reason(run.folder) is None:
                needed = (run.record.parent, run.control.of if run.control is not None else None)
                for other in [name for name in needed if name in names]:
                    raise RunError(f"{run_id} depends on {other}, which is deleted, too: restore {other} first.")
            self._move(run_id, to_trash=False)
        return self._workspace.run(run_id)

    def _present(self, run_id: str) -> Run:
        known = [folder.id for folder in list_runs(self._runs)]
        if run_id not in known:
            raise unknown_name("run", run_id, known)
        return self._workspace.run(run_id)

    def _move(self, run_id: str, *, to_trash: bool) -> None:
        trash = self._runs / TRASH
        old, new = (self._runs, trash) if to_trash else (trash, self._runs)
        try:
            trash.mkdir(exist_ok=True)
            os.rename(old / run_id, new / run_id)
        except OSError as error:
            raise cannot_write(new / run_id, error) from error

    def _notes(self, run: Run) -> tuple[RunNotes, str | None]:
        try:
            return run.notes, None
        except DataError as error:
            return RunNotes(), str(error)

    def _cross_validated(self, run: Run, problem: str | None) -> tuple[Estimate | None, str | None]:
        try:
            return run.cross_validated, problem
        except DataError as error:
            return None, problem or str(error)

    def _write(self, run_id: str, change: Callable[[RunNotes], RunNotes]) -> Run:
        with hold_lock(self._runs / ".lock"):
            run = self._present(run_id)
            notes = change(run.notes)
            content = {"format": 1, "name": notes.name, "note": notes.note, "star": notes.is_starred}
            write_json(run.folder.path / NOTES, content)
        return run


def changes_between(before: RunRecord, after: RunRecord) -> tuple[str, ...]:
    """Say what differs between two runs: the settings that the later one reads, and the labels by source.

    Args:
        before: Record of the earlier run.
        after: Record of the later run.

    Returns:
        One phrase a difference, such as "epochs 30 → 60" or "+40 accepted"; none where only chance differs.
    """
    config = after.config
    names = settings_read(config.method, config.model)
    old, new = before.config.model_dump(), config.model_dump()
    if before.config.is_network != config.is_network or before.config.is_head != config.is_head:
        found = [f"{before.config.method} {before.config.model_name} → {config.method} {config.model_name}"]
    else:
        found = [f"{name} {_word(old[name])} → {_word(new[name])}" for name in names if old[name] != new[name]]
    for source in dict.fromkeys((*before.num_labels, *after.num_labels)):
        gained = after.num_labels.get(source, 0) - before.num_labels.get(source, 0)
        found += [f"{gained:+,} {re.sub('_', ' ', source)}"] if gained else []
    return tuple(found)


def _word(value: object) -> str:
    return "none" if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)
