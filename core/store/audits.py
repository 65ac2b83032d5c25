"""Audits of a project: what was audited, frozen at the start. The answers themselves are decisions in the log."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.base.errors import DataError, InputError
from core.base.records import Ids, Labels
from core.store.arrays import cannot_read, cannot_write, load_arrays, read_json, save_arrays, write_json


@dataclass(frozen=True)
class AuditRecord:
    """One audit: the accepted set by its hash, the level, and the seed of the draws."""

    audit: str  # "001"
    run_id: str
    rule: str
    params: dict[str, Any]
    size: int
    set_hash: str  # sha256 of ids and labels
    alpha: float
    target: float  # share that shall be right
    seed: int
    created: str  # ISO 8601, UTC


class AuditFolder:
    """The folder audits of a project; one JSON file and one archive of arrays for each audit."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        """All audits, the oldest first."""
        return sorted(file.stem for file in self.path.glob("*.json")) if self.path.is_dir() else []

    def save(self, record: AuditRecord, ids: Ids, labels: Labels, draws: Ids) -> None:
        """Freeze an audit; the record is written last, so that half an audit is none."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(self.path, error) from error
        save_arrays(self.path / f"{record.audit}.npz", {"ids": ids, "labels": labels, "draws": draws})
        write_json(self.path / f"{record.audit}.json", asdict(record))

    def record(self, audit: str) -> AuditRecord:
        """What was frozen; InputError where there is no such audit."""
        if audit not in self.names():
            there = ", ".join(self.names()) or "none yet"
            raise InputError(f"There is no audit called {audit!r}. There are: {there}.")
        file = self.path / f"{audit}.json"
        try:
            return AuditRecord(**read_json(file))
        except TypeError as error:
            raise cannot_read(file, error) from error

    def images(self, audit: str) -> tuple[Ids, Labels, Ids]:
        """Accepted ids (N,) and labels (N,), and the order (N,) in which positions of them are drawn."""
        found = load_arrays(self.path / f"{audit}.npz")
        try:
            return found["ids"], found["labels"], found["draws"]
        except KeyError as error:
            raise DataError(f"{self.path / f'{audit}.npz'} is incomplete: begin another audit.") from error
