"""Additions: new images at the end of an image folder; images that are there keep their ids and rows."""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DataError, InputError
from core.base.types import UNKNOWN, Ids, QuarantinedFile
from core.base.untrusted.json_text import parse_json
from core.data.groups.by_column import column_names, column_values
from core.data.image_store import open_images, own_source_names, write_meta
from core.data.ingest_config import IngestConfig
from core.data.ingestion.ingest import image_set, read_headers, write_pixels
from core.data.ingestion.ingest_workers import ImageFile, Progress
from core.data.ingestion.redecoded_images import current_reading
from core.data.ingestion.unfinished_images import ImageJournal, ingest_key
from core.data.metadata.stored_columns import append_columns
from core.data.sources.source_table import SourceTable

NOTE = ".addition.json"
"""File in the image folder, there while an addition is not at its end."""
KNOWN = "it is in the project already"


@dataclass(frozen=True)
class AddedImages:
    """What was taken in.

    Attributes:
        first: Id of the first new image.
        count: New images.
        num_known: Images of the source that are in the project already.
        problems: What was left out.
        held_out: Ids of new images that the source gives to val or test.
    """

    first: int
    count: int
    num_known: int
    problems: tuple[QuarantinedFile, ...]
    held_out: Ids


def append_images(
    folder: Path,
    table: SourceTable,
    root: str,
    progress: Progress | None = None,
    check_idle: Callable[[], None] = lambda: None,
) -> AddedImages:
    """Decode the images of a source that an image folder does not have, and append them.

    They get the shape, value range and fit of the others. What is there is known by name and by content. A note of
    what was appended stays in the folder until `forget_addition`: whoever adds images next finishes what is due.

    Args:
        folder: The image folder.
        table: The source; its classes must be classes of the folder.
        root: Folder that the names of the new images start from.
        progress: Called with (done, total) images.
        check_idle: Called before anything of the folder changes; what it raises leaves the folder as it is.

    Returns:
        What was taken in.

    Raises:
        InputError: No image of the source can be read.
        DataError: The folder cannot be written.
    """
    before = open_images(folder)
    names, num = set(before.names.tolist()), len(before.labels)
    fresh = [row for row, name in enumerate(table.names) if name not in names]
    num_known = len(table.names) - len(fresh)
    problems = list(table.problems)
    if not fresh:
        return AddedImages(num, 0, num_known, tuple(problems), np.empty(0, np.int64))
    part = table.rows(fresh)
    config = IngestConfig.checked(dict(before.facts.get("settings", {})))
    rendering = current_reading(before).rendering
    files, headers, unreadable = read_headers(part, config)
    shape = (before.pixels.shape[1], before.pixels.shape[2], before.pixels.shape[3])
    work = folder / ".added-unfinished"
    draft = work / "pixels.npy"
    try:
        work.mkdir(exist_ok=True)
        with ImageJournal(work, shape, ingest_key(files, headers, shape, rendering)) as journal:
            kept, digests, damaged = write_pixels(files, headers, journal, shape, rendering, progress)
        old_digests = _digests(folder, num)
        seen = {row.tobytes() for row in old_digests} if old_digests is not None else set()
        keep = [place for place in range(len(kept)) if digests[place].tobytes() not in seen]
        num_known += len(kept) - len(keep)
        problems += [*unreadable, *damaged]
        if keep:
            rows = [files[kept[p]].row for p in keep]
            check_idle()  # decoding takes a while
            _note(folder, UnfinishedAddition(num, len(keep), _held_out(part, num, rows), root))
            _append(folder, draft, part, files, [kept[p] for p in keep], keep, digests[keep], tuple(problems))
    except OSError as error:
        raise DataError(f"The images cannot be added to {folder}: {error.strerror or error}.") from error
    shutil.rmtree(work, ignore_errors=True)  # a process that ends before here is gone on with
    held_out = _held_out(part, num, [files[kept[p]].row for p in keep])
    return AddedImages(num, len(keep), num_known, tuple(problems), np.array(held_out, dtype=np.int64))


def _held_out(table: SourceTable, first: int, rows: list[int]) -> list[int]:
    """Return the ids of new images that the source gives to val or test."""
    return [first + n for n, row in enumerate(rows) if table.splits and table.splits[row] in ("val", "test")]


@dataclass(frozen=True)
class UnfinishedAddition:
    """Images that were appended, while splits, features and runs may not have grown yet.

    Attributes:
        first: Id of the first new image.
        count: New images.
        held_out: Ids of new images that the source gives to val or test.
        root: Folder that their names start from.
    """

    first: int
    count: int
    held_out: list[int]
    root: str


