"""Images of an ingest that was broken off: the next ingest of the same images goes on from the last one written.

The draft folder has a name that the next ingest finds. Beside the pixels it holds a journal, a line for each image that
was looked at; the pixels are written first, so that rows beyond the journal are cut off and decoded again.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from core.data.image_io import Header, Rendering
from core.data.image_store import building_images
from core.data.ingestion.ingest_workers import Answer, ImageFile
from core.data.ingestion.npy_writer import NpyWriter

JOURNAL, KEY = ".journal.jsonl", ".journal.key"
_LINES = 64
"""Images after which the journal is written."""


@contextmanager
def unfinished_folder(folder: Path) -> Iterator[Path]:
    """Yield a draft that replaces `folder` on success and vanishes on failure; a killed process leaves it behind."""
    with building_images(folder, folder.with_name(f".{folder.name}-unfinished")) as draft:
        yield draft
        for name in (JOURNAL, KEY):
            (draft / name).unlink(missing_ok=True)


def ingest_key(
    files: Sequence[ImageFile], headers: Mapping[int, Header], shape: tuple[int, int, int], rendering: Rendering
) -> str:
    """Return a digest of all that decides what an ingest writes: files, sizes and times, shape and rendering."""
    digest = hashlib.sha256(repr((shape, astuple(rendering))).encode())
    for position in headers:
        file, facts = files[position], (0, 0)
        if isinstance(file.reference, Path):
            found = file.reference.stat()
            facts = found.st_size, found.st_mtime_ns
        digest.update(repr((file.name, file.page, facts)).encode())
    return digest.hexdigest()


class ImageJournal:
    """Pixels of a draft folder and the journal of its images.

    Args:
        draft: The folder.
        shape: Height, width and channels.
        key: Of the ingest, by `ingest_key`; a draft of another one is begun anew.
    """

    def __init__(self, draft: Path, shape: tuple[int, int, int], key: str) -> None:
        self._file, self._waiting = draft / JOURNAL, list[str]()
        pixels, key_file = draft / "pixels.npy", draft / KEY
        is_same = key_file.exists() and key_file.read_text(encoding="utf-8") == key
        lines = _read(self._file) if is_same and pixels.exists() else []
        self.known: list[bytes | str] = _fitting(lines, NpyWriter.rows_in(pixels, shape) if lines else 0)
        """What is known of the first images, in order: the digest of one that was written, or why one was not."""
        num_rows = sum(isinstance(answer, bytes) for answer in self.known)
        self._writer = NpyWriter(pixels, shape, num_rows=num_rows)
        self._file.write_text("".join(map(_line, self.known)), encoding="utf-8")
        key_file.write_text(key, encoding="utf-8")

    def __enter__(self) -> Self:
        self._writer.__enter__()
        return self

    def add(self, answer: Answer) -> None:
        """Write the pixels of the next image, or the reason why it has none."""
        if not isinstance(answer, str):
            self._writer.append(answer[0])
        self._waiting.append(_line(answer if isinstance(answer, str) else answer[1]))
        if len(self._waiting) >= _LINES:
            self._writer.flush()
            self._write_lines()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, error, trace)
        self._write_lines()

    def _write_lines(self) -> None:
        """Write the lines of images whose pixels the operating system has."""
        with self._file.open("a", encoding="utf-8") as journal:
            journal.write("".join(self._waiting))
        self._waiting.clear()


def _line(answer: bytes | str) -> str:
    return json.dumps({"left_out": answer} if isinstance(answer, str) else {"digest": answer.hex()}) + "\n"


def _read(file: Path) -> list[bytes | str]:
    """Return the whole lines of a journal; the last one may be cut."""
    found: list[bytes | str] = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    for line in lines:
        try:
            facts: Mapping[str, Any] = json.loads(line)
            found.append(str(facts["left_out"]) if "left_out" in facts else bytes.fromhex(facts["digest"]))
        except (ValueError, KeyError, TypeError):
            break
    return found


def _fitting(lines: list[bytes | str], num_rows: int) -> list[bytes | str]:
    """Return the lines whose pixels are there: after a loss of power there may be fewer."""
    found: list[bytes | str] = []
    for line in lines:
        num_rows -= isinstance(line, bytes)
        if num_rows < 0:
            break
        found.append(line)
    return found
