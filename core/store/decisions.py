"""The decision log: append-only, idempotent by command id, on disk before it answers."""

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Row, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError

from core.base.errors import DataError
from core.base.records import BulkSet, Decision, Ids, Labels
from core.store.database import database_error, decisions, id_sets, open_database


@dataclass(frozen=True)
class NewDecision:
    """A decision before the log has numbered and dated it; bulk holds the images of a bulk decision."""

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
    """The log in one SQLite file. Several processes may use it at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine = open_database(path)

    def append(self, new: Sequence[NewDecision]) -> list[Decision]:
        """Store a batch in one transaction, durably; a command id already stored answers with the line it made."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        try:
            with self._engine.begin() as connection:
                for decision in new:
                    if decision.bulk is not None:
                        row = {
                            "hash": ids_digest(decision.bulk.ids, decision.bulk.labels),
                            "data": _pack(decision.bulk),
                        }
                        connection.execute(insert(id_sets).values(row).on_conflict_do_nothing())
                if new:
                    rows = [_row(decision, time) for decision in new]
                    connection.execute(insert(decisions).on_conflict_do_nothing(), rows)
                names = [decision.command_id for decision in new]
                found = connection.execute(select(decisions).where(decisions.c.command_id.in_(names))).all()
        except DBAPIError as error:
            raise database_error(self._path, error) from error
        stored = {row.command_id: _decision(row) for row in found}
        return [stored[name] for name in names]

    def rows_after(self, last: int) -> list[Decision]:
        """Everything stored after the decision with that id, in order."""
        return self._read(select(decisions).where(decisions.c.id > last).order_by(decisions.c.id))

    def history(self, limit: int, image_id: int | None = None) -> list[Decision]:
        """The latest decisions, newest first; of one image where it is named."""
        query = select(decisions).order_by(decisions.c.id.desc()).limit(limit)
        return self._read(query if image_id is None else query.where(decisions.c.image_id == image_id))

    def bulk_set(self, ids_hash: str) -> BulkSet:
        """The images of a bulk decision; DataError where the list does not match its hash."""
        with self._engine.connect() as connection:
            data = connection.execute(select(id_sets.c.data).where(id_sets.c.hash == ids_hash)).scalar_one_or_none()
        bulk = _unpack(data) if data is not None else None
        if bulk is None or ids_digest(bulk.ids, bulk.labels) != ids_hash:
            raise DataError(f"{self._path} has lost the images of a bulk decision: restore the file from a copy.")
        return bulk

    def _read(self, query: Any) -> list[Decision]:
        try:
            with self._engine.connect() as connection:
                return [_decision(row) for row in connection.execute(query)]
        except DBAPIError as error:
            raise database_error(self._path, error) from error


def ids_digest(ids: Ids, labels: Labels) -> str:
    """sha256 of the images of a bulk decision and their labels."""
    return hashlib.sha256(ids.astype("<i8").tobytes() + labels.astype("<i8").tobytes()).hexdigest()


def _row(decision: NewDecision, time: str) -> dict[str, Any]:
    row = {name: value for name, value in asdict(decision).items() if name != "bulk"}
    bulk = decision.bulk
    return row | {
        "time": time,
        "params": json.dumps(dict(decision.params), sort_keys=True),
        "num_images": 1 if bulk is None else len(bulk.ids),
        "ids_hash": None if bulk is None else ids_digest(bulk.ids, bulk.labels),
    }


def _decision(row: Row[Any]) -> Decision:
    return Decision(**{**row._mapping, "params": json.loads(row.params)})


def _pack(bulk: BulkSet) -> bytes:
    steps = np.diff(bulk.ids, prepend=0).astype("<i8")
    return zlib.compress(steps.tobytes() + bulk.labels.astype("<i8").tobytes(), level=1)


def _unpack(data: bytes) -> BulkSet:
    both = np.frombuffer(zlib.decompress(data), dtype="<i8").reshape(2, -1)
    return BulkSet(np.cumsum(both[0]), both[1].astype(np.int64))
