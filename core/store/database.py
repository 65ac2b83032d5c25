"""Open and migrate the SQLite database of decisions.

isolation_level None and an explicit BEGIN IMMEDIATE keep two writers from losing each other's updates; WAL lets
readers go on meanwhile; synchronous FULL puts a commit on the disk before it returns.
"""

import os
import shutil
import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import (
    URL,
    Column,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    text,
)
from sqlalchemy.exc import DBAPIError

from core.base.errors import DataError
from core.store.files import has_no_space

metadata = MetaData()
decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("command_id", String, nullable=False, unique=True),
    Column("time", String, nullable=False),
    Column("reviewer", String, nullable=False),
    Column("run_id", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("image_id", Integer, index=True),
    Column("suggestion", Integer),
    Column("label", Integer),
    Column("score", Float),
    Column("params", String, nullable=False),
    Column("num_images", Integer, nullable=False),
    Column("ids_hash", String),
    Column("undo_of", Integer),
    sqlite_autoincrement=True,
)
id_sets = Table(
    "id_sets", metadata, Column("hash", String, primary_key=True), Column("data", LargeBinary, nullable=False)
)

_REPAIR = ". Put the newest copy back: winnow doctor PROJECT --repair"
_CURES = {
    "full": "The disk is full: free some space and try again",
    "readonly": "It is read-only: make the file and its folder writable and try again",
    "locked": "Another process is writing to it: try again in a moment",
    "not a database": f"It is damaged or no decision log, and decisions in it may be lost{_REPAIR}",
    "malformed": f"It is damaged, and decisions in it may be lost{_REPAIR}",
    "unable to open": "Its folder is missing or may not be written: check the project folder",
}


def open_writer(path: Path) -> Engine:
    """Open the database for writing; create or migrate it where needed.

    Args:
        path: The database file.

    Returns:
        An engine whose transactions begin with BEGIN IMMEDIATE.

    Raises:
        DataError: The file cannot be used; the sentence says why.
    """
    with suppress(OSError):  # the umask decides who may write; SQLite alone would keep a group out
        path.touch(mode=0o666)
    engine = _engine(path, _WRITER)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        _upgrade(engine)
    except CommandError as error:
        raise DataError(f"{path} was written by a newer version of Winnow: update Winnow to open it.") from error
    except DBAPIError as error:
        raise database_error(path, error) from error
    return engine


def is_writable(path: Path) -> bool:
    """Return whether this process may write to a database file, and beside it, as SQLite has to."""
    return not path.parent.is_dir() or (
        os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))
    )


def read_only(path: Path) -> DataError:
    """Return the error for a write to a database that this process may only read."""
    return DataError(
        f"{path.parent} can be looked at, but you may not write to it: nothing was saved. Ask its owner for the right "
        f"to write, or work on a copy: cp -r {path.parent} COPY"
    )


class ReadableCopy:
    """Copy of a database that this process may read and not write; it follows the original.

    SQLite has to write beside a database with a journal, even to read it.

    Args:
        path: The database file; it need not be there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        folder = Path(tempfile.mkdtemp(prefix="winnow-log-"))  # 0700: for this person alone
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._seen: tuple[tuple[int, int], ...] | None = None
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._file = folder / path.name

    def current(self) -> Path:
        """Return the copy, made anew where the original has changed; DataError where it cannot be read."""
        self.engine()
        return self._file

    def engine(self) -> Engine:
        """Return an engine that reads the copy as `current` returns it."""
        with self._lock:
            for _ in range(20):
                seen = self._facts()
                if self._engine is not None and seen == self._seen:
                    break
                if self._engine is not None:
                    self._engine.dispose()
                self._copy()
                self._seen = seen
                self._engine = open_reader(self._file)  # and once more, where somebody wrote meanwhile
            assert self._engine is not None
            return self._engine

    def _facts(self) -> tuple[tuple[int, int], ...]:
        files = (self._path, self._path.with_name(f"{self._path.name}-wal"))
        return tuple((f.stat().st_mtime_ns, f.stat().st_size) if f.exists() else (0, 0) for f in files)

    def _copy(self) -> None:
        try:
            for end in ("-shm", "-wal", ""):
                source, copy = (file.with_name(f"{file.name}{end}") for file in (self._path, self._file))
                copy.unlink(missing_ok=True)
                if end != "-shm" and source.exists():
                    shutil.copyfile(source, copy)
        except OSError as error:
            raise DataError(f"{self._path} cannot be read ({error.strerror or error}): check its rights.") from error
        open_writer(self._file).dispose()  # brings it up to date, or makes it


def open_reader(path: Path) -> Engine:
    """Open a database that `open_writer` has prepared, for reading alone.

    A read never waits for a writer.

    Args:
        path: The database file.

    Returns:
        An engine that refuses writes.
    """
    return _engine(path, _READER)


def database_error(path: Path, error: DBAPIError) -> DataError:
    """Return the error for a database that cannot be read or written."""
    reason = str(error.orig)
    if "I/O" in reason and has_no_space(path.parent):
        reason = "the disk is full"
    cure = next(
        (cure for sign, cure in _CURES.items() if sign in reason), "Try again; if it stays so: winnow doctor PROJECT"
    )
    kept = "" if _REPAIR in cure else " No decision that was acknowledged is lost by this."
    return DataError(f"{path} cannot be used ({reason}). {cure}.{kept}")


_BUSY_SECONDS = 15
_WRITER = (f"busy_timeout = {_BUSY_SECONDS * 1000}", "journal_mode = WAL", "synchronous = FULL")
_READER = (f"busy_timeout = {_BUSY_SECONDS * 1000}", "query_only = ON")


def _engine(path: Path, pragmas: tuple[str, ...]) -> Engine:
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            _patiently(partial(connection.execute, f"PRAGMA {pragma}"))

    engine = create_engine(URL.create("sqlite", database=str(path)))
    event.listen(engine, "connect", prepare)
    return engine


def _patiently(call: Callable[[], object]) -> None:
    """Call until no other process holds the file, for up to 15 s.

    SQLite's own timeout is not obeyed while a file turns to WAL, nor while the journal of a killed writer is being
    recovered.
    """
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            call()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _upgrade(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", "core.store:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.execute(text("SELECT 1 FROM decisions LIMIT 1"))
