"""Images decoded again with another size, value range, fit or background; ids and names stay.

The new pixels are written beside the old ones, with a journal, so that a killed process is gone on with; they take the
old ones' place when all are there.
"""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import ConfigError, DataError, InputError
from core.base.types import Ids, ImageSet, Pixels
from core.data.decoders.open_image import ImageFileError, read_regular
from core.data.decoders.value_range import ValueRange
from core.data.image_io import Rendering, read_image
from core.data.image_store import own_source_names, write_meta
from core.data.ingest_config import IngestConfig
from core.data.ingestion.estimated_range import estimated_range
from core.data.ingestion.ingest import check_size, write_pixels
from core.data.ingestion.ingest_workers import ImageFile, Progress
from core.data.ingestion.original_files import original_files
from core.data.ingestion.unfinished_images import JOURNAL, KEY, ImageJournal, ingest_key
from core.data.sources.source_roots import read_roots

CHANGEABLE = ("value_range", "background", "fit")
"""Settings of reading that can be changed after a project was made; with the size."""
ESTIMATE = "estimate"
"""Instead of a value range: estimate it again."""
READING = "reading.json"
"""File of a run folder: size, value range, fit and background of the images that it was trained on."""
DRAFT, READY = ".redecode-unfinished", ".redecoded"
"""Folders in the image folder: new pixels that are being written, and those that take the old ones' place."""


@dataclass(frozen=True)
class Reading:
    """How the files of a project become pixels.

    Attributes:
        shape: Height, width and channels.
        rendering: Value range, background and fit.
        facts: What meta.json says of it.
    """

    shape: tuple[int, int, int]
    rendering: Rendering
    facts: Mapping[str, Any]

    def info(self) -> dict[str, Any]:
        """Return size, value range, fit and background as a JSON object."""
        height, width, _ = self.shape
        value_range = None if self.rendering.value_range is None else list(self.rendering.value_range)
        return {"height": height, "width": width, "value_range": value_range, "fit": self.rendering.fit,
                "background": self.rendering.background}  # fmt: skip


def current_reading(images: ImageSet) -> Reading:
    """Return how the images were decoded that are there now."""
    facts = dict(images.facts)
    config = IngestConfig.checked(dict(facts.get("settings", {})))
    stored = facts.get("value_range")
    value_range = (float(stored[0]), float(stored[1])) if stored else config.range_given()
    rendering = Rendering(value_range, config.background, config.fit, config.max_megapixels * 1_000_000)
    height, width, channels = images.pixels.shape[1:]
    return Reading((height, width, channels), rendering, facts)


def changed_reading(
    images: ImageSet,
    changes: Mapping[str, Any],
    size: int | tuple[int, int] | None,
    file_of: Callable[[int, str], Path],
    estimated: ValueRange | None = None,
) -> Reading:
    """Return how images would be decoded with other settings.

    Args:
        images: The images.
        changes: Settings among CHANGEABLE; a value_range of ESTIMATE is estimated from the images that there are now.
        size: Side in pixels, or (height, width); None: as it is.
        file_of: Gives the file of an image by id and name, for an estimate; InputError where it is not there.
        estimated: The value range where a preview has estimated it already.

    Raises:
        ConfigError: A setting cannot be changed, or does not fit.
        InputError: The size is out of range, or the value range cannot be estimated.
    """
    if unknown := [name for name in changes if name not in CHANGEABLE]:
        raise ConfigError(f"{unknown[0]} cannot be changed in a project: change {', '.join(CHANGEABLE)} or the size.")
    check_size(size)
    now = current_reading(images)
    is_estimated = str(changes.get("value_range", "")).strip().lower() == ESTIMATE
    given = {**changes, "value_range": ""} if is_estimated else changes
    config = IngestConfig.checked({**dict(now.facts.get("settings", {})), **given})
    value_range = config.range_given() if given.get("value_range") else now.rendering.value_range
    if is_estimated:
        value_range = estimated or estimated_range(images, file_of, now.rendering.max_pixels)
    rendering = replace(now.rendering, value_range=value_range, background=config.background, fit=config.fit)
    height, width = now.shape[:2] if size is None else (size, size) if isinstance(size, int) else size
    facts = {
        **now.facts,
        "value_range": None if value_range is None else list(value_range),
        "settings": config.model_dump(exclude_defaults=True),
    }
    return Reading((height, width, now.shape[2]), rendering, facts)


def preview_pixels(file: ImageFile, reading: Reading) -> Pixels:
    """Decode one image with other settings; InputError where it cannot be read."""
    try:
        assert isinstance(file.reference, Path)
        content = read_regular(file.reference)
        return read_image(content, reading.shape, reading.rendering, name=file.name, page=file.page)
    except ImageFileError as error:
        raise InputError(f"{file.name} cannot be decoded again: {error.reason}.") from error


