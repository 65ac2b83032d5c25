"""What leaves: curated labels as CSV, Parquet or a folder per class, each row with its source; a run's model.

Every export writes manifest.json beside it. A folder that holds something else is never written into.
"""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from core.base.errors import InputError, RunError
from core.base.records import Pixels
from core.store.arrays import cannot_write, read_json, replace_file, write_json
from core.store.runs import RunFolder

COLUMNS = (
    "image_id",
    "name",
    "label",
    "label_name",
    "source",
    "weight",
    "verdict",
    "decision",
    "run_id",
    "confidence",
    "rule",
    "parameters",
    "reviewer",
    "time",
)


@dataclass(frozen=True)
class CuratedTable:
    """One row per curated label; columns are named by COLUMNS, each (M,)."""

    columns: Mapping[str, NDArray[Any]]
    info: Mapping[str, Any]  # what the manifest says of the project
    pixels: Pixels  # (N, H, W, C), row = image id


def csv_file(table: CuratedTable, folder: Path) -> Path:
    """One CSV file, UTF-8, a row per label with its provenance."""
    _prepare(folder)
    target = _labels_csv(table, folder)
    _manifest(table, folder, "csv")
    return target


def parquet(table: CuratedTable, folder: Path) -> Path:
    """One Parquet file with the same columns, typed, and the manifest in its metadata."""
    _prepare(folder)
    arrow = pa.table({name: pa.array(_plain(table.columns[name])) for name in COLUMNS})
    arrow = arrow.replace_schema_metadata({"winnow": json.dumps(dict(table.info), ensure_ascii=False)})
    target = folder / "labels.parquet"
    replace_file(target, lambda file: pq.write_table(arrow, file))
    _manifest(table, folder, "parquet")
    return target


def folder_per_class(table: CuratedTable, folder: Path) -> Path:
    """One folder per class with its images as PNG, and labels.csv with where each label comes from.

    Images of an earlier export into the same folder are removed first, so that none stays under an old label.
    """
    _prepare(folder)
    names = folder_names([str(name) for name in table.info["classes"]])
    try:
        _remove_pictures(folder, names)
        write_json(folder / "manifest.json", {"winnow": "folder_per_class", **table.info, "is_complete": False})
        for name in names:
            (folder / name).mkdir(exist_ok=True)
        for image_id, label in zip(table.columns["image_id"], table.columns["label"], strict=True):
            pixels = table.pixels[int(image_id)]
            picture = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
            picture.save(folder / names[int(label)] / f"{int(image_id):08d}.png")
    except OSError as error:
        raise cannot_write(folder, error) from error
    _labels_csv(table, folder)
    _manifest(table, folder, "folder_per_class")
    return folder


EXPORTS: dict[str, Callable[[CuratedTable, Path], Path]] = {
    "csv": csv_file,
    "parquet": parquet,
    "folder_per_class": folder_per_class,
}


def export_model(run: RunFolder, folder: Path) -> Path:
    """A run's weights (model.safetensors), its architecture (model.json), its settings and temperature (run.json)."""
    if not run.model_path.exists():
        raise RunError(f"{run.id} has no trained model yet: wait until it is done.")
    record, architecture = run.record(), read_json(run.path / "model.json")
    facts = {**asdict(record), "config": record.config.model_dump(), "temperature": run.temperature()}
    _prepare(folder)
    try:
        shutil.copyfile(run.model_path, folder / run.model_path.name)
    except OSError as error:
        raise cannot_write(folder / run.model_path.name, error) from error
    write_json(folder / "model.json", architecture)
    write_json(folder / "run.json", facts)
    write_json(folder / "manifest.json", {"winnow": "model", "run": run.id, "fingerprint": record.fingerprint})
    return folder / run.model_path.name


def folder_names(classes: list[str]) -> list[str]:
    """A folder name for each class that every disk takes; no two the same, in upper or lower case."""
    names: list[str] = []
    taken = {"labels.csv", "labels.parquet", "manifest.json"}
    for number, name in enumerate(classes):
        safe = re.sub(r'[\x00-\x1f<>:"/\\|?*]+', "_", name).encode()[:80].decode(errors="ignore").strip(" .")
        candidates = (safe or f"class {number}", *(f"{safe} {n}".strip() for n in range(number, len(classes) * 2 + 3)))
        names.append(next(c for c in candidates if c.lower() not in taken))
        taken.add(names[-1].lower())
    return names


def _prepare(folder: Path) -> None:
    """An empty folder, or one that an earlier export made; InputError for any other."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = not any(folder.iterdir())
    except OSError as error:
        raise cannot_write(folder, error) from error
    manifest = folder / "manifest.json"
    if not is_empty and not (manifest.exists() and "winnow" in read_json(manifest)):
        raise InputError(f"{folder} holds files that are no export of Winnow: choose an empty folder.")


def _remove_pictures(folder: Path, names: list[str]) -> None:
    """The images of an earlier export, of these classes or of those in its manifest; nobody else's files."""
    manifest = folder / "manifest.json"
    earlier = read_json(manifest).get("classes", []) if manifest.exists() else []
    for name in {*names, *folder_names([str(name) for name in earlier])}:
        for picture in (folder / name).glob("[0-9]" * 8 + ".png"):
            picture.unlink()


def _labels_csv(table: CuratedTable, folder: Path) -> Path:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(zip(*[_plain(table.columns[name]) for name in COLUMNS], strict=True))
    target = folder / "labels.csv"
    replace_file(target, lambda file: _write(file, text.getvalue().encode()))
    return target


def _manifest(table: CuratedTable, folder: Path, kind: str) -> None:
    write_json(folder / "manifest.json", {"winnow": kind, **table.info})


def _plain(column: NDArray[Any]) -> list[Any]:
    values: list[Any] = column.tolist()
    if np.issubdtype(column.dtype, np.floating):
        return [None if value != value else value for value in values]
    return values


def _write(file: Any, data: bytes) -> None:
    file.write(data)
