"""Val images of a project whose split has none: random images of the pool that a person answered blind.

A run freezes them in its own folder when it is prepared: its worker, which never opens the decision log, fits the
temperature and chooses the checkpoint on them. They stay in the pool, as calibration images do.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from core.base.errors import DataError
from core.base.types import Ids, ImageSet, Labels, Splits
from core.store.files import load_arrays, save_arrays

FILE = "drawn_val.npz"


def save_drawn_val(run: Path, ids: Ids, labels: Labels) -> None:
    """Write the drawn val images of a run that begins.

    Args:
        run: Its folder.
        ids: (n,) images, sorted.
        labels: (n,) their classes, as they were answered.

    Raises:
        DataError: The file cannot be written.
    """
    save_arrays(run / FILE, {"ids": ids, "labels": labels})


def drawn_val(run: Path) -> tuple[Ids, Labels]:
    """Return the drawn val images of a run and their classes; none where its split has val images of its own.

    Args:
        run: Its folder.

    Raises:
        DataError: The file is damaged.
    """
    file = run / FILE
    if not file.exists():
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    stored = load_arrays(file)
    try:
        return stored["ids"].astype(np.int64), stored["labels"].astype(np.int64)
    except KeyError as error:
        raise DataError(f"{file} is damaged: start the run again.") from error


def with_drawn_val(images: ImageSet, splits: Splits, run: Path) -> tuple[ImageSet, Splits]:
    """Return images and parts in which the drawn val images of a run are val, and still in the pool.

    Args:
        images: Images with the given labels.
        splits: The parts.
        run: Folder of the run.

    Raises:
        DataError: The file is damaged.
    """
    ids, known = drawn_val(run)
    if not len(ids):
        return images, splits
    labels = np.array(images.labels)
    labels[ids] = known
    labels.setflags(write=False)
    return replace(images, labels=labels), replace(splits, val=ids)
