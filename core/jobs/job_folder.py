"""Folders of simulations and curricula, beside a project's runs: what was asked for, how far it is, its points."""

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

from core.base.errors import InputError, RunError
from core.base.types import LIVE_STATES, RunState
from core.store.files import cannot_read, cannot_write, read_json, replace_file, write_json
from core.store.jsonl import append_line, read_lines

FORMAT = 1
PATIENCE = 60.0
"""Seconds after which a live simulation whose process holds no lock reads as lost."""


@dataclass(frozen=True)
class SimulationStatus:
    """What the playing process last said."""

    state: RunState
    message: str = ""  # a sentence: what it is doing, or why it stopped
    done: int = 0  # trainings behind it
    total: int = 0  # trainings in all, at most
    updated: float = 0.0  # seconds since 1970
    seconds: float = 0.0  # played so far


class SimulationFolder:
    """The files of one simulation. Reading raises DataError with a sentence that names the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, root: Path, settings: Mapping[str, Any], total: int) -> Self:
        """Make the next folder (001, 002, …) with what was asked for; it reads as queued."""
        numbers = [int(folder.path.name) for folder in list_simulations(root)]
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
        folder.write_status(SimulationStatus("queued", "Waiting to begin.", total=total))
        write_json(path / "simulation.json", {"format": FORMAT, **settings})
        return folder

    @property
    def id(self) -> str:
        """Its number."""
        return self.path.name

    @property
    def log_path(self) -> Path:
        """What its process printed."""
        return self.path / "log.txt"

    @property
    def sandbox(self) -> Path:
        """Where its own projects lie while it plays."""
        return self.path / "sandbox"

    def settings(self) -> dict[str, Any]:
        """What was asked for."""
        facts = read_json(self.path / "simulation.json")
        if facts.pop("format", None) != FORMAT:
            raise cannot_read(self.path / "simulation.json", "another version of Winnow wrote it")
        return facts

    def status(self, now: float | None = None) -> SimulationStatus:
        """What was last said; "lost" where it should be playing and no process does. now: seconds since 1970."""
        said = self._said()
        if said.state not in LIVE_STATES or self.is_locked():
            return said
        said = self._said()  # it may have finished between the two looks
        is_silent = (time.time() if now is None else now) - said.updated > PATIENCE
        if said.state in LIVE_STATES and (is_silent or said.state == "running"):
            return replace(said, state="lost", message="The playing process is gone: start it again.")
        return said

    def _said(self) -> SimulationStatus:
        file = self.path / "status.json"
        facts = read_json(file)
        known = {field.name for field in fields(SimulationStatus)}
        if not isinstance(facts.get("updated"), int | float) or facts.get("state") not in get_args(RunState):
            raise cannot_read(file, "it does not say a state that this version knows")
        return SimulationStatus(**{name: value for name, value in facts.items() if name in known})

    def write_status(self, status: SimulationStatus) -> None:
        """Replace status.json; the time is stamped here."""
        write_json(self.path / "status.json", asdict(replace(status, updated=time.time())))

    def append_point(self, point: Mapping[str, Any]) -> None:
        """Add one point; nan is kept as null."""
        append_line(self.path / "points.jsonl", plain(point))

    def points(self) -> list[dict[str, Any]]:
        """All points so far, null as nan where a number is meant."""
        lines = read_lines(self.path / "points.jsonl")
        return [{name: math.nan if value is None else value for name, value in line.items()} for line in lines]

    def write_table(self, points: Sequence[Mapping[str, Any]]) -> Path:
        """curves.csv: a row a point; an unknown number is an empty cell."""
        text = io.StringIO(newline="")
        if points:
            writer = csv.DictWriter(text, list(points[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows([plain(point) for point in points])
        return self.write_text("curves.csv", text.getvalue())

    def write_text(self, name: str, text: str) -> Path:
        """Write one file whole or not at all."""
        data = text.encode()
        replace_file(self.path / name, lambda file: _write(file, data))
        return self.path / name

    def write_json(self, name: str, facts: Mapping[str, Any]) -> Path:
        """Write one JSON file whole or not at all."""
        write_json(self.path / name, facts)
        return self.path / name

    def request_cancel(self) -> None:
        """Leave the file that the playing process looks for."""
        self.write_text("cancel", "")

    def is_cancel_requested(self) -> bool:
        """Whether somebody asked it to stop."""
        return (self.path / "cancel").exists()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the simulation while playing it; RunError when another process does. A dead process holds nothing."""
        with (self.path / "lock").open("a") as file:
            for attempt in range(25):  # someone asking is_locked() holds it for an instant
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if attempt == 24:
                        raise RunError(f"Simulation {self.id} is already being played.") from None
                    time.sleep(0.02)
            yield

    def is_locked(self) -> bool:
        """Whether a living process plays it."""
        try:
            with (self.path / "lock").open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False


def plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The same with None for numbers that are unknown (nan): JSON has no word for them."""
    return {n: None if isinstance(value, float) and math.isnan(value) else value for n, value in facts.items()}


def list_simulations(root: Path) -> list[SimulationFolder]:
    """The simulations of a project by number; a folder that does not say what was asked for is none."""
    names = sorted((name for name in os.listdir(root) if name.isdecimal()), key=int) if root.is_dir() else []
    return [SimulationFolder(root / name) for name in names if (root / name / "simulation.json").exists()]


def find_simulation(root: Path, number: str) -> SimulationFolder:
    """One of them; InputError names those there are."""
    known = [folder.id for folder in list_simulations(root)]
    if number not in known:
        raise InputError(f"There is no simulation called {number!r}. There are: {', '.join(known) or 'none yet'}.")
    return SimulationFolder(root / number)


def _write(file: Any, data: bytes) -> None:
    file.write(data)
