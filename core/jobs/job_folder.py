"""Folders of simulations and curricula: settings, progress and measured points."""

import csv
import fcntl
import io
import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self, get_args

from core.base.errors import RunError, unknown_name
from core.base.types import LIVE_STATES, RunState
from core.base.untrusted.whole_numbers import parse_whole
from core.store.files import cannot_read, cannot_write, read_json, replace_file, write_json
from core.store.jsonl import append_line, read_lines

FORMAT = 1
PATIENCE = 60.0
"""Seconds after which a live job whose process holds no lock reads as lost."""


@dataclass(frozen=True)
class JobStatus:
    """Progress that the worker process last wrote.

    Attributes:
        state: queued, running, done, failed, cancelled or lost.
        message: A sentence: what it is doing, or why it stopped.
        done: Trainings finished.
        total: Trainings in all, at most.
        updated: Time of writing, seconds since 1970.
        seconds: Running time so far.
    """

    state: RunState
    message: str = ""
    done: int = 0
    total: int = 0
    updated: float = 0.0
    seconds: float = 0.0


class JobFolder:
    """Files of one simulation or curriculum.

    Reading raises DataError with a sentence that names the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, root: Path, settings: Mapping[str, Any], total: int) -> Self:
        """Create the next folder (001, 002, …) of a queued job.

        Args:
            root: Folder of all jobs of this kind in the project.
            settings: JSON-serialisable settings of the job.
            total: Number of trainings, at most.

        Returns:
            The folder.

        Raises:
            DataError: The folder cannot be written.
        """
        numbers = [int(folder.path.name) for folder in list_jobs(root)]
        while True:
            path = root / f"{max(numbers, default=0) + 1:03d}"
            try:
                path.mkdir(parents=True)
                break
            except FileExistsError:
                numbers.append(int(path.name))
            except OSError as error:
                raise cannot_write(path, error) from error
        folder = cls(path)
        folder.write_status(JobStatus("queued", "Waiting to begin.", total=total))
        write_json(path / "simulation.json", {"format": FORMAT, **settings})
        return folder

    @property
    def id(self) -> str:
        """Number of the job, such as "001"."""
        return self.path.name

    @property
    def log_path(self) -> Path:
        """File of the worker's output."""
        return self.path / "log.txt"

    @property
    def sandbox(self) -> Path:
        """Folder for the job's temporary projects."""
        return self.path / "sandbox"

    def settings(self) -> dict[str, Any]:
        """Read the settings that the job was created with."""
        facts = read_json(self.path / "simulation.json")
        if facts.pop("format", None) != FORMAT:
            raise cannot_read(self.path / "simulation.json", "another version of Winnow wrote it")
        return facts

    def status(self, now: float | None = None) -> JobStatus:
        """Last written status.

        "lost" where the job should be running and no process does. now: seconds since 1970.
        """
        status = self._read_status()
        if status.state not in LIVE_STATES or self.is_locked():
            return status
        status = self._read_status()  # it may have finished between the two looks
        is_silent = (time.time() if now is None else now) - status.updated > PATIENCE
        if status.state in LIVE_STATES and (is_silent or status.state == "running"):
            return replace(status, state="lost", message="The worker process is gone: start it again.")
        return status

    def _read_status(self) -> JobStatus:
        file = self.path / "status.json"
        facts = read_json(file)
        known = {field.name for field in fields(JobStatus)}
        if not isinstance(facts.get("updated"), int | float) or facts.get("state") not in get_args(RunState):
            raise cannot_read(file, "it does not say a state that this version knows")
        return JobStatus(**{name: value for name, value in facts.items() if name in known})

    def write_status(self, status: JobStatus) -> None:
        """Replace status.json, with the current time as `updated`."""
        write_json(self.path / "status.json", asdict(replace(status, updated=time.time())))

    def append_point(self, point: Mapping[str, Any]) -> None:
        """Append one point; write nan as null."""
        append_line(self.path / "points.jsonl", plain(point))

    def points(self) -> list[dict[str, Any]]:
        """Read all points so far, with nan for null."""
        lines = read_lines(self.path / "points.jsonl")
        return [{name: math.nan if value is None else value for name, value in line.items()} for line in lines]

    def write_table(self, points: Sequence[Mapping[str, Any]]) -> Path:
        """Write curves.csv, one row per point; an unknown number is an empty cell."""
        text = io.StringIO(newline="")
        if points:
            writer = csv.DictWriter(text, list(points[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows([plain(point) for point in points])
        return self.write_text("curves.csv", text.getvalue())

    def write_text(self, name: str, text: str) -> Path:
        """Write one text file atomically."""
        data = text.encode()
        replace_file(self.path / name, lambda file: _write(file, data))
        return self.path / name

    def write_json(self, name: str, facts: Mapping[str, Any]) -> Path:
        """Write one JSON file atomically."""
        write_json(self.path / name, facts)
        return self.path / name

    def request_cancel(self) -> None:
        """Write the file that the worker process looks for."""
        self.write_text("cancel", "")

    def is_cancel_requested(self) -> bool:
        """Return whether cancellation was requested."""
        return (self.path / "cancel").exists()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the job while it runs.

        RunError when another process does. A dead process holds nothing.
        """
        with (self.path / "lock").open("a") as file:
            for attempt in range(25):  # someone asking is_locked() holds it for an instant
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if attempt == 24:
                        raise RunError(f"{self.id} is already running in another process.") from None
                    time.sleep(0.02)
            yield

    def is_locked(self) -> bool:
        """Return whether a live process holds the job."""
        try:
            with (self.path / "lock").open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False


def plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Replace nan by None, which JSON can hold."""
    return {n: None if isinstance(value, float) and math.isnan(value) else value for n, value in facts.items()}


def list_jobs(root: Path) -> list[JobFolder]:
    """List the job folders of a project by number; skip folders without settings."""
    names = (
        sorted((name for name in os.listdir(root) if parse_whole(name) is not None), key=int) if root.is_dir() else []
    )
    return [JobFolder(root / name) for name in names if (root / name / "simulation.json").exists()]


def find_job(root: Path, number: str, kind: str) -> JobFolder:
    """Find a job by its number.

    Args:
        root: Folder of all jobs of this kind in the project.
        number: Name of the job's folder, such as "001".
        kind: What the job is, for the error: "simulation" or "curriculum".

    Returns:
        The folder.

    Raises:
        InputError: There is no such job; the sentence names those there are.
    """
    known = [folder.id for folder in list_jobs(root)]
    if number not in known:
        raise unknown_name(kind, number, known)
    return JobFolder(root / number)


def _write(file: Any, data: bytes) -> None:
    file.write(data)
