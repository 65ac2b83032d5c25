"""Resumable computation: which chunks of the features are on disk already, and the lock of the process that writes."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from core.base.errors import DataError, RunError
from core.features.extractors import Features
from core.features.store import FeatureRecord
from core.store.files import cannot_write, draft_array, finish_draft, load_array, open_draft, read_json, write_json

CHUNK = 256
"""Images that are computed, written and ticked off together."""
SYNC_SECONDS = 0.5
"""Chunks are flushed and ticked off at most so often; a killed process loses what it computed since."""


class FeaturesBusyError(RunError):
    """Another process computes the same features.

    Attributes:
        folder: Their folder.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder.name} is already being computed by another process: wait for it.")
        self.folder = folder


class Draft:
    """Features that are being computed, and the chunks that are done.

    A killed process leaves both to the next.

    Each chunk's numbers are flushed to disk before its byte in the file `chunks` is set, so a set byte means numbers
    that are there.

    Args:
        folder: One extractor's folder.
        shape: (N, D) of the whole.
        digest: Of the images.
        before: The record of features that are there already, of the first images; None where there are none.
    """

    def __init__(self, folder: Path, shape: tuple[int, int], digest: str, before: FeatureRecord | None) -> None:
        self.folder, self.shape, self.digest = folder, shape, digest
        self.start = before.num_images if before else 0
        self._path, self._chunks = folder / "features.npy", folder / "chunks"
        plan = {"shape": list(shape), "digest": digest, "start": self.start, "chunk": CHUNK}
        if not self._fits(plan):
            self._begin(plan)
        self.values: Features = open_draft(self._path)
        self.done = np.frombuffer(self._chunks.read_bytes(), np.uint8).copy()
        self.num_done = shape[0] - sum(stop - start for start, stop in self.spans())  # images, those before included
        self._pending: list[int] = []
        self._synced = time.monotonic()

    def spans(self) -> list[tuple[int, int]]:
        """First and last row (exclusive) of the chunks that are still to be computed."""
        starts = range(self.start, self.shape[0], CHUNK)
        return [(s, min(s + CHUNK, self.shape[0])) for s, is_done in zip(starts, self.done, strict=True) if not is_done]

    def write(self, start: int, values: Features) -> None:
        """Write one chunk's features (n, D) from row `start`.

        It is ticked off within SYNC_SECONDS of the next one.
        """
        self.values[start : start + len(values)] = values
        self._pending.append((start - self.start) // CHUNK)
        self.num_done += len(values)
        if time.monotonic() - self._synced >= SYNC_SECONDS:
            self.sync()

    def sync(self) -> None:
        """Flush what was written to disk, then tick it off.

        DataError where the disk refuses.
        """
        try:
            self.values.flush()  # type: ignore[attr-defined]
            with self._chunks.open("r+b") as file:
                for position in self._pending:
                    os.pwrite(file.fileno(), b"\1", position)
                os.fsync(file.fileno())
        except OSError as error:
            raise cannot_write(self.folder, error) from error
        self.done[self._pending] = 1
        self._pending, self._synced = [], time.monotonic()

    def finish(self, record: FeatureRecord) -> None:
        """Move the whole into place and write its record; all of it is written."""
        del self.values
        finish_draft(self._path)
        write_json(self.folder / "record.json", record.facts())
        for name in ("chunks", "plan.json"):
            (self.folder / name).unlink(missing_ok=True)

    def _fits(self, plan: dict[str, object]) -> bool:
        """Whether an interrupted computation of the same plan can be gone on with."""
        try:
            known = read_json(self.folder / "plan.json")
            num_chunks = -(-(self.shape[0] - self.start) // CHUNK)
            return known == json.loads(json.dumps(plan)) and (
                self._chunks.stat().st_size == num_chunks and open_draft(self._path).shape == self.shape
            )
        except (DataError, OSError):
            return False

    def _begin(self, plan: dict[str, object]) -> None:
        """Lay out the file with the features from before; the plan is written last."""
        (self.folder / "plan.json").unlink(missing_ok=True)
        draft_array(self._path, self.shape, np.float16)
        if self.start:
            values = open_draft(self._path)
            old = load_array(self._path)
            for row in range(0, self.start, CHUNK):
                values[row : min(row + CHUNK, self.start)] = old[row : min(row + CHUNK, self.start)]
            values.flush()  # type: ignore[attr-defined]
        self._chunks.write_bytes(bytes(-(-(self.shape[0] - self.start) // CHUNK)))
        write_json(self.folder / "plan.json", plan)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder of features while they are computed; FeaturesBusyError when another process does."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "lock").open("a")
    except OSError as error:
        raise cannot_write(folder, error) from error
    with file:
        for attempt in range(25):  # whoever asks for the status holds it for an instant
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if attempt == 24:
                    raise FeaturesBusyError(folder) from None
                time.sleep(0.02)
        yield
