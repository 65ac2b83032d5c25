"""Predictions of an exported model for a folder of images, in any format of labels."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import InputError
from core.data.sources.source_roots import SourceRoots
from core.export.export import write_labels
from core.export.kinds import EXPORTS
from core.export.label_table import ExportOptions, LabelTable
from core.predictions.folder_predictions import FolderPredictions

PREDICTED = "predicted"
"""Source of a predicted label: it is none that a person gave."""


def write_predicted_labels(
    kind: str, found: FolderPredictions, images: Path, model: str, folder: Path, options: ExportOptions | None = None
) -> Path:
    """Write predictions in a format of EXPORTS.

    Tools that know predictions (Label Studio, FiftyOne) get the suggestion of every image as one. In other formats it
    is the label, with the source "predicted"; of images below the threshold only tables have a row, without a label.

    Args:
        kind: One of EXPORTS.
        found: The predictions.
        images: The folder that was predicted.
        model: Name of the model.
        folder: New, empty, or an earlier export, which is replaced.
        options: How files come along: copy, hardlink or symlink.

    Returns:
        The main file, or the folder.

    Raises:
        InputError: The images would have to be resized, no label can be written, or the folder holds other files.
    """
    options = options or ExportOptions()
    if options.files == "resized":
        raise InputError("Predictions go out with the original files: choose copy, hardlink or symlink.")
    table = _table(found, images, model, as_labels=not EXPORTS[kind].has_unlabeled)
    if EXPORTS[kind].has_images and not EXPORTS[kind].has_unlabeled:
        table = table.where(table.columns["label"] >= 0)
        if not len(table):
            raise InputError(f"No image reaches the threshold, so that a {kind} export would hold none: lower it.")
    return write_labels(
        kind, table, folder, replace(options, files="copy" if options.files == "auto" else options.files)
    )


def _table(found: FolderPredictions, images: Path, model: str, *, as_labels: bool) -> LabelTable:
    num, columns = len(found.names), found.columns()
    is_label = (found.confidence >= (found.threshold or 0)) & as_labels
    limit = "" if found.threshold is None else f"threshold={found.threshold:g}"
    label = np.where(is_label, found.probs.argmax(axis=1) if num else 0, -1).astype(np.int64)
    texts = {
        **dict.fromkeys(("run_id", "reviewer", "time"), ""), "source": PREDICTED, "verdict": PREDICTED,
        "split": "train" if as_labels else "unlabeled",
        "rule": "fixed_threshold" if limit else "", "parameters": limit,
    }  # fmt: skip
    probs = {name: np.asarray(values) for name, values in columns.items() if name.startswith("prob_")}
    table: dict[str, Any] = {
        **{name: np.full(num, text) for name, text in texts.items()},
        "image_id": np.arange(num), "name": np.asarray(found.names, dtype=np.str_), "label": label,
        "label_name": np.asarray([found.class_names[k] if k >= 0 else "" for k in label.tolist()], dtype=np.str_),
        "weight": np.ones(num, np.float32), "decision": np.zeros(num, np.int64), "confidence": found.confidence,
        "predicted": np.asarray(columns["suggestion"], dtype=np.str_), "predicted_confidence": found.confidence,
        **probs,
    }  # fmt: skip
    info = {
        "project": model, "model": model, "classes": list(found.class_names),
        "labels": {PREDICTED: int(is_label.sum())},
        "threshold": found.threshold, "predictions_of": model, "fingerprint": "", "curated": "",
    }  # fmt: skip
    root = str(images.expanduser().resolve())
    return LabelTable(
        table, info, np.empty((0, 1, 1, 1), np.uint8), SourceRoots((0,), (root,)), dict.fromkeys(probs, "float64")
    )
