"""Decision log: append-only, idempotent by command id, durable before it answers."""

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, Row, Select, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError

from core.base.errors import DataError
from core.base.stored_decisions import stored_decision
from core.base.types import BulkSet, Decision, Ids, Labels
from core.store.database import (
    ReadableCopy,
    database_error,
    decisions,
    id_sets,
    is_writable,
    open_reader,
    open_writer,
    read_only,
)


@dataclass(frozen=True)
class NewDecision:
    """A decision that the log has not yet numbered and dated.

    `bulk` holds the images of a bulk decision.
    """

    command_id: str
    reviewer: str
    run_id: str
    verdict: str
    image_id: int | None = None
    suggestion: int | None = None
    label: int | None = None
    score: float | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    undo_of: int | None = None
    bulk: BulkSet | None = None


class DecisionLog:
    """Decision log in one SQLite file.

    Several threads and processes may use it at once. Where this process may not write, it can be read all the same.

    Args:
        path: The database file; made where it is not there.

    Raises:
        DataError: The file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._copy = None if is_writable(path) else ReadableCopy(path)
        if self._copy is None:
            self._writer = open_writer(path)
            self._own_reader = open_reader(path)

    @property
    def file(self) -> Path:
        """The database file to read; a copy elsewhere where this process may not write to the log."""
        return self._path if self._copy is None else self._copy.current()

    @property
    def _reader(self) -> Engine:
        return self._own_reader if self._copy is None else self._copy.engine()

    def append(self, new: Sequence[NewDecision]) -> list[Decision]:
        """Store a batch of decisions in one transaction, durably.

        A command id that is already stored returns the record that it made.

        Args:
            new: The decisions, in order.

        Returns:
            The stored records, in the same order.

        Raises:
            DataError: No decision of the batch was stored.
        """
        if not new:
            return []
        if self._copy is not None:
            raise read_only(self._path)
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        rows = [_row(decision, time) for decision in new]
        sets = [
            {"hash": row["ids_hash"], "data": _pack(decision.bulk)}
            for row, decision in zip(rows, new, strict=True)
            if decision.bulk is not None
        ]
        try:
            with self._writer.begin() as connection:
                if sets:
                    connection.execute(insert(id_sets).on_conflict_do_nothing(), sets)
                connection.execute(insert(decisions).on_conflict_do_nothing(), rows)
                stored = _stored(connection, [decision.command_id for decision in new])
        except DBAPIError as error:
            raise database_error(self._path, error) from error
        return [stored[decision.command_id] for decision in new]

    def rows_after(self, last: int) -> list[Decision]:
        """Return all decisions after a decision id, in order.

        Args:
            last: Id of the last decision that is already known; 0 for all.
        """
        return self._decisions(select(decisions).where(decisions.c.id > last).order_by(decisions.c.id))

    def history(self, limit: int, image_id: int | None = None) -> list[Decision]:
        """Return the latest decisions, newest first.

        Args:
            limit: Most decisions to return.
            image_id: Only decisions about this image; its bulk decisions are not included.
        """
        query = select(decisions).order_by(decisions.c.id.desc()).limit(limit)
        return self._decisions(query if image_id is None else query.where(decisions.c.image_id == image_id))

    def bulk_set(self, ids_hash: str) -> BulkSet:
        """Return the images of a bulk decision.

        Args:
            ids_hash: The hash that the decision carries.

        Returns:
            Ids and labels.

        Raises:
            DataError: The list is gone or does not match its hash.
        """
        found = self._read(select(id_sets.c.data).where(id_sets.c.hash == ids_hash))
        bulk = _unpack(found[0].data) if found else None
        if bulk is None or ids_digest(bulk.ids, bulk.labels) != ids_hash:
            raise DataError(f"{self._path} has lost the images of a bulk decision: restore the file from a copy.")
        return bulk

    def _decisions(self, query: Select[Any]) -> list[Decision]:
        return [_decision(row) for row in self._read(query)]

    def _read(self, query: Select[Any]) -> Sequence[Row[Any]]:
        try:
            with self._reader.connect() as connection:
                return connection.execute(query).all()
        except DBAPIError as error:
            raise database_error(self._path, error) from error


_MOST_NAMES = 10_000
"""Command ids in one query; SQLite takes 32,766 parameters."""


def _stored(connection: Connection, names: Sequence[str]) -> dict[str, Decision]:
    found: dict[str, Decision] = {}
    for start in range(0, len(names), _MOST_NAMES):
        query = select(decisions).where(decisions.c.command_id.in_(names[start : start + _MOST_NAMES]))
        found |= {row.command_id: _decision(row) for row in connection.execute(query)}
    return found


def ids_digest(ids: Ids, labels: Labels) -> str:
    """Return the sha256 (hex) of a bulk decision's images and labels.

    Args:
        ids: (n,) image ids.
        labels: (n,) label of each.
    """
    return hashlib.sha256(ids.astype("<i8").tobytes() + labels.astype("<i8").tobytes()).hexdigest()


def _row(decision: NewDecision, time: str) -> dict[str, Any]:
    row = {name: value for name, value in vars(decision).items() if name != "bulk"}
    bulk = decision.bulk
    return row | {
        "time": time,
        "params": json.dumps(dict(decision.params), sort_keys=True),
        "num_images": 1 if bulk is None else len(bulk.ids),
        "ids_hash": None if bulk is None else ids_digest(bulk.ids, bulk.labels),
    }


def _decision(row: Row[Any]) -> Decision:
    return stored_decision({str(name): value for name, value in row._mapping.items()})


def _pack(bulk: BulkSet) -> bytes:
    """Compress steps between ids, then labels, as little-endian int64."""
    steps = np.diff(bulk.ids, prepend=0).astype("<i8")
    return zlib.compress(steps.tobytes() + bulk.labels.astype("<i8").tobytes(), level=1)


def _unpack(data: bytes) -> BulkSet | None:
    """Return the images of a packed list, None where the bytes are damaged."""
    try:
        steps, labels = np.frombuffer(zlib.decompress(data), dtype="<i8").reshape(2, -1)
    except (zlib.error, ValueError):
        return None
    return BulkSet(np.cumsum(steps), labels.astype(np.int64))
