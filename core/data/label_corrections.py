"""Corrections of given labels: a small file beside the project, derived from the decision log.

The log is the truth; the file lets everything that reads labels, in any process, see the corrected ones without it. A
run freezes a copy in its own folder when it is prepared, so that a resumed run trains on what it began with.
"""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.base.errors import DataError
from core.base.types import UNKNOWN, Ids, ImageSet, Labels, Splits
from core.data.groups.split_changes import with_changes
from core.data.hidden.hidden_images import load_hidden
from core.store.files import load_arrays, save_arrays

FILE = "corrected_labels.npz"


def save_corrections(folder: Path, given: Labels, corrected: Labels) -> None:
    """Write the labels that differ from the given ones; nothing where the file says so already.

    Args:
        folder: The project folder.
        given: (N,) labels as they were given.
        corrected: (N,) labels after the decisions about them.

    Raises:
        DataError: The file cannot be written.
    """
    ids = np.flatnonzero(given != corrected)
    known, labels = _load(folder)
    if not np.array_equal(known, ids) or not np.array_equal(labels, corrected[ids]):
        save_arrays(folder / FILE, {"ids": ids, "labels": corrected[ids]})


def freeze_corrections(project: Path, run: Path) -> None:
    """Copy the corrections of a project into the folder of a run that begins."""
    if (project / FILE).exists():
        shutil.copyfile(project / FILE, run / FILE)


def corrections_version(folder: Path) -> int:
    """Return a number that changes when the corrections of a folder do; 0 without any."""
    try:
        return (folder / FILE).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def with_corrections(images: ImageSet, splits: Splits, folder: Path) -> tuple[ImageSet, Splits]:
    """Return images and parts as corrections, changes of the split and hidden images of a folder leave them.

    An image whose label was withdrawn leaves the labeled, val and test parts; a calibration image becomes unlabeled. A
    hidden image is in no part.

    Args:
        images: Images with the given labels.
        splits: The parts as they were drawn.
        folder: Of a project, or of a run that froze them.

    Raises:
        DataError: A file is damaged.
    """
    images, splits = with_all_images(images, splits, folder)
    return images, load_hidden(folder, len(images.labels)).without(splits)


def with_all_images(images: ImageSet, splits: Splits, folder: Path) -> tuple[ImageSet, Splits]:
    """Return what `with_corrections` does, the hidden images included.

    Args:
        images: Images with the given labels.
        splits: The parts as they were drawn.
        folder: Of a project, or of a run that froze them.

    Raises:
        DataError: A file is damaged.
    """
    splits, (ids, labels) = with_changes(splits, folder), _load(folder)
    if not len(ids):
        return images, splits
    corrected = np.array(images.labels)
    corrected[ids] = labels
    corrected.setflags(write=False)
    return replace(images, labels=corrected), _without(splits, ids[labels == UNKNOWN])


def _without(splits: Splits, withdrawn: Ids) -> Splits:
    if not len(withdrawn):
        return splits
    parts = {name: getattr(splits, name) for name in ("labeled", "val", "calibration", "test")}
    kept = {name: ids[~np.isin(ids, withdrawn)] for name, ids in parts.items()}
    hidden = splits.calibration[np.isin(splits.calibration, withdrawn)]
    return replace(splits, **kept, unlabeled=np.union1d(splits.unlabeled, hidden))


def _load(folder: Path) -> tuple[Ids, Labels]:
    file, none = folder / FILE, np.empty(0, dtype=np.int64)
    if not file.exists():
        return none, none
    stored = load_arrays(file)
    try:
        return stored["ids"].astype(np.int64), stored["labels"].astype(np.int64)
    except KeyError as error:
        raise DataError(f"{file} is damaged: remove it, and open the project again to make it anew.") from error
