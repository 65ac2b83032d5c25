"""Small label tables for tests of exports."""

from pathlib import Path
from typing import Any

import numpy as np

from core.data.sources.source_roots import SourceRoots
from core.export.label_table import LabelTable

CLASSES = ["T-shirt/top", 'Größe, "大"']


def small_table(originals: Path | None = None, classes: list[str] | None = None, **changed: list[Any]) -> LabelTable:
    """Return four labels in two splits; given columns replace the usual ones, and `classes` their names."""
    classes = classes or CLASSES
    labels = changed.get("label", [0, 1, 0, 1])
    columns: dict[str, Any] = {
        "image_id": [1, 3, 4, 5],
        "name": ["a\nb.png", "x,y.png", "ü.png", "deep/ü.png"],
        "label": labels,
        "label_name": [classes[label] if label >= 0 else "" for label in labels],
        "source": ["given", "corrected", "bulk", "given"],
        "weight": np.array([1, 1, 0.5, 1], dtype=np.float32),
        "verdict": ["given", "relabel", "bulk_accept", "given"],
        "decision": [0, 5, 6, 0],
        "run_id": ["", "001", "001", ""],
        "confidence": np.array([np.nan, 0.25, 0.75, np.nan], dtype=np.float32),
        "rule": ["", "", "fixed_threshold", ""],
        "parameters": ["", "", "threshold=0.7", ""],
        "reviewer": ["", "ann", "me", ""],
        "time": ["", "2026", "2026", ""],
        "split": ["train", "train", "train", "val"],
    }
    info = {"project": "Kleider", "fingerprint": "f", "curated": "d", "classes": classes, "labels": {"given": 2}}
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 10, 1)).astype(np.uint8)
    table = {name: np.asarray(column) for name, column in (columns | changed).items()}
    return LabelTable(table, info, pixels, None if originals is None else SourceRoots((0,), (str(originals),)))
