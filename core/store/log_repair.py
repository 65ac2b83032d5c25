"""Repair of a decision log from its newest whole copy."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.base.errors import DataError
from core.store.database import open_writer
from core.store.files import cannot_write
from core.store.log_copies import FOLDER, copies, copy_log, is_whole, log_mark


@dataclass(frozen=True)
class LogRepair:
    """What a repair did.

    Attributes:
        copy: The copy that was put back.
        kept: Where the log that stood there lies now; None where there was none.
        num_decisions: Decisions of the log now.
        num_merged: Of them, those that only the log that stood there had.
        num_left: Decisions of that log that belong to no run of the project; they are in `kept` alone.
    """

    copy: Path
    kept: Path | None
    num_decisions: int
    num_merged: int
    num_left: int


def repair_log(project: Path, is_ours: Callable[[str], bool]) -> LogRepair:
    """Put the newest whole copy in the place of a log; what the log has beyond it is added where it can be read.

    Args:
        project: Folder of the project; nobody else may write to its log meanwhile.
        is_ours: Whether a run id belongs to the project.

    Returns:
        What was done; the log that stood there is kept under another name.

    Raises:
        DataError: There is no whole copy, or the files cannot be written.
    """
    log = project / "decisions.db"
    copy = next((path for path in copies(project) if is_whole(path)), None)
    if copy is None:
        raise DataError(f"There is no whole copy of the log in {project / FOLDER}: restore the project from a backup.")
    try:
        kept = _set_aside(project, log)
        copy_log(copy, log)
    except (OSError, sqlite3.Error) as error:
        raise cannot_write(log, error if isinstance(error, OSError) else OSError(str(error))) from error
    open_writer(log).dispose()  # brings an older copy up to date
    merged, left = _merge(log, kept, is_ours) if kept is not None and is_whole(kept) else (0, 0)
    return LogRepair(copy, kept, log_mark(log).count, merged, left)


def _set_aside(project: Path, log: Path) -> Path | None:
    """Move the log with its journal to another name."""
    if not log.exists():
        return None
    (project / FOLDER).mkdir(exist_ok=True)
    kept = project / FOLDER / f"before-repair-{datetime.now(UTC):%Y-%m-%dT%H%M%S}.db"
    for end in ("-wal", "-shm", ""):
        part = log.with_name(log.name + end)
        if part.exists():
            os.replace(part, kept.with_name(kept.name + end))
    return kept


def _merge(log: Path, other: Path, is_ours: Callable[[str], bool]) -> tuple[int, int]:
    """Append the decisions that only the other log has; return how many, and how many are not the project's."""
    with closing(sqlite3.connect(log)) as target, closing(sqlite3.connect(other)) as source:
        source.row_factory = sqlite3.Row
        known = {row[0]: row[1] for row in target.execute("SELECT command_id, id FROM decisions")}
        new = [row for row in source.execute("SELECT * FROM decisions ORDER BY id") if row["command_id"] not in known]
        if any(not is_ours(row["run_id"]) for row in new):
            return 0, len(new)
        numbers = {
            row["id"]: known.get(row["command_id"]) for row in source.execute("SELECT id, command_id FROM decisions")
        }
        with target:
            for row in source.execute("SELECT hash, data FROM id_sets"):
                target.execute("INSERT OR IGNORE INTO id_sets (hash, data) VALUES (?, ?)", tuple(row))
            for row in new:
                facts = {name: row[name] for name in row.keys() if name != "id"}  # noqa: SIM118 - not a dict
                facts["undo_of"] = numbers.get(row["undo_of"])
                marks = ", ".join("?" * len(facts))
                found = target.execute(
                    f"INSERT INTO decisions ({', '.join(facts)}) VALUES ({marks})", tuple(facts.values())
                )
                numbers[row["id"]] = found.lastrowid
    return len(new), 0