def unfinished_addition(folder: Path) -> UnfinishedAddition | None:
    """Return what an addition appended that did not come to its end; None where there is none.

    Args:
        folder: The image folder.

    Raises:
        DataError: The note is damaged.
    """
    file = folder / NOTE
    try:
        found = UnfinishedAddition(**parse_json(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{file} is damaged ({error}): restore the project from a backup.") from error
    return found if len(np.load(folder / "labels.npy", mmap_mode="r")) >= found.first + found.count else None


def forget_addition(folder: Path) -> None:
    """Forget the note of an addition that has come to its end."""
    (folder / NOTE).unlink(missing_ok=True)


def _note(folder: Path, added: UnfinishedAddition) -> None:
    draft = folder / f"{NOTE}.new"
    draft.write_text(json.dumps(asdict(added), ensure_ascii=False), encoding="utf-8")
    os.replace(draft, folder / NOTE)


def _append(
    folder: Path,
    draft: Path,
    table: SourceTable,
    files: Sequence[ImageFile],
    kept: list[int],
    rows: list[int],
    digests: NDArray[np.uint8],
    problems: tuple[QuarantinedFile, ...],
) -> None:
    """Write the longer arrays beside the old ones, then the pixels, then move all into place; labels come last."""
    before = open_images(folder)
    known = replace(table, class_names=before.class_names)
    added = image_set(known, files, kept, (), {})
    num, num_new = len(before.labels), len(kept)
    columns: dict[str, NDArray[Any]] = {
        "names": np.concatenate([before.names, added.names]),
        "digests": np.concatenate([_digests_or_zeros(folder, num), digests]),
    }
    if before.given_splits is not None or added.given_splits is not None:
        columns["given_splits"] = np.concatenate(
            [_or(before.given_splits, num, 0, np.int8), _or(added.given_splits, num_new, 0, np.int8)]
        )
    if before.groups is not None or added.groups is not None:
        rows_of_new = [files[position].row for position in kept]
        texts = [table.groups[row] for row in rows_of_new] if table.groups else [""] * num_new
        columns["groups"] = _grown_groups(_or(before.groups, num, UNKNOWN, np.int64), folder, texts)
    raw = np.load(folder / "labels.npy")[:num]  # as they were given, whatever classes were merged since
    columns["labels"] = np.concatenate([raw, added.labels])  # last: it makes the images count
    for name, column in columns.items():
        with (folder / f".{name}.npy.new").open("wb") as file:
            np.save(file, column)
    _append_pixels(folder / "pixels.npy", np.load(draft, mmap_mode="r"), rows)
    append_columns(folder, table, num, [files[position].row for position in kept])  # more rows than images do no harm
    for name in columns:
        os.replace(folder / f".{name}.npy.new", folder / f"{name}.npy")
    additions = [*before.facts.get("additions", []), _addition(table, num, num_new)]
    facts = {**before.facts, "additions": additions}
    write_meta(folder, own_source_names(folder), (*before.quarantined, *problems), facts)


def _grown_groups(before: NDArray[np.int64], folder: Path, texts: list[str]) -> NDArray[np.int64]:
    """Return the numbers of all groups; a new image of a group that is there gets its number, by the group's name."""
    known = column_values(folder, "group", len(before)) if "group" in column_names(folder) else [""] * len(before)
    numbers = {name: int(number) for name, number in zip(known, before, strict=True) if name and number != UNKNOWN}
    shift = int(before.max(initial=UNKNOWN)) + 1
    for text in texts:
        if text and text not in numbers:
            numbers[text], shift = shift, shift + 1
    return np.append(before, [numbers[text] if text else UNKNOWN for text in texts]).astype(np.int64)


def _addition(table: SourceTable, first: int, count: int) -> dict[str, Any]:
    time = datetime.now(UTC).isoformat(timespec="seconds")
    return {"first": first, "count": count, "source": str(table.root), "time": time}


def _digests(folder: Path, num: int) -> NDArray[np.uint8] | None:
    file = folder / "digests.npy"
    stored = np.load(file) if file.exists() else None
    return stored[:num] if stored is not None and len(stored) >= num else None


def _digests_or_zeros(folder: Path, num: int) -> NDArray[np.uint8]:
    stored = _digests(folder, num)
    return np.zeros((num, 16), dtype=np.uint8) if stored is None else stored


def _or(column: NDArray[Any] | None, num: int, fill: int, kind: type[np.generic]) -> NDArray[Any]:
    return np.full(num, fill, dtype=kind) if column is None else np.asarray(column)


def _append_pixels(file: Path, new: NDArray[np.uint8], rows: list[int]) -> None:
    """Append rows to an .npy file in place; the header, of the same length, is written after the pixels."""
    old = np.load(file, mmap_mode="r")
    shape, start = old.shape, int(old.offset)
    del old
    with file.open("r+b") as stream:
        stream.truncate(start + int(np.prod(shape, dtype=np.int64)))
        stream.seek(0, os.SEEK_END)
        for row in rows:
            stream.write(np.ascontiguousarray(new[row]).data)
        stream.flush()
        os.fsync(stream.fileno())
        stream.seek(0)
        header = np.lib.format.header_data_from_array_1_0(np.empty((0, *shape[1:]), np.uint8))
        np.lib.format.write_array_header_1_0(stream, {**header, "shape": (shape[0] + len(rows), *shape[1:])})
        if stream.tell() != start:
            raise OSError(f"{file} was written with another header")


def check_classes(table: SourceTable, known: tuple[str, ...]) -> list[str]:
    """Return the classes of a source that a project does not have, in order; InputError where one has no text."""
    new = [name for name in table.class_names if name not in known]
    if any(not name.strip() for name in new):
        raise InputError(f"{table.root} has a class without a name: give its folder or cell a name.")
    return new
