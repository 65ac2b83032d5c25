"""Copies of the decision log, and marks by which a lost or overwritten log is noticed."""

import hashlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from core.base.untrusted.json_text import parse_json
from core.store.run_folder import TRASH

KEPT = 5
"""Copies that are kept, each of another day."""
FOLDER = "backups"
MARK = "log_mark.json"
"""File of a run folder that holds the mark of the log that the run was started on."""
LEAST_AGE = 3600.0
"""Seconds after which a copy of the same day is made anew when a project is opened."""
_COLUMNS = "id, command_id, time, reviewer, run_id, verdict, image_id, suggestion, label, params, ids_hash, undo_of"


@dataclass(frozen=True)
class LogMark:
    """The end of a decision log at one moment.

    Attributes:
        last: Id of its last decision, 0 where it was empty.
        count: Its decisions.
        digest: sha256 of the last decision, hex; empty where there was none.
    """

    last: int = 0
    count: int = 0
    digest: str = ""

    @classmethod
    def from_facts(cls, facts: Any) -> Self | None:
        """Read a mark from a JSON object; None where it is none."""
        try:
            return cls(int(facts["last"]), int(facts["count"]), str(facts["digest"]))
        except (KeyError, TypeError, ValueError, OverflowError):  # the last: an infinite number
            return None

    def facts(self) -> dict[str, Any]:
        """Return the mark as a JSON object."""
        return asdict(self)


def log_mark(log: Path) -> LogMark:
    """Return the mark of a log as it stands; sqlite3.Error where it cannot be read."""
    with closing(_opened(log)) as connection:
        row = connection.execute(f"SELECT {_COLUMNS} FROM decisions ORDER BY id DESC LIMIT 1").fetchone()
        if row is None:
            return LogMark()
        count = connection.execute("SELECT COUNT(*) FROM decisions").fetchone()[0]
    return LogMark(int(row[0]), int(count), _digest(row))


def holds(log: Path, mark: LogMark) -> bool:
    """Return whether a log still holds the decisions up to a mark; sqlite3.Error where it cannot be read."""
    if not mark.last:
        return True
    with closing(_opened(log)) as connection:
        row = connection.execute(f"SELECT {_COLUMNS} FROM decisions WHERE id = ?", (mark.last,)).fetchone()
        count = connection.execute("SELECT COUNT(*) FROM decisions WHERE id <= ?", (mark.last,)).fetchone()[0]
    return row is not None and _digest(row) == mark.digest and count == mark.count


def is_whole(log: Path) -> bool:
    """Return whether a file is a decision log that SQLite finds undamaged."""
    try:
        with closing(_opened(log)) as connection:
            return bool(connection.execute("PRAGMA quick_check").fetchone()[0] == "ok") and bool(
                connection.execute("SELECT COUNT(*) FROM decisions").fetchone()
            )
    except sqlite3.Error:
        return False


def copies(project: Path) -> list[Path]:
    """List the automatic copies of a project's log, the newest first."""
    return sorted((project / FOLDER).glob("decisions-????-??-??.db"), reverse=True)


def copy_log(log: Path, target: Path) -> None:
    """Copy a log while others may write to it; the target appears whole.

    Raises:
        sqlite3.Error: The log is damaged.
        OSError: The copy cannot be written.
    """
    draft = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        with closing(_opened(log)) as source, closing(sqlite3.connect(draft)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def keep_copy(project: Path, *, is_daily: bool = False) -> Path | None:
    """Copy the log of a project where it grew since the newest copy; keep the copies of KEPT days.

    A log that lost what the newest copy holds is never copied over it. What cannot be written is passed over.

    Args:
        project: Its folder.
        is_daily: Whether a copy of today is enough, however old.

    Returns:
        The new copy; None where none was made.
    """
    log, known = project / "decisions.db", copies(project)
    target = project / FOLDER / f"decisions-{datetime.now(UTC):%Y-%m-%d}.db"
    with suppress(OSError, sqlite3.Error):
        if known:
            is_today = known[0].name >= target.name
            if is_today and (is_daily or time.time() - known[0].stat().st_mtime < LEAST_AGE):
                return None
            newest = log_mark(known[0])
            if not holds(log, newest) or log_mark(log) == newest:
                return None
        elif not log_mark(log).count:
            return None
        if not is_whole(log):
            return None
        target.parent.mkdir(exist_ok=True)
        copy_log(log, target)
        for old in copies(project)[KEPT:]:
            old.unlink()
        return target
    return None


class DailyCopies:
    """Copies of the log of a project that stays open: one at once, then one a day while it grows.

    Args:
        project: Its folder.
    """

    def __init__(self, project: Path) -> None:
        self._project = project
        keep_copy(project)
        self._copied = time.monotonic()

    def keep(self) -> None:
        """Copy the log, in a thread, where the last look was long ago."""
        if time.monotonic() - self._copied > LEAST_AGE:
            self._copied = time.monotonic()
            threading.Thread(target=keep_copy, args=(self._project,), kwargs={"is_daily": True}, daemon=True).start()


def log_marks(path: Path) -> dict[str, LogMark]:
    """Return the marks of the log that runs, and exports in the project's folder, recorded.

    Args:
        path: Folder of the project.
    """
    runs, deleted = path / "runs", path / "runs" / TRASH
    files = [*runs.glob(f"*/{MARK}"), *deleted.glob(f"*/{MARK}"), *(path / "exports").glob("*/manifest.json")]
    found = {}
    for file in files:
        try:
            content = parse_json(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        mark = LogMark.from_facts(content if file.name == MARK else content.get("log"))
        if mark is not None:
            found[f"{'run' if file.name == 'log_mark.json' else 'export'} {file.parent.name}"] = mark
    return found


def lost_decisions(project: Path, marks: Mapping[str, LogMark]) -> str | None:
    """Say what a log has lost, by the marks that others hold of it.

    Args:
        project: Folder of the project.
        marks: What each of them recorded: name of a run, export or copy → mark.

    Returns:
        A sentence; None where the log holds every mark.
    """
    log = project / "decisions.db"
    found = {copy.name: log_mark(copy) for copy in copies(project)[:1] if is_whole(copy)}
    known = {**marks, **found}
    try:
        lost = {name: mark for name, mark in known.items() if mark.last and not (log.exists() and holds(log, mark))}
        count = log_mark(log).count if log.exists() else 0
    except sqlite3.Error:
        return None  # the log is damaged, which whoever opens it says
    if not lost:
        return None
    name, mark = max(lost.items(), key=lambda item: item[1].count)
    copied = f"The newest copy has {found[next(iter(found))].count:,}" if found else "There is no copy"
    return (
        f"{log} is not the log that it was: {name} saw {mark.count:,} decisions up to #{mark.last}, and it now holds "
        f"{count:,}, without that one. {copied}. See: winnow doctor {project}"
    )


def _opened(log: Path) -> sqlite3.Connection:
    if not log.is_file():
        raise sqlite3.OperationalError(f"unable to open {log}")
    return sqlite3.connect(f"{log.resolve().as_uri()}?mode=ro", uri=True, timeout=15)


def _digest(row: tuple[Any, ...]) -> str:
    return hashlib.sha256(json.dumps(list(row), ensure_ascii=True).encode()).hexdigest()
