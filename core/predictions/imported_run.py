"""Keep the predictions of another model as a finished run, calibrated on val.

There is no worker process: reading and writing take seconds. The run folder appears whole or not at all.
"""

import hashlib
import platform
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.base.config import TrainConfig
from core.base.errors import InputError
from core.base.types import Ids, Labels, RunRecord, RunStatus
from core.data.drawn_val import save_drawn_val, with_drawn_val
from core.data.image_store import open_images
from core.data.keyed_tables import ARRAY, KeyedTable, read_table
from core.features.catalog import named_features
from core.features.compute import OnProgress
from core.features.onnx_backbones import file_sha256
from core.features.store import StoredFeatures, list_features, open_features
from core.predictions.prediction_table import CHUNK, PredictionTable, match_predictions
from core.scoring.calibration import calibrate
from core.store.files import draft_array, finish_draft, open_draft, write_json
from core.store.run_folder import FORMAT, RunFolder, next_run_id
from core.workspace.pool_index import ensure_index, needs_index
from core.workspace.run import Run
from core.workspace.workspace import Workspace

EXTRACTOR = "hog"
"""Features beside imported predictions where the project has none: neighbors and likeness need some."""
LONGEST_NAME = 60
IN_MEMORY = "the array"
"""Name of an array that a person hands over in Python, for sentences."""


@dataclass(frozen=True)
class PredictionSource:
    """Predictions to import.

    Attributes:
        data: A file, or an array: (n, K) numbers or (n,) labels.
        kind: "auto", "logits", "probabilities" or "labels".
        ids: Images of an array's rows, (n,); None: row i belongs to image i.
        ignore_unknown: Whether to leave out classes that the project does not have.
    """

    data: Path | str | ArrayLike
    kind: str = "auto"
    ids: ArrayLike | None = None
    ignore_unknown: bool = False

    @property
    def path(self) -> Path | None:
        """The file; None for an array."""
        return Path(self.data).expanduser() if isinstance(self.data, Path | str) else None

    def table(self) -> KeyedTable:
        """Read the rows; InputError where they cannot be read, or the ids of an array are no whole numbers."""
        if self.path is not None:
            if self.ids is not None:
                raise InputError("A file names its own images: give ids with an array alone.")
            return read_table(self.path)
        array = np.asarray(self.data)
        if self.ids is None:
            return KeyedTable(IN_MEMORY, {ARRAY: array})
        ids = np.asarray(self.ids)
        if ids.dtype.kind not in "iu" or ids.ndim != 1:
            raise InputError(f"The ids of {IN_MEMORY} must be whole numbers, one for each row (got {ids.dtype}).")
        return KeyedTable(IN_MEMORY, {ARRAY: array}, ids)

    def sha256(self) -> str:
        """Digest of the file, or of the array's bytes, hex."""
        if self.path is not None:
            return file_sha256(self.path)
        return hashlib.sha256(np.ascontiguousarray(np.asarray(self.data)).tobytes()).hexdigest()


def read_predictions(workspace: Workspace, source: PredictionSource) -> PredictionTable:
    """Read and check predictions without keeping them.

    Args:
        workspace: The project.
        source: The predictions.

    Returns:
        Kind, classes and rows of the images.

    Raises:
        InputError: They cannot be used; the sentence names file and row.
    """
    return match_predictions(source.table(), workspace.images, source.kind, ignore_unknown=source.ignore_unknown)


