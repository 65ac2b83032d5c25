"""Ingest: decode the images of a source once, in parallel, into a new image folder."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import UNKNOWN, ImageSet, Labels, QuarantinedFile
from core.data.classes.class_appearance import write_appearance
from core.data.decoders.value_range import ValueRange, estimate_range, image_range
from core.data.image_io import Header, Rendering
from core.data.image_store import open_images, write_rest
from core.data.ingest_config import IngestConfig
from core.data.ingestion.ingest_workers import ImageFile, Progress, TableFiles, headers_of, image_values, pixels_of
from core.data.ingestion.unfinished_images import ImageJournal, ingest_key, unfinished_folder
from core.data.metadata.stored_columns import write_columns
from core.data.sources.source_table import GIVEN_SPLITS, SourceTable

SIZES = (32, 64, 96, 128, 224)
"""Sides (pixels) among which the size of a folder's images is chosen when none is given."""
SMALLEST, LARGEST = 8, 1024
ImageSize = int | tuple[int, int] | None
"""Side in pixels, or height and width; None: chosen from the images."""
RANGED = 200
"""Images from which the value range of a project is estimated, evenly spaced."""


def ingest_images(
    table: SourceTable,
    folder: Path,
    *,
    image_size: ImageSize = None,
    config: IngestConfig | None = None,
    progress: Progress | None = None,
) -> ImageSet:
    """Decode the images of a source into a new image folder.

    Images are streamed to disk in one shape; files that cannot be read are quarantined with the reason. One channel
    when all files are gray, else three. Where a process was killed at it, the next one goes on from the last image that
    was written, if files and settings are the same.

    Args:
        table: The images and what is known of them.
        folder: The folder to make.
        image_size: Side in pixels, or (height, width); None takes the one of SIZES nearest to the median of the longer
            sides.
        config: Value range, background, fit and pages.
        progress: Called with (done, total) images.

    Returns:
        The images, memory-mapped.

    Raises:
        InputError: The size is out of range, or a class has no readable image.
        DataError: The folder cannot be written.
    """
    config = config or IngestConfig()
    check_size(image_size)
    files, headers, problems = read_headers(table, config)
    rendering = rendering_of(config, files, headers)
    shape = _shape(image_size, list(headers.values()))
    with unfinished_folder(folder) as draft:
        with ImageJournal(draft, shape, ingest_key(files, headers, shape, rendering)) as journal:
            kept, digests, damaged = write_pixels(files, headers, journal, shape, rendering, progress)
        images = image_set(
            table, files, kept, (*table.problems, *problems, *damaged), facts_of(table, config, rendering)
        )
        _check_classes(images.labels, table)
        write_rest(draft, images)
        np.save(draft / "digests.npy", digests)
        write_columns(draft, table, [files[i].row for i in kept])
        write_appearance(draft, table.appearance, table.class_names)
    return open_images(folder)


def check_size(size: ImageSize) -> None:
    """Raise InputError where a side is not one that images can have."""
    for side in (size,) if isinstance(size, int) else size or ():
        if not SMALLEST <= side <= LARGEST:
            raise InputError(f"Image size {side} is out of range: choose {SMALLEST} to {LARGEST} pixels.")


def read_headers(
    table: SourceTable, config: IngestConfig
) -> tuple[Sequence[ImageFile], dict[int, Header], list[QuarantinedFile]]:
    """Read the headers of all files, and list each page that becomes an image.

    Args:
        table: The images.
        config: Pages and the largest size.

    Returns:
        The images, their headers by position, and the files that failed with the reason.

    Raises:
        InputError: None of them can be read.
    """
    files = TableFiles(table.files, table.names)
    found, problems = headers_of(files, config.max_megapixels * 1_000_000)
    if not found:
        raise InputError(f"None of the {len(files):,} files in {table.root} can be read as an image.{_first(problems)}")
    if config.pages == "all" and any(header.num_pages > 1 for header in found.values()):
        pages = [
            (replace(file, page=page, name=file.name if page == 0 else f"{file.name}#{page + 1}"), found[position])
            for position, file in enumerate(files)
            if position in found
            for page in range(found[position].num_pages)
        ]
        return [file for file, _ in pages], {n: header for n, (_, header) in enumerate(pages)}, problems
    return files, found, problems


def _first(problems: Sequence[QuarantinedFile]) -> str:
    return f" The first, {problems[0].name}: {problems[0].reason}." if problems else ""


