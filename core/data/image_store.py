"""Image sets on disk: one folder of arrays and meta.json.

The files are pixels.npy, labels.npy, names.npy, official_test.npy and meta.json; given_splits.npy, groups.npy,
digests.npy and metadata.parquet where the source has them. A folder appears whole or not at all: it is built under a
temporary name beside its target and then moved.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.drafts import draft_folder
from core.base.errors import DataError, not_allowed
from core.base.memmap import open_mapped, release_pages
from core.base.types import UNKNOWN, ImageSet, QuarantinedFile
from core.base.untrusted.json_text import parse_json
from core.data.classes.added_classes import added_names
from core.data.classes.class_edits import class_table, read_edits

CHUNK = 4096


def write_images(image_set: ImageSet, folder: Path) -> None:
    """Write an image set as a new folder.

    Args:
        image_set: The images.
        folder: The folder to make.

    Raises:
        DataError: The folder cannot be written or is already there.
    """
    with building_images(folder) as draft:
        np.save(draft / "pixels.npy", image_set.pixels)
        write_rest(draft, image_set)


def write_rest(draft: Path, image_set: ImageSet) -> None:
    """Write all of an image set but its pixels.

    Args:
        draft: The folder.
        image_set: The images; their pixels are not looked at.
    """
    np.save(draft / "labels.npy", image_set.labels.astype(np.int64))
    np.save(draft / "names.npy", image_set.names)
    np.save(draft / "official_test.npy", image_set.official_test.astype(np.int64))
    if image_set.given_splits is not None:
        np.save(draft / "given_splits.npy", image_set.given_splits.astype(np.int8))
    if image_set.groups is not None:
        np.save(draft / "groups.npy", image_set.groups.astype(np.int64))
    write_meta(draft, image_set.class_names, image_set.quarantined, image_set.facts)


def write_meta(
    folder: Path, class_names: tuple[str, ...], quarantined: tuple[QuarantinedFile, ...], facts: Mapping[str, Any]
) -> None:
    """Write meta.json of an image folder, replacing one that is there.

    Args:
        folder: The image folder.
        class_names: The classes that the source has.
        quarantined: Files left out.
        facts: How the source was read.
    """
    meta = {
        "class_names": class_names,
        "quarantined": [[item.name, item.reason] for item in quarantined],
        **({"facts": dict(facts)} if facts else {}),
    }
    file = folder / "meta.json"
    draft = file.with_name(".meta.json.new")
    draft.write_text(json.dumps(meta, indent=1), encoding="utf-8")
    os.replace(draft, file)


@contextmanager
def building_images(folder: Path, draft: Path | None = None) -> Iterator[Path]:
    """Yield a temporary folder that replaces `folder` on success and vanishes on failure.

    Args:
        folder: The folder to make.
        draft: Temporary folder of a name that is found again after a kill; None: of a new name.

    Raises:
        DataError: It cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if draft is None:
            draft = draft_folder(folder.parent, f".{folder.name}-")
        draft.mkdir(exist_ok=True)
        yield draft
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
        folder: Folder that `write_images` or `ingest_images` wrote.

    Returns:
        The images.

    Raises:
        DataError: A file is missing or damaged; the sentence names it.
    """
    pixels = _load(folder / "pixels.npy")
    labels, names, official_test = (_load(folder / f"{name}.npy") for name in ("labels", "names", "official_test"))
    own_names, quarantined, facts = _load_meta(folder / "meta.json")
    table = class_table((*own_names, *added_names(folder)), read_edits(folder))
    class_names = table.names
    if (folder / "digests.npy").exists() and labels.ndim == 1:  # an addition that broke off left longer arrays
        pixels, names = pixels[: len(labels)], names[: len(labels)]
    if pixels.ndim != 4 or pixels.dtype != np.uint8 or not len(pixels) == len(labels) == len(names):
        raise DataError(f"The files in {folder} do not belong together: create the project again from its source.")
    if len(labels) and not UNKNOWN <= labels.min() <= labels.max() < len(class_names):
        raise DataError(f"{folder / 'labels.npy'} holds labels outside the {len(class_names)} classes: create again.")
    given_splits, groups = (_load_column(folder / f"{name}.npy", len(pixels)) for name in ("given_splits", "groups"))
    merged = table.merge_labels(labels)
    return ImageSet(pixels, merged, class_names, names, official_test, quarantined, given_splits, groups, facts)


def own_class_names(folder: Path) -> tuple[str, ...]:
    """Return the names that classes were made with, before any edit.

    Args:
        folder: An image folder.
    """
    return (*_load_meta(folder / "meta.json")[0], *added_names(folder))


def own_source_names(folder: Path) -> tuple[str, ...]:
    """Return the classes that the source of an image folder had, under the names that it gave them."""
    return _load_meta(folder / "meta.json")[0]


def _load_column(path: Path, num: int) -> NDArray[Any] | None:
    """Load an array that older projects and other sources do not have."""
    if not path.exists():
        return None
    column = _load(path)
    column = column[:num]
    if column.shape != (num,):
        raise DataError(f"{path} does not fit the {num:,} images: create the project again from its source.")
    return column


def _load(path: Path) -> NDArray[Any]:
    try:
        return open_mapped(path)
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing: create the project again from its source.") from error
    except PermissionError as error:
        raise not_allowed(path) from error
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} is damaged or cut short ({error}): create the project again.") from error


def _load_meta(path: Path) -> tuple[tuple[str, ...], tuple[QuarantinedFile, ...], dict[str, Any]]:
    try:
        meta = parse_json(path.read_text(encoding="utf-8"))
        quarantined = tuple(QuarantinedFile(name, reason) for name, reason in meta["quarantined"])
        names = meta["class_names"]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise TypeError("its class names are no list of texts")
        return tuple(names), quarantined, dict(meta.get("facts", {}))
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing: create the project again from its source.") from error
    except PermissionError as error:
        raise not_allowed(path) from error
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
        release_pages(image_set.pixels)
    digest.update(np.ascontiguousarray(image_set.labels, dtype="<i8").tobytes())
    return digest.hexdigest()
