"""Log of hidden images: each hiding, each showing again and each undo is one line of a file that only grows."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import DataError
from core.base.types import Ids
from core.store.jsonl import append_line, read_lines, taken_back

FILE = "hidden_images.jsonl"
"""Log in the project folder; a run freezes a copy in its own folder when it is prepared."""
HIDE, SHOW, UNDO = "hide", "show", "undo"
KINDS = (HIDE, SHOW, UNDO)


@dataclass(frozen=True)
class HiddenChange:
    """One line of the log.

    Attributes:
        id: Its number, from 1.
        kind: hide, show or undo.
        ids: Images that it hides or shows, sorted; empty for an undo.
        reason: Why, a short text; empty unless it hides.
        reviewer: Who did it.
        time: ISO 8601, UTC.
        after: Id of the last decision before it; model versions of later decisions know it.
        undo_of: The change that an undo takes back; else None.
    """

    id: int
    kind: str
    ids: Ids
    reason: str
    reviewer: str
    time: str
    after: int
    undo_of: int | None = None


def read_changes(folder: Path) -> list[HiddenChange]:
    """Read all changes, oldest first; none where nothing was ever hidden.

    Args:
        folder: Of a project, or of a run that froze the log.

    Raises:
        DataError: A line is damaged, or the file cannot be read.
    """
    file = folder / FILE
    try:
        return [_change(number, line) for number, line in enumerate(read_lines(file, may_be_torn=False), start=1)]
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise DataError(f"{file} is damaged ({error}): restore it from a copy.") from error


def _change(number: int, line: Mapping[str, Any]) -> HiddenChange:
    kind, ids = str(line["kind"]), np.unique(np.array(line.get("ids", []), dtype=np.int64))
    if kind not in KINDS or (len(ids) and ids[0] < 0):
        raise ValueError(f"line {number} is no change of hidden images")
    undo_of = int(line["undo_of"]) if kind == UNDO else None
    facts = str(line.get("reason", "")), str(line["reviewer"]), str(line["time"]), int(line.get("after", 0))
    return HiddenChange(number, kind, ids, *facts, undo_of)


def append_change(folder: Path, kind: str, reviewer: str, after: int, **params: Any) -> None:
    """Append one change; DataError where it cannot be written.

    Args:
        folder: The project folder.
        kind: One of KINDS.
        reviewer: Who did it.
        after: Id of the last decision.
        params: ids and reason of hide, ids of show, undo_of of undo.
    """
    time = datetime.now(UTC).isoformat(timespec="seconds")
    append_line(folder / FILE, {"kind": kind, **params, "reviewer": reviewer, "time": time, "after": after})


def live_changes(changes: Sequence[HiddenChange]) -> list[HiddenChange]:
    """Return the changes that no live undo takes back, without undos, oldest first."""
    void = taken_back((change.id, change.undo_of) for change in changes if change.undo_of is not None)
    return [change for change in changes if change.kind != UNDO and change.id not in void]


def freeze_hidden(project: Path, run: Path) -> None:
    """Copy the log of a project into the folder of a run that begins."""
    if (project / FILE).exists():
        shutil.copyfile(project / FILE, run / FILE)


def copy_without_decisions(project: Path, other: Path) -> None:
    """Write the changes of a project into one with the same images and an empty decision log; all precede its first."""
    for line in read_lines(project / FILE, may_be_torn=False):
        append_line(other / FILE, {**line, "after": 0})


def hidden_version(folder: Path) -> int:
    """Return a number that changes when the log of a folder does; 0 without any."""
    try:
        found = (folder / FILE).stat()
    except FileNotFoundError:
        return 0
    return found.st_mtime_ns + found.st_size
