"""Sorted index of a run's pool: scores, orders and bins as mapped files.

It is derived: the training worker makes it when a run ends, so that the first page need not wait. Where it is missing,
or logits, temperature or pool differ, it is made on request; where the folder cannot be written, all stays in memory.
"""

import shutil
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.drafts import draft_folder
from core.base.errors import DataError, InputError
from core.base.types import Ids
from core.data.classes.merged_run import MergedRunFolder
from core.scoring.histograms import bin_of
from core.scoring.scores import RANKINGS, Scores, order, score
from core.store.files import load_array, read_json, save_array, write_json
from core.store.run_folder import RunFolder

FORMAT = 1
BINS = 1000
LEAST = 100_000
"""Smallest pool that keeps an index; smaller ones are scored in a moment."""
NO_SUGGESTIONS = "There are no suggestions yet: label at least two images each of two classes first."
EMPTY_POOL = (
    "The pool is empty: every image has a given label. Find wrong labels with: winnow label-issues {path}; take new "
    "images in with: winnow add {path} FOLDER"
)
ORDERED = ("entropy", "confidence", "margin")


@dataclass(frozen=True)
class PoolScores:
    """Scores of n images; row i belongs to image ids[i].

    The images are the pool unless said otherwise.

    Attributes:
        ids: Image ids (n,), sorted.
        scores: Confidence, entropy, margin and pseudo-label, one row per image.
        temperature: Temperature that divided the logits, above 0.
        orders: Ranking → rows (n,), highest first, where an index keeps them.
        bins: Score → bin (n,) of each row, 0 to 999, where an index keeps them.
        has_suggestions: Whether the model has seen labels of two classes; else every class is as likely.
    """

    ids: Ids  # (n,) sorted
    scores: Scores
    temperature: float
    orders: Mapping[str, Ids] = field(default_factory=dict)
    bins: Mapping[str, NDArray[np.uint16]] = field(default_factory=dict)
    has_suggestions: bool = True

    def check_suggestions(self) -> None:
        """Raise InputError where the model has no suggestions yet."""
        if not self.has_suggestions:
            raise InputError(NO_SUGGESTIONS)

    def row_of(self, image: int | None) -> int | None:
        """Return the row of an image.

        Args:
            image: Id of the image; None stands for no image.

        Returns:
            The row, 0 to n - 1; None where the image is not among them.
        """
        row = int(np.searchsorted(self.ids, -1 if image is None else image))
        return row if row < len(self.ids) and self.ids[row] == image else None

    def without(self, ids: Ids) -> "PoolScores":
        """Return the scores of all images but some; orders and bins stay those of an index.

        Args:
            ids: Images to leave out, sorted; some may not be among these.
        """
        kept = ~np.isin(self.ids, ids, assume_unique=True)
        if kept.all():
            return self
        columns = ("confidence", "entropy", "margin", "pseudo_labels")
        scores = replace(self.scores, **{name: getattr(self.scores, name)[kept] for name in columns})
        row = np.cumsum(kept) - 1
        orders = {name: row[ordered[kept[ordered]]] for name, ordered in self.orders.items()}
        bins = {name: values[kept] for name, values in self.bins.items()}
        return replace(self, ids=self.ids[kept], scores=scores, orders=orders, bins=bins)


def score_images(folder: RunFolder, ids: Ids) -> PoolScores:
    """Score images under a finished run, at its temperature.

    Args:
        folder: The run.
        ids: The images, sorted.

    Returns:
        Scores, one row an image.
    """
    temperature = folder.temperature()
    scores = score(np.asarray(folder.logits()[ids]), temperature)
    return PoolScores(ids, scores, temperature, has_suggestions=has_suggestions(folder))


def pool_scores(folder: RunFolder, ids: Ids) -> PoolScores:
    """Score the pool under a finished run, from its index where one fits.

    Args:
        folder: The run.
        ids: The pool, sorted.

    Returns:
        Scores; with orders and bins where an index keeps them.
    """
    return _load(_index_folder(folder), folder) if ensure_index(folder, ids) else score_images(folder, ids)


def has_suggestions(folder: RunFolder) -> bool:
    """Return whether a run's model has seen labels of two classes."""
    return bool(folder.calibration().get("has_suggestions", True))


def needs_index(ids: Ids) -> bool:
    """Return whether a pool is large enough for an index."""
    return len(ids) >= LEAST


def ensure_index(folder: RunFolder, ids: Ids) -> bool:
    """Make the pool's index beside the logits unless a fitting one is there.

    Args:
        folder: The run.
        ids: The pool, sorted.

    Returns:
        Whether an index is there now; small pools and read-only folders have none.
    """
    if not needs_index(ids):
        return False
    key = _key(folder, ids)
    with suppress(DataError):
        if read_json(_index_folder(folder) / "index.json") == key:
            return True
    try:
        _make(_index_folder(folder), folder, ids, key)
    except (DataError, OSError):
        return False
    return True


def _index_folder(folder: RunFolder) -> Path:
    return folder.path / "predictions" / "index"


def _key(folder: RunFolder, ids: Ids) -> dict[str, Any]:
    """Return what the index depends on."""
    file = (folder.path / "predictions" / "logits.npy").stat()
    pool = zlib.crc32(np.ascontiguousarray(ids).data)
    merged = [list(pair) for pair in sorted(folder.merged.items())] if isinstance(folder, MergedRunFolder) else []
    return {"format": FORMAT, "logits": [file.st_mtime_ns, file.st_size], "temperature": folder.temperature(),
            "num": len(ids), "pool": pool, **({"merged": merged} if merged else {})}  # fmt: skip


def _make(target: Path, folder: RunFolder, ids: Ids, key: dict[str, Any]) -> None:
    """Write the index under another name, then move it into place."""
    draft = draft_folder(target.parent, ".index-")
    try:
        scores = score(_of_pool(folder.logits(), ids), folder.temperature())
        save_array(draft / "ids.npy", ids)
        for name in ("confidence", "entropy", "margin", "pseudo_labels"):
            save_array(draft / f"{name}.npy", getattr(scores, name))
        for name in ORDERED:
            save_array(draft / f"order_{name}.npy", order(RANKINGS[name](scores)))
            high = max(1e-6, float(np.log2(scores.num_classes))) if name == "entropy" else 1.0
            save_array(draft / f"bins_{name}.npy", bin_of(getattr(scores, name), BINS, 0.0, high).astype(np.uint16))
        write_json(draft / "meta.json", {"num_classes": scores.num_classes})
        write_json(draft / "index.json", key)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _of_pool(logits: NDArray[np.float32], ids: Ids) -> NDArray[np.float32]:
    """Return the pool's rows, as a view where they are consecutive.

    A large file is then not copied.
    """
    is_run = len(ids) and int(ids[-1]) - int(ids[0]) + 1 == len(ids)
    return logits[int(ids[0]) : int(ids[-1]) + 1] if is_run else np.asarray(logits[ids])


def _load(target: Path, folder: RunFolder) -> PoolScores:
    arrays = {name: load_array(target / f"{name}.npy") for name in ("confidence", "entropy", "margin", "pseudo_labels")}
    scores = Scores(**arrays, num_classes=int(read_json(target / "meta.json")["num_classes"]))
    orders, bins = ({n: load_array(target / f"{kind}_{n}.npy") for n in ORDERED} for kind in ("order", "bins"))
    return PoolScores(
        load_array(target / "ids.npy"), scores, folder.temperature(), orders, bins, has_suggestions(folder)
    )
