"""Make projects of any size from tiled images and synthetic logits.

They are written straight to disk as a finished run would write them.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import Project, RunStatus, SplitConfig, TrainConfig
from core.base.types import RunRecord, Splits
from core.data.splits import save_splits
from core.store.run_folder import RunFolder

RUN = "001-supervised-small_cnn"
LABELED, KNOWN = 40, 2000
_CHUNK = 65_536


def synthetic_project(
    path: Path, *, num_images: int, num_classes: int = 10, tiles: NDArray[np.uint8] | None = None, seed: int = 0
) -> Project:
    """A project whose pool has num_images images, with one finished run; tiles (n, H, W, C) are repeated.

    Confidence is spread as a trained model's is: many sure ones, a long tail of doubtful ones.
    """
    rng = np.random.default_rng(seed)
    total = LABELED + num_images
    shown = rng.integers(0, 255, (64, 28, 28, 1), dtype=np.uint8) if tiles is None else tiles
    (path / "images").mkdir(parents=True)
    _images(path / "images", rng.integers(0, num_classes, total), num_classes, shown)
    known = np.arange(LABELED, LABELED + min(KNOWN, num_images // 4))
    rest = np.arange(LABELED + len(known), total)
    nothing = np.empty(0, dtype=np.int64)
    splits = Splits(np.arange(LABELED), nothing, known, rest, nothing, SplitConfig(), nothing)
    save_splits(splits, path / "splits.npz")
    facts = {"format": 1, "name": path.name, "source": "synthetic", "created": "2026-01-01T00:00:00+00:00",
             "fingerprint": f"{seed:08d}synthetic", "num_duplicates": 0}  # fmt: skip
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in facts.items()]
    (path / "project.toml").write_text("".join(lines), encoding="utf-8")
    _run(path, total, num_classes, rng)
    project = Project.open(path)
    project.live.set_interval(0)  # queues keep their order, also after many decisions
    return project


def _images(folder: Path, labels: NDArray[np.int64], num_classes: int, tiles: NDArray[np.uint8]) -> None:
    pixels = _array(folder / "pixels.npy", np.uint8, (len(labels), *tiles.shape[1:]))
    for rows in _chunks(len(labels)):
        pixels[rows] = tiles[rows % len(tiles)]
    np.save(folder / "labels.npy", labels)
    np.save(folder / "names.npy", np.arange(len(labels)).astype("<U8"))
    np.save(folder / "official_test.npy", np.empty(0, dtype=np.int64))
    meta = {"class_names": [f"class {number}" for number in range(num_classes)], "quarantined": []}
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")


def _run(path: Path, total: int, num_classes: int, rng: np.random.Generator) -> None:
    config = TrainConfig()
    record = RunRecord(1, RUN, config, None, None, "synthetic", "2026-01-01T00:00:00+00:00", {})
    folder = RunFolder.create(path / "runs", record)
    place = folder.path / "predictions"
    logits = _array(place / "logits.npy", np.float32, (total, num_classes))
    features = _array(place / "features.npy", np.float16, (total, 8))
    for rows in _chunks(total):
        part = rng.standard_normal((len(rows), num_classes), dtype=np.float32)
        sure = rng.gamma(2.0, 2.5, len(rows)).astype(np.float32)
        part[np.arange(len(rows)), rng.integers(0, num_classes, len(rows))] += sure
        logits[rows] = part
        features[rows] = rng.standard_normal((len(rows), 8), dtype=np.float32)
    folder.write_status(RunStatus("done", "Synthetic."))


def _array(path: Path, kind: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """A .npy file to be filled in place; an empty one cannot be mapped and is written at once."""
    if 0 in shape:
        np.save(path, np.empty(shape, dtype=kind))
        return np.empty(shape, dtype=kind)
    return np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=shape)


def _chunks(total: int) -> Iterator[NDArray[np.int64]]:
    for start in range(0, total, _CHUNK):
        yield np.arange(start, min(total, start + _CHUNK))