@dataclass(frozen=True)
class ReadingPreview:
    """Some images before and after a change of the reading.

    Attributes:
        ids: (n,) images.
        before: (n, H, W, C) pixels as they are.
        after: (n, h, w, C) pixels as they would be.
        info: The new size, value range, fit and background.
    """

    ids: Ids
    before: Pixels
    after: Pixels
    info: dict[str, Any]

    @property
    def value_range(self) -> ValueRange | None:
        """Values that would become black and white; None where the images need none."""
        known = self.info["value_range"]
        return None if known is None else (known[0], known[1])

    def sheet(self) -> Pixels:
        """Return one picture: each image before, and below it after."""
        rows = [np.concatenate(list(part), axis=1) for part in (self.before, self.after)]
        width = max(row.shape[1] for row in rows)
        wide = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), constant_values=255) for row in rows]
        return np.concatenate(wide, axis=0)


def preview_reading(project: Path, source: str, images: ImageSet, reading: Reading, count: int) -> ReadingPreview:
    """Decode some images in another way; nothing is written.

    Args:
        project: The project folder.
        source: The source that project.toml names.
        images: Its images.
        reading: How they are decoded.
        count: Most images, evenly spaced.

    Raises:
        InputError: There is no image, or an original file is missing or damaged.
    """
    num = len(images.labels)
    if not num:
        raise InputError("The project has no images yet.")
    ids = np.unique(np.linspace(0, num - 1, min(num, max(1, count))).astype(np.int64))
    files = original_files(images, read_roots(project, source).file_of, ids.tolist())
    after = np.stack([preview_pixels(file, reading) for file in files])
    return ReadingPreview(ids, np.asarray(images.pixels[ids]), after, reading.info())


def redecode(
    folder: Path,
    images: ImageSet,
    files: Sequence[ImageFile],
    reading: Reading,
    check_idle: Callable[[], None],
    progress: Progress | None = None,
) -> None:
    """Decode all images into a folder beside the old ones; a killed process is gone on with.

    Args:
        folder: The image folder.
        images: Its images.
        files: The file of each, N.
        reading: How they are decoded.
        check_idle: Called when all are decoded, before they are ready; what it raises leaves them to be gone on with.
        progress: Called with (done, total) images.

    Raises:
        InputError: A file cannot be read, or holds another image than before; nothing is changed.
        DataError: The folder cannot be written.
    """
    draft = folder / DRAFT
    positions: dict[int, Any] = dict.fromkeys(range(len(files)))
    key = ingest_key(files, positions, reading.shape, reading.rendering)
    try:
        draft.mkdir(exist_ok=True)
        with ImageJournal(draft, reading.shape, key) as journal:
            _, digests, damaged = write_pixels(files, positions, journal, reading.shape, reading.rendering, progress)
        if problem := _problem(folder, files, digests, [(item.name, item.reason) for item in damaged]):
            shutil.rmtree(draft)
            raise InputError(f"{problem} Nothing was changed.")
        check_idle()
        write_meta(draft, own_source_names(folder), images.quarantined, reading.facts)
        for name in (JOURNAL, KEY):
            (draft / name).unlink(missing_ok=True)
        os.replace(draft, folder / READY)
    except OSError as error:
        raise DataError(f"The images cannot be written to {draft}: {error.strerror or error}.") from error


def move_into_place(folder: Path) -> None:
    """Replace pixels and meta.json by the new ones that are ready; called again it goes on where it broke off."""
    for name in ("pixels.npy", "meta.json"):
        if (folder / READY / name).exists():
            os.replace(folder / READY / name, folder / name)


def _problem(
    folder: Path, files: Sequence[ImageFile], digests: NDArray[np.uint8], damaged: Sequence[tuple[str, str]]
) -> str:
    """Return why the decoded images are not those of the project; empty where they are."""
    if damaged:
        name, reason = damaged[0]
        return f"{len(damaged):,} of {len(files):,} files cannot be read, such as {name}: {reason}."
    file = folder / "digests.npy"
    before = np.load(file)[: len(files)] if file.exists() else digests
    is_known = (before != 0).any(axis=1)  # of images from before digests were kept, and of arrays, none is known
    changed = np.flatnonzero(is_known & (before != digests[: len(before)]).any(axis=1))
    if not len(changed):
        return ""
    return (
        f"{len(changed):,} of {len(files):,} files hold another image than when they were taken in, such as "
        f"{files[int(changed[0])].name}: put the old files back, or make a new project."
    )
