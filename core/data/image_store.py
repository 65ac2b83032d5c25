"""Image sets on disk: one folder of arrays and meta.json.

The files are pixels.npy, labels.npy, names.npy, official_test.npy and meta.json. A folder appears whole or not at
all: it is built under a temporary name beside its target and then moved.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DataError, InputError
from core.base.memmap import open_mapped
from core.base.types import UNKNOWN, Ids, ImageSet, Labels, QuarantinedFile
from core.data.class_names import added_names
from core.data.folder_scan import FolderListing
from core.data.image_io import Header, ImageFileError, decode, read_header, resize

SIZES = (32, 64, 96, 128, 224)
"""Sides (pixels) among which the size of a folder's images is chosen when none is given."""
SMALLEST, LARGEST = 8, 1024
CHUNK = 4096

Progress = Callable[[int, int], None]


def ingest_listing(
    listing: FolderListing, folder: Path, *, image_size: int | None = None, progress: Progress | None = None
) -> ImageSet:
    """Decode the listed files into a new image folder.

    Images are streamed to disk as squares; files that cannot be read are quarantined with the reason. One channel when
    all files are gray, else three.

    Args:
        listing: The files and their classes.
        folder: The folder to make.
        image_size: Side in pixels; None takes the one of SIZES nearest to the median of the longer sides.
        progress: Called with (done, total) files.

    Returns:
        The images, memory-mapped.

    Raises:
        InputError: The size is out of range, or a class has no readable image.
        DataError: The folder cannot be written.
    """
    if image_size is not None and not SMALLEST <= image_size <= LARGEST:
        raise InputError(f"Image size {image_size} is out of range: choose {SMALLEST} to {LARGEST} pixels.")
    headers, problems = _read_headers(listing)
    size = image_size or _choose_size(headers)
    channels = 1 if all(header.is_gray for header in headers.values()) else 3
    with _building(folder) as draft:
        kept, damaged = _write_pixels(listing, headers, draft / "pixels.npy", (size, size, channels), progress)
        order = {name: position for position, name in enumerate(listing.class_names)}
        given = [listing.classes[i] for i in kept]
        labels = np.array([UNKNOWN if name is None else order[name] for name in given], dtype=np.int64)
        _check_classes(labels, listing)
        names = np.array([listing.files[i].relative_to(listing.root).as_posix() for i in kept], dtype=np.str_)
        quarantined = (*listing.problems, *problems, *damaged)
        _write_rest(draft, labels, names, np.empty(0, np.int64), listing.class_names, quarantined)
    return open_images(folder)


def _read_headers(listing: FolderListing) -> tuple[dict[int, Header], list[QuarantinedFile]]:
    """Read the headers of the listed files.

    Returns:
        Headers by position in the listing, and the files that failed with the reason.
    """
    headers: dict[int, Header] = {}
    problems: list[QuarantinedFile] = []
    for position, path in enumerate(listing.files):
        try:
            headers[position] = read_header(path)
        except ImageFileError as error:
            problems.append(_quarantine(listing, position, error))
    if not headers:
        raise InputError(f"None of the {len(listing.files):,} files in {listing.root} can be read as an image.")
    return headers, problems


def _quarantine(listing: FolderListing, position: int, error: ImageFileError) -> QuarantinedFile:
    return QuarantinedFile(listing.files[position].relative_to(listing.root).as_posix(), error.reason)


def _choose_size(headers: dict[int, Header]) -> int:
    median = float(np.median([max(header.height, header.width) for header in headers.values()]))
    return min(SIZES, key=lambda size: abs(size - median))


def _write_pixels(
    listing: FolderListing,
    headers: dict[int, Header],
    path: Path,
    shape: tuple[int, int, int],
    progress: Progress | None,
) -> tuple[list[int], list[QuarantinedFile]]:
    """Stream decoded images into an .npy file.

    Returns:
        The positions that were written, and the files that failed.
    """
    kept: list[int] = []
    damaged: list[QuarantinedFile] = []
    with path.open("wb") as file:
        _write_header(file, (0, *shape))
        for done, position in enumerate(headers, start=1):
            try:
                pixels = resize(decode(listing.files[position]), *shape)
            except ImageFileError as error:
                damaged.append(_quarantine(listing, position, error))
            else:
                file.write(pixels.tobytes())
                kept.append(position)
            if progress is not None:
                progress(done, len(headers))
        file.seek(0)
        _write_header(file, (len(kept), *shape))
    return kept, damaged


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """Write the .npy header, whose length does not depend on the first axis."""
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})


