"""Changes of a split after it was drawn: held-out images that stop counting, or train instead.

The split as it was drawn stays in splits.npz; the changes are a small file beside it. A run freezes a copy in its own
folder when it is prepared, so that its numbers can be read together with the images that they were computed on.
"""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.base.errors import DataError
from core.base.types import Ids, Splits
from core.store.files import load_arrays, save_arrays

FILE = "split_changes.npz"
SET_ASIDE, MOVED = "set-aside", "move"
FIXES = (SET_ASIDE, MOVED)
"""What becomes of held-out images that leak: they stop counting, or they train."""
HELD_OUT = ("val", "calibration", "test")
"""Parts whose images may not share a group with one that trains."""


def change_splits(project: Path, ids: Ids, fix: str) -> None:
    """Record that held-out images stop counting, or train; DataError where it cannot be stored.

    Args:
        project: The project folder.
        ids: (n,) images.
        fix: One of FIXES.
    """
    known, trains = _load(project)
    kept = ~np.isin(known, ids)
    order = np.argsort(np.concatenate([known[kept], ids]), kind="stable")
    new = np.full(len(ids), fix == MOVED)
    arrays = {"ids": np.concatenate([known[kept], ids])[order], "trains": np.concatenate([trains[kept], new])[order]}
    save_arrays(project / FILE, arrays)


def undo_changes(project: Path) -> None:
    """Forget all changes: the split is again as it was drawn."""
    (project / FILE).unlink(missing_ok=True)


def freeze_changes(project: Path, run: Path) -> None:
    """Copy the changes of a project into the folder of a run that begins."""
    if (project / FILE).exists():
        shutil.copyfile(project / FILE, run / FILE)


def changed_since(project: Path, run: Path) -> int:
    """Return how many images were in another part when a run began.

    Args:
        project: The project folder.
        run: The folder of the run.
    """
    now, then = _load(project), _load(run)
    ids = np.union1d(now[0], then[0])
    return int(sum(_fate(now, image) != _fate(then, image) for image in ids.tolist()))


def changes_version(folder: Path) -> int:
    """Return a number that changes when the changes of a folder do; 0 without any."""
    try:
        return (folder / FILE).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def with_changes(splits: Splits, folder: Path) -> Splits:
    """Return a split with the changes of a folder; applied twice it is the same.

    A calibration image that stops counting is unlabeled then: it stays in the pool.

    Args:
        splits: The parts as they were drawn.
        folder: Of a project, or of a run that froze the changes.

    Raises:
        DataError: The file is damaged.
    """
    ids, trains = _load(folder)
    if not len(ids):
        return splits
    parts = {name: getattr(splits, name) for name in HELD_OUT}
    here = ids[np.isin(ids, np.concatenate([*parts.values(), splits.labeled, splits.set_aside]))]
    moved = ids[trains & np.isin(ids, here)]
    aside = ids[~trains & np.isin(ids, here)]
    return replace(
        splits,
        **{name: part[~np.isin(part, ids)] for name, part in parts.items()},
        labeled=np.union1d(splits.labeled, moved),
        unlabeled=np.union1d(splits.unlabeled, aside[np.isin(aside, splits.calibration)]),
        set_aside=np.union1d(splits.set_aside, aside[~np.isin(aside, splits.pool)]),
    )


def _fate(changes: tuple[Ids, Ids], image: int) -> str:
    ids, trains = changes
    row = int(np.searchsorted(ids, image))
    return str(bool(trains[row])) if row < len(ids) and ids[row] == image else ""


def _load(folder: Path) -> tuple[Ids, Ids]:
    file = folder / FILE
    if not file.exists():
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.bool_)
    stored = load_arrays(file)
    try:
        return stored["ids"].astype(np.int64), stored["trains"].astype(np.bool_)
    except KeyError as error:
        raise DataError(f"{file} is damaged: remove it to use the split as it was drawn.") from error
