"""Predictions of an exported model for a folder of images, as CSV, Parquet or JSON lines."""

import csv
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.base.errors import InputError, unknown_name
from core.data.classes.class_names import without_formula
from core.data.image_io import SUFFIXES, ImageFileError, read_image
from core.data.sources.folder_scan import natural_key
from core.predictions.model_folder import ModelFolder
from core.store.files import replace_file

DONT_KNOW = "don't know"
"""Label of an image whose confidence is below the threshold."""
BATCH = 256
_BATCH_TORCH = 4_096  # a process for each batch: few large ones
Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class FolderPredictions:
    """What was predicted.

    Attributes:
        names: (n,) paths below the folder.
        probs: (n, K) probabilities at the model's temperature.
        threshold: Confidence below which the label is "don't know"; None: there is none.
        class_names: K names.
        left_out: Files that cannot be read → why.
    """

    names: list[str]
    probs: NDArray[np.float32]
    threshold: float | None
    class_names: tuple[str, ...]
    left_out: Mapping[str, str]

    @property
    def confidence(self) -> NDArray[np.float32]:
        """(n,) maximum probability."""
        return self.probs.max(axis=1) if len(self.probs) else np.empty(0, np.float32)

    @property
    def num_known(self) -> int:
        """Images whose confidence reaches the threshold."""
        return int((self.confidence >= (self.threshold or 0)).sum())

    def columns(self) -> Columns:
        """Return name, label, suggestion, confidence and prob_CLASS, as the import of predictions reads them."""
        best = [self.class_names[label] for label in self.probs.argmax(axis=1).tolist()] if self.names else []
        is_known = (self.confidence >= (self.threshold or 0)).tolist()
        labels = [name if known else DONT_KNOW for name, known in zip(best, is_known, strict=True)]
        probs = {f"prob_{name}": self.probs[:, k].tolist() for k, name in enumerate(self.class_names)}
        return {
            "name": self.names,
            "label": labels,
            "suggestion": best,
            "confidence": self.confidence.tolist(),
            **probs,
        }


def predict_folder(
    model: ModelFolder,
    folder: Path,
    threshold: float | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> FolderPredictions:
    """Predict every image below a folder, in natural order.

    Args:
        model: An exported model.
        folder: The images, at any depth.
        threshold: Confidence below which the label is "don't know", [0, 1]; None: the model's own.
        on_progress: Told images done and their number.

    Returns:
        The predictions; files that cannot be read are left out with the reason.

    Raises:
        InputError: There is no folder or no image, or the threshold is out of range.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise InputError(f"The threshold {threshold:g} is no confidence: give 0 to 1.")
    root = folder.expanduser()
    if not root.is_dir():
        raise InputError(f"{folder} {'is a file, not a folder' if root.exists() else 'does not exist'}: give a folder.")
    files = sorted(_images(root), key=lambda path: natural_key(path.relative_to(root).as_posix()))
    if not files:
        raise InputError(f"{folder} holds no images ({' '.join(SUFFIXES)}).")
    names: list[str] = []
    left_out: dict[str, str] = {}
    parts, waiting = [np.empty((0, len(model.class_names)), np.float32)], list[NDArray[np.uint8]]()
    size = BATCH if (model.path / "model.onnx").exists() else _BATCH_TORCH
    for done, path in enumerate(files, 1):
        name = os.fsencode(path.relative_to(root).as_posix()).decode(errors="backslashreplace")
        try:
            waiting.append(read_image(path, model.shape, model.rendering))
            names.append(name)
        except ImageFileError as error:
            left_out[name] = error.reason
        if len(waiting) == size or (done == len(files) and waiting):
            parts.append(_probabilities(model, np.stack(waiting)))
            waiting = []
        if on_progress is not None:
            on_progress(done, len(files))
    limit = model.threshold if threshold is None else threshold
    return FolderPredictions(names, np.concatenate(parts), limit, model.class_names, left_out)


def write_predictions(found: FolderPredictions, path: Path) -> None:
    """Write predictions whole, as the file's ending says.

    Args:
        found: The predictions.
        path: A file that ends in .csv, .parquet or .jsonl; one that is there is replaced.

    Raises:
        InputError: The file ends in something else.
        DataError: It cannot be written.
    """
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise unknown_name("kind of file", path.suffix or path.name, _WRITERS)
    columns = found.columns()
    replace_file(path.expanduser(), lambda file: writer(file, columns))


def _images(root: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(place) / n for n in files if n.lower().endswith(SUFFIXES) and not n.startswith("."))


def _probabilities(model: ModelFolder, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    logits = model.logits(pixels).astype(np.float64) / model.temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)


def _csv(file: IO[bytes], columns: Columns) -> None:
    names = [without_formula(name) for name in columns["name"]]
    is_plain = all(text.isascii() for text in (*columns, *names))  # else spreadsheets need a byte order mark
    text = io.TextIOWrapper(file, encoding="utf-8" if is_plain else "utf-8-sig", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(zip(*{**columns, "name": names}.values(), strict=True))
    text.flush()
    text.detach()


def _parquet(file: IO[bytes], columns: Columns) -> None:
    pq.write_table(pa.table(columns), file)


def _jsonl(file: IO[bytes], columns: Columns) -> None:
    for row in zip(*columns.values(), strict=True):
        file.write(json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False).encode() + b"\n")


_WRITERS: dict[str, Callable[[IO[bytes], Columns], None]] = {".csv": _csv, ".parquet": _parquet, ".jsonl": _jsonl}
