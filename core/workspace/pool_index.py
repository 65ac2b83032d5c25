"""The sorted index of a run's pool: scores, orders and bins, kept beside the logits and mapped into memory.

It is derived: the engine makes it when a run ends, so that the first page need not wait. Where it is missing, or
logits, temperature or pool differ, it is made when it is asked for; where the folder cannot be written, all stays in
memory.
"""

import shutil
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DataError
from core.base.types import Ids
from core.scoring.histograms import bin_of
from core.scoring.scores import RANKINGS, Scores, order, score
from core.store.files import load_array, read_json, save_array, write_json
from core.store.run_folder import RunFolder

FORMAT = 1
BINS = 1000
LEAST = 100_000
"""Smaller pools are scored in a moment and keep no index."""
ORDERED = ("entropy", "confidence", "margin")


@dataclass(frozen=True)
class PoolScores:
    """Scores of n images, row i belonging to image ids[i]; the pool unless said otherwise."""

    ids: Ids  # (n,) sorted
    scores: Scores
    temperature: float
    orders: Mapping[str, Ids] = field(default_factory=dict)  # rows in the order of a ranking, where an index keeps them
    bins: Mapping[str, NDArray[np.uint16]] = field(default_factory=dict)  # bin of each row, 1,000 per score, likewise

    def row_of(self, image: int | None) -> int | None:
        """The row of an image, None where it is not among them."""
        row = int(np.searchsorted(self.ids, -1 if image is None else image))
        return row if row < len(self.ids) and self.ids[row] == image else None


def score_images(folder: RunFolder, ids: Ids) -> PoolScores:
    """Scores of the named images under a finished run, at its temperature."""
    temperature = folder.temperature()
    return PoolScores(ids, score(np.asarray(folder.logits()[ids]), temperature), temperature)


def pool_scores(folder: RunFolder, ids: Ids) -> PoolScores:
    """Scores of the pool with its orders, from the index where there is one that fits."""
    return _load(_place(folder), folder.temperature()) if ensure_index(folder, ids) else score_images(folder, ids)


def needs_index(ids: Ids) -> bool:
    """Whether a pool is worth an index."""
    return len(ids) >= LEAST


def ensure_index(folder: RunFolder, ids: Ids) -> bool:
    """Whether an index of the pool now lies beside the logits, made where there was none; small pools have none."""
    if not needs_index(ids):
        return False
    key = _key(folder, ids)
    with suppress(DataError):
        if read_json(_place(folder) / "index.json") == key:
            return True
    try:
        _make(_place(folder), folder, ids, key)
    except (DataError, OSError):
        return False
    return True


def _place(folder: RunFolder) -> Path:
    return folder.path / "predictions" / "index"


def _key(folder: RunFolder, ids: Ids) -> dict[str, Any]:
    """What the index depends on."""
    file = (folder.path / "predictions" / "logits.npy").stat()
    pool = zlib.crc32(np.ascontiguousarray(ids).data)
    return {"format": FORMAT, "logits": [file.st_mtime_ns, file.st_size], "temperature": folder.temperature(),
            "num": len(ids), "pool": pool}  # fmt: skip


def _make(place: Path, folder: RunFolder, ids: Ids, key: dict[str, Any]) -> None:
    """Write it whole under another name, then move it into place."""
    draft = Path(tempfile.mkdtemp(prefix=".index-", dir=place.parent))
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
        draft.chmod(0o755)
        shutil.rmtree(place, ignore_errors=True)
        draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _of_pool(logits: NDArray[np.float32], ids: Ids) -> NDArray[np.float32]:
    """The pool's rows: a view where they follow each other, so that a large file is not copied."""
    is_run = len(ids) and int(ids[-1]) - int(ids[0]) + 1 == len(ids)
    return logits[int(ids[0]) : int(ids[-1]) + 1] if is_run else np.asarray(logits[ids])


def _load(place: Path, temperature: float) -> PoolScores:
    arrays = {name: load_array(place / f"{name}.npy") for name in ("confidence", "entropy", "margin", "pseudo_labels")}
    scores = Scores(**arrays, num_classes=int(read_json(place / "meta.json")["num_classes"]))
    orders, bins = ({n: load_array(place / f"{kind}_{n}.npy") for n in ORDERED} for kind in ("order", "bins"))
    return PoolScores(load_array(place / "ids.npy"), scores, temperature, orders, bins)