def rendering_of(config: IngestConfig, files: Sequence[ImageFile], headers: dict[int, Header]) -> Rendering:
    """Return how values become pixels; the value range is estimated where images of more than 8 bits need one.

    Args:
        config: The settings.
        files: The images.
        headers: Their headers by position.
    """
    deep = [position for position, header in headers.items() if header.is_deep]
    value_range = config.range_given()
    if deep and value_range is None:
        ranges, is_float = value_ranges(files, deep[:: max(1, len(deep) // RANGED)])
        value_range = estimate_range(ranges, is_float=is_float) if ranges else None
    return Rendering(value_range, config.background, config.fit, config.max_megapixels * 1_000_000)


def value_ranges(files: Sequence[ImageFile], positions: Sequence[int]) -> tuple[list[ValueRange], bool]:
    """Return the value range of each of some images of more than 8 bits, and whether any of them holds floats.

    Args:
        files: The images.
        positions: Which of them; those that cannot be read are left out.
    """
    ranges: list[ValueRange] = []
    is_float = False
    for position in positions:
        values = image_values(files[position])
        if values is not None and (found := image_range(values)) is not None:
            is_float = is_float or values.dtype.kind == "f"
            ranges.append(found)
    return ranges, is_float


def _shape(size: ImageSize, headers: Sequence[Header]) -> tuple[int, int, int]:
    channels = 1 if all(header.is_gray for header in headers) else 3
    if isinstance(size, tuple):
        return size[0], size[1], channels
    if size is None:
        median = float(np.median([max(header.height, header.width) for header in headers]))
        size = min(SIZES, key=lambda side: abs(side - median))
    return size, size, channels


def write_pixels(
    files: Sequence[ImageFile],
    headers: dict[int, Header],
    journal: ImageJournal,
    shape: tuple[int, int, int],
    rendering: Rendering,
    progress: Progress | None = None,
) -> tuple[list[int], NDArray[np.uint8], list[QuarantinedFile]]:
    """Decode images in parallel and write them in order.

    Args:
        files: The images.
        headers: Positions to decode.
        journal: Takes the pixels; it may know the first images already.
        shape: Height, width and channels.
        rendering: How values become pixels.
        progress: Called with (done, total) images.

    Returns:
        The positions that were written, the digest of each one's content (n, 16), and the files that failed.
    """
    kept: list[int] = []
    digests = bytearray()
    damaged: list[QuarantinedFile] = []
    positions = list(headers)

    def note(position: int, answer: bytes | str) -> None:
        if isinstance(answer, str):
            damaged.append(QuarantinedFile(files[position].name, answer))
        else:
            digests.extend(answer)
            kept.append(position)

    num_known = len(journal.known)
    for position, known in zip(positions, journal.known, strict=False):
        note(position, known)
    fresh = pixels_of(files, positions[num_known:], shape, rendering)
    for done, (position, answer) in enumerate(fresh, start=num_known + 1):
        journal.add(answer)
        note(position, answer if isinstance(answer, str) else answer[1])
        if progress is not None:
            progress(done, len(positions))
    return kept, np.frombuffer(digests, dtype=np.uint8).reshape(-1, 16), damaged


def image_set(
    table: SourceTable,
    files: Sequence[ImageFile],
    kept: Sequence[int],
    problems: tuple[QuarantinedFile, ...],
    facts: dict[str, Any],
) -> ImageSet:
    """Return the columns of the images that were kept; without their pixels."""
    rows, names = [], []
    for position in kept:  # once: an image of a source is made when it is asked for
        file = files[position]
        rows.append(file.row)
        names.append(file.name)
    order = {name: position for position, name in enumerate(table.class_names)}
    given = [table.classes[row] for row in rows]
    codes = {name: code for code, name in enumerate(GIVEN_SPLITS, start=1)}
    splits = np.array([codes.get(table.splits[row], 0) for row in rows], dtype=np.int8) if table.splits else None
    return ImageSet(
        pixels=np.empty((0, 0, 0, 1), dtype=np.uint8),
        labels=np.array([UNKNOWN if name is None else order[name] for name in given], dtype=np.int64),
        class_names=table.class_names,
        names=np.array(names, dtype=np.str_),
        official_test=np.empty(0, np.int64),
        quarantined=problems,
        given_splits=splits,
        groups=_group_numbers([table.groups[row] for row in rows]) if table.groups else None,
        facts=facts,
    )


def _group_numbers(groups: Sequence[str]) -> NDArray[np.int64]:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(group, len(numbers)) if group else UNKNOWN for group in groups], dtype=np.int64)


def facts_of(table: SourceTable, config: IngestConfig, rendering: Rendering) -> dict[str, Any]:
    """Return how a source was read, for meta.json."""
    return {
        "layout": table.layout,
        "value_range": list(rendering.value_range) if rendering.value_range is not None else None,
        "remarks": list(table.remarks),
        "warnings": list(table.warnings),
        "settings": config.model_dump(exclude_defaults=True),
        **({"hub": {**table.hub, "folder": str(table.root)}} if table.hub else {}),
    }


def _check_classes(labels: Labels, table: SourceTable) -> None:
    counts = np.bincount(labels[labels != UNKNOWN], minlength=len(table.class_names))
    had_files = set(table.classes)
    empty = [name for name, count in zip(table.class_names, counts, strict=True) if count == 0 and name in had_files]
    if empty:
        raise InputError(
            f"No image of class {', '.join(empty)} in {table.root} can be read: repair or remove that folder."
        )
