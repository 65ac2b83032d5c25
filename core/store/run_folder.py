"""Run folder: JSON, JSON lines, numpy arrays, safetensors and a text log of one run.

The training worker writes them; others read.
"""

import errno
import fcntl
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, Self, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from core.base.config import TrainConfig
from core.base.drafts import draft_folder
from core.base.errors import ConfigError, DataError, RunError
from core.base.types import LIVE_STATES, CuratedSet, Decision, Logits, RunRecord, RunState, RunStatus
from core.store import files
from core.store.file_lock import is_alive, try_lock
from core.store.files import cannot_read, cannot_write, load_array, load_arrays, read_json, save_arrays, write_json
from core.store.jsonl import append_line, read_lines, sample_lines, write_lines

FORMAT = 1
_RECORD = TypeAdapter(RunRecord)
SILENCE = 60.0
"""Seconds of silence after which a live run without a holder of its lock reads as lost."""
TRASH = ".trash"  # deleted runs, inside the folder of all runs
PATIENCE = 0.5  # seconds for which the worker tries to take its lock: is_locked() holds it for an instant


class RunFolder:
    """Files of one run; reading raises DataError naming the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept: tuple[Logits, Path] | None = None

    @classmethod
    def create(cls, runs: Path, record: RunRecord, fill: Callable[[Self], None] = lambda _: None) -> Self:
        """Create a run folder with run.json, whole or not at all; the run reads as queued.

        Args:
            runs: Folder of all runs; made where it is not there.
            record: Content of run.json.
            fill: Writes more files before the folder gets its name.

        Returns:
            The new folder.

        Raises:
            RunError: The name is taken.
            DataError: Nothing can be written.
        """
        try:
            runs.mkdir(parents=True, exist_ok=True)
            draft = cls(draft_folder(runs, ".new-"))
        except OSError as error:
            raise cannot_write(runs / record.run_id, error) from error
        try:
            draft._fill(record)
            fill(draft)
            return cls(draft.path.rename(runs / record.run_id))
        except OSError as error:
            if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
                raise RunError(f"There is already a run called {record.run_id}: start the run again.") from error
            raise cannot_write(runs / record.run_id, error) from error
        finally:
            shutil.rmtree(draft.path, ignore_errors=True)

    def _fill(self, record: RunRecord) -> None:
        (self.path / "predictions").mkdir()
        write_json(self.path / "run.json", {**asdict(record), "config": record.config.model_dump()})
        epochs = record.config.epochs if record.config.is_network else 1
        self.write_status(RunStatus("queued", "Waiting for the training process.", epochs=epochs))

    @property
    def id(self) -> str:
        """Name of the run."""
        return self.path.name

    @property
    def checkpoint_path(self) -> Path:
        """Training state for resuming."""
        return self.path / "checkpoint.pt"

    @property
    def model_path(self) -> Path:
        """Averaged weights that the run kept."""
        return self.path / "model.safetensors"

    @property
    def log_path(self) -> Path:
        """Output of the training worker."""
        return self.path / "log.txt"

    @property
    def metrics_path(self) -> Path:
        """Metrics file: one JSON line per evaluation."""
        return self.path / "metrics.jsonl"

    @property
    def batches_path(self) -> Path:
        """Step metrics file: one JSON line per step, with `log_batches` alone."""
        return self.path / "batches.jsonl"

    def record(self) -> RunRecord:
        """Read run.json; DataError where it is damaged or from a newer Winnow."""
        file = self.path / "run.json"
        content = read_json(file)
        if not isinstance(content.get("format"), int):
            raise cannot_read(file, "it does not say its format")
        if content["format"] > FORMAT:
            raise DataError(f"{file} was written by a newer version of Winnow: update Winnow to read this run.")
        try:
            values = {**content, "config": TrainConfig.from_record(content["config"])}
            _RECORD.validate_python(values)
            return RunRecord(**values)
        except ValidationError as error:
            place = (*error.errors()[0]["loc"], "content")[0]  # half a character in a key has no place
            raise cannot_read(file, f"its {place} is of a wrong kind") from error
        except (KeyError, TypeError, ConfigError) as error:
            raise cannot_read(file, error) from error

    def status(self, now: float | None = None) -> RunStatus:
        """Read status.json; a live run whose process is gone or silent is "lost".

        Args:
            now: Seconds since 1970; None takes the clock.
        """
        status = self._read_status()
        if status.state not in LIVE_STATES or self.is_locked():
            return status
        latest = self._read_status()  # it may have finished, and let go of its lock, since the first look
        if latest.state not in LIVE_STATES or not _is_gone(latest, time.time() if now is None else now):
            return latest
        message = "The training process is gone. Resume goes on from the last checkpoint."
        return replace(latest, state="lost", message=message, eta_seconds=None)

    def _read_status(self) -> RunStatus:
        file = self.path / "status.json"
        content = read_json(file)
        try:
            status = RunStatus(**{f.name: content[f.name] for f in fields(RunStatus) if f.name in content})
        except TypeError as error:
            raise cannot_read(file, error) from error
        if status.state not in get_args(RunState) or not isinstance(status.updated, int | float):
            raise cannot_read(file, "it does not say a state that this version knows")
        return status

    def write_status(self, status: RunStatus) -> None:
        """Replace status.json and stamp the time."""
        write_json(self.path / "status.json", asdict(replace(status, updated=time.time())))

    def append_metrics(self, line: Mapping[str, Any]) -> None:
        """Append the metrics of one evaluation."""
        append_line(self.metrics_path, line)

    def append_batch(self, line: Mapping[str, Any]) -> None:
        """Append the metrics of one step."""
        append_line(self.batches_path, line)

    def metrics(self) -> list[dict[str, Any]]:
        """Read the metrics of every evaluation."""
        return read_lines(self.metrics_path)

    def batches(self, limit: int = 400) -> list[dict[str, Any]]:
        """Read metrics of at most `limit` steps, evenly spread; none where not logged."""
        return sample_lines(self.batches_path, limit)

    def truncate_metrics(self, step: int) -> None:
        """Drop the metrics after a step; a resumed run writes them again."""
        for path in (self.metrics_path, self.batches_path):
            if step == 0 or path.exists():
                write_lines(path, [line for line in read_lines(path) if line["step"] <= step])

    def log_tail(self, num_lines: int = 40) -> str:
        """Return the last lines of the worker's output, empty before it began."""
        return files.last_lines(self.log_path, num_lines)

    def request_cancel(self) -> None:
        """Create the file that asks the training worker to stop."""
        try:
            (self.path / "cancel").touch()
        except OSError as error:
            raise cannot_write(self.path / "cancel", error) from error

    def is_cancel_requested(self) -> bool:
        """Return whether cancellation was requested."""
        return (self.path / "cancel").exists()

    def clear_cancel(self) -> None:
        """Remove the request to cancel."""
        (self.path / "cancel").unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the run's lock; RunError where another living process holds it."""
        try:
            file = (self.path / "lock").open("a")
        except OSError as error:
            raise cannot_write(self.path / "lock", error) from error
        with file:
            if not try_lock(file, fcntl.LOCK_EX, seconds=PATIENCE):
                raise RunError(f"{self.id} is already being trained by another process: wait, or cancel it.")
            yield

    def is_locked(self) -> bool:
        """Return whether a living process works on the run."""
        try:
            with (self.path / "lock").open("rb") as file:
                return not try_lock(file, fcntl.LOCK_SH, seconds=0)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise cannot_read(self.path / "lock", error.strerror) from error

    def logits(self) -> Logits:
        """Load logits of all images, (N, K) float32, memory-mapped; row = image id."""
        return load_array(self.path / "predictions" / "logits.npy") if self._kept is None else self._kept[0]

    def keep_predictions(self) -> Self:
        """Map the logits once, and return this folder: it can then be read after its predictions were removed."""
        self._kept = RunFolder.logits(self), self.features_file()
        return self

    def features_file(self) -> Path:
        """Return the file of the features; heads and model versions share those in the project's folder."""
        if self._kept is not None:
            return self._kept[1]
        pointer = self.path / "predictions" / "features.json"
        if pointer.exists():
            depth = 3 if self.path.parent.name == "versions" else 1  # a version lies below its run
            return self.path.parents[depth] / "features" / files.read_name(pointer, "folder") / "features.npy"
        return self.path / "predictions" / "features.npy"

    def features(self) -> NDArray[np.float16]:
        """Load features of all images, (N, D) float16, memory-mapped; row = image id."""
        return load_array(self.features_file())

    def temperature(self) -> float:
        """Return the fitted temperature, which divides logits; 1 before calibration."""
        if type(value := self.calibration().get("temperature", 1.0)) in (int, float) and 1e-6 < value < 1e6:
            return float(value)
        raise cannot_read(self.path / "calibration.json", "its temperature is no number from 1e-6 to 1e6")

    def calibration(self) -> dict[str, Any]:
        """Read calibration.json; empty before calibration."""
        file = self.path / "calibration.json"
        return read_json(file) if file.exists() else {}

    def noise(self) -> dict[str, NDArray[Any]]:
        """Load logits and features of noise and out-of-distribution images, by group."""
        return load_arrays(file) if (file := self.path / "noise.npz").exists() else {}

    def save_curated(self, curated: CuratedSet, decisions: Mapping[int, Decision]) -> None:
        """Write the labels that this run trains on, and their decisions by id."""
        save_arrays(self.path / "curated.npz", {**vars(curated), "digest": np.array(curated.digest)})
        write_json(self.path / "curated_decisions.json", {str(n): asdict(d) for n, d in decisions.items()})

    def curated(self) -> CuratedSet | None:
        """Load the labels that this run trains on; None where it has none."""
        file = self.path / "curated.npz"
        if not file.exists():
            return None
        columns: dict[str, Any] = load_arrays(file)
        try:
            return CuratedSet(**{**columns, "digest": str(columns["digest"])})
        except (KeyError, TypeError) as error:
            raise cannot_read(file, error) from error


def _is_gone(status: RunStatus, now: float) -> bool:
    is_dead = status.state == "running" and status.pid is not None and not is_alive(status.pid)
    return is_dead or now - status.updated > SILENCE


def list_runs(runs: Path) -> list[RunFolder]:
    """List the run folders by name, damaged ones too.

    A folder with neither run.json nor status.json is no run.
    """
    if not runs.is_dir():
        return []
    paths = sorted(path for path in runs.iterdir() if not path.name.startswith("."))
    return [RunFolder(p) for p in paths if (p / "run.json").exists() or (p / "status.json").exists()]


def next_run_id(runs: Path, config: TrainConfig) -> str:
    """Return the next free run name, such as "002-fixmatch-wrn"."""
    names = [path.name for path in (*runs.glob("*"), *runs.glob(f"{TRASH}/*"))]  # a deleted run keeps its number
    numbers = [int(match[0]) for match in (re.match(r"\d+", name) for name in names) if match]
    kind = re.sub(r"[^\w.]+", "-", config.model_name).strip("-")
    return f"{max(numbers, default=0) + 1:03d}-{config.method}-{kind}"