def import_predictions(
    workspace: Workspace,
    source: PredictionSource,
    name: str = "",
    on_progress: OnProgress | None = None,
    drawn: tuple[Ids, Labels] | None = None,
) -> Run:
    """Keep predictions as a finished run.

    Args:
        workspace: The project.
        source: The predictions.
        name: Name of the model; empty: of the file, without its ending.
        on_progress: Told the progress where features have to be computed first.
        drawn: Val images of the pool draw and their classes, for a project whose split has none.

    Returns:
        The run, done.

    Raises:
        InputError: The predictions or the name cannot be used; nothing is written then.
        DataError: The run folder cannot be written.
    """
    begin = time.time()
    config = TrainConfig(method="imported", imported_model=_checked_name(name, source))
    found = read_predictions(workspace, source)
    features = _features(workspace, on_progress)
    facts = _facts(source, config.imported_model, found)
    runs = workspace.path / "runs"
    record = RunRecord(
        format=FORMAT,
        run_id=next_run_id(runs, config),
        config=config,
        parent=None,
        curated=None,
        fingerprint=workspace.fingerprint,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={"python": platform.python_version(), **{name: version(name) for name in ("winnow", "numpy")}},
    )

    def fill(draft: RunFolder) -> None:
        write_json(draft.path / "predictions" / "source.json", facts)
        write_json(draft.path / "predictions" / "features.json", {"folder": features.folder.name})
        if drawn is not None:
            is_covered = found.rows[drawn[0]] >= 0
            save_drawn_val(draft.path, drawn[0][is_covered], drawn[1][is_covered])
        _write_scores(workspace, draft, found, begin)

    return Run(RunFolder.create(runs, record, fill))


def _checked_name(name: str, source: PredictionSource) -> str:
    name = " ".join((name or (source.path.stem if source.path is not None else "array")).split())
    if not any(character.isalnum() for character in name) or not name.isprintable() or len(name) > LONGEST_NAME:
        raise InputError(
            f"A model cannot be called {name[:LONGEST_NAME]!r}: give it a name of letters and digits, at most "
            f"{LONGEST_NAME} characters."
        )
    return name


def _features(workspace: Workspace, on_progress: OnProgress | None) -> StoredFeatures:
    """Return the features stored last for all images; compute HOG where there are none."""
    root, images = workspace.path / "features", open_images(workspace.path / "images")
    whole = [record for record in list_features(root) if record.num_images == len(images.pixels)]
    if whole:
        return open_features(root / max(whole, key=lambda record: record.created).extractor.key, images)
    return named_features(EXTRACTOR, workspace.path / "images", root, on_progress=on_progress)


def _facts(source: PredictionSource, model: str, found: PredictionTable) -> dict[str, Any]:
    """Return the content of source.json."""
    return {
        "model": model, "file": source.path.name if source.path is not None else None,
        "sha256": source.sha256(), "kind": found.kind, "has_confidence": found.has_confidence,
        "num_rows": found.num_rows, "num_covered": found.num_covered, "num_images": len(found.rows),
        "missing_classes": list(found.missing_classes), "ignored_classes": list(found.ignored_classes),
    }  # fmt: skip


def _write_scores(workspace: Workspace, draft: RunFolder, found: PredictionTable, begin: float) -> None:
    """Write logits, calibration, metrics and status of a finished run.

    Val images without a row count neither for the temperature nor for the accuracy.
    """
    images, splits = with_drawn_val(workspace.images, workspace.splits, draft.path)
    labels = images.labels
    file = draft.path / "predictions" / "logits.npy"
    draft_array(file, (len(found.rows), len(workspace.images.class_names)), np.float32)
    logits: NDArray[np.float32] = open_draft(file)
    for start in range(0, len(logits), CHUNK):
        ids = np.arange(start, min(start + CHUNK, len(logits)))
        logits[ids] = found.logits(ids)
    finish_draft(file)
    val = splits.val[found.rows[splits.val] >= 0]
    calibration = calibrate(np.asarray(logits[val]), labels[val])
    write_json(draft.path / "calibration.json", calibration)
    status = RunStatus("done", epoch=1, epochs=1, step=1, steps=1, device="cpu", started=begin)
    if len(val):
        accuracy = float((logits[val].argmax(axis=1) == labels[val]).mean())
        line = {"val_accuracy": accuracy, "val_loss": calibration["nll_before"], "seconds": time.time() - begin}
        draft.append_metrics({"epoch": 1, "step": 1, **line})
        status = replace(status, best_epoch=1, best_val_accuracy=accuracy)
    if needs_index(splits.pool):
        ensure_index(draft, splits.pool)
    draft.write_status(replace(status, seconds=time.time() - begin))