def _check_classes(labels: Labels, listing: FolderListing) -> None:
    counts = np.bincount(labels[labels != UNKNOWN], minlength=len(listing.class_names))
    had_files = set(listing.classes)
    empty = [name for name, count in zip(listing.class_names, counts, strict=True) if count == 0 and name in had_files]
    if empty:
        raise InputError(
            f"No image of class {', '.join(empty)} in {listing.root} can be read: repair or remove that folder."
        )


def write_images(image_set: ImageSet, folder: Path) -> None:
    """Write an image set as a new folder.

    Args:
        image_set: The images.
        folder: The folder to make.

    Raises:
        DataError: The folder cannot be written or is already there.
    """
    with _building(folder) as draft:
        np.save(draft / "pixels.npy", image_set.pixels)
        _write_rest(
            draft, image_set.labels, image_set.names, image_set.official_test, image_set.class_names,
            image_set.quarantined,
        )  # fmt: skip


def _write_rest(
    draft: Path,
    labels: Labels,
    names: NDArray[np.str_],
    official_test: Ids,
    class_names: tuple[str, ...],
    quarantined: tuple[QuarantinedFile, ...],
) -> None:
    np.save(draft / "labels.npy", labels.astype(np.int64))
    np.save(draft / "names.npy", names)
    np.save(draft / "official_test.npy", official_test.astype(np.int64))
    meta = {"class_names": class_names, "quarantined": [[item.name, item.reason] for item in quarantined]}
    (draft / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")


@contextmanager
def _building(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder that replaces `folder` on success and vanishes on failure."""
    draft: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        yield draft
        draft.chmod(0o755)
        os.replace(draft, folder)
    except OSError as error:
        raise DataError(
            f"The images cannot be written to {folder}: {error.strerror or error}. Nothing was kept."
        ) from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)


def open_images(folder: Path) -> ImageSet:
    """Open an image folder memory-mapped and read-only.

    Args:
        folder: Folder that `write_images` or `ingest_listing` wrote.

    Returns:
        The images.

    Raises:
        DataError: A file is missing or damaged; the sentence names it.
    """
    pixels = _load(folder / "pixels.npy")
    labels, names, official_test = (_load(folder / f"{name}.npy") for name in ("labels", "names", "official_test"))
    own_names, quarantined = _load_meta(folder / "meta.json")
    class_names = (*own_names, *added_names(folder))
    if pixels.ndim != 4 or pixels.dtype != np.uint8 or not len(pixels) == len(labels) == len(names):
        raise DataError(f"The files in {folder} do not belong together: create the project again from its source.")
    if len(labels) and not UNKNOWN <= labels.min() <= labels.max() < len(class_names):
        raise DataError(f"{folder / 'labels.npy'} holds labels outside the {len(class_names)} classes: create again.")
    return ImageSet(pixels, labels, class_names, names, official_test, quarantined)


def _load(path: Path) -> NDArray[Any]:
    try:
        return open_mapped(path)
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing: create the project again from its source.") from error
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} is damaged or cut short ({error}): create the project again.") from error


def _load_meta(path: Path) -> tuple[tuple[str, ...], tuple[QuarantinedFile, ...]]:
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
        return tuple(meta["class_names"]), tuple(QuarantinedFile(name, reason) for name, reason in meta["quarantined"])
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing: create the project again from its source.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is damaged ({error}): create the project again from its source.") from error


def fingerprint(image_set: ImageSet) -> str:
    """Return the sha256 (hex) of pixels, shape, labels and class names.

    Equal exactly when the data are equal.
    """
    about = json.dumps([list(image_set.pixels.shape), list(image_set.class_names)])
    digest = hashlib.sha256(about.encode())
    for start in range(0, len(image_set.pixels), CHUNK):
        digest.update(np.ascontiguousarray(image_set.pixels[start : start + CHUNK]).tobytes())
    digest.update(np.ascontiguousarray(image_set.labels, dtype="<i8").tobytes())
    return digest.hexdigest()
