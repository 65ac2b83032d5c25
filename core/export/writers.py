"""Writers of exports: CSV, Parquet, a folder per class, models, round cards.

Every export writes manifest.json beside it. A folder that holds something else is never written into; what an
earlier export wrote into the folder, of whatever kind, is replaced, so that the manifest describes every file.
"""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from core.base.errors import InputError, RunError
from core.base.types import Pixels
from core.store.files import cannot_write, read_json, replace_file, write_json
from core.store.run_folder import RunFolder

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
    """One row per curated label.

    Columns are named by COLUMNS, each (M,).
    """

    columns: Mapping[str, NDArray[Any]]
    info: Mapping[str, Any]  # what the manifest says of the project
    pixels: Pixels  # (N, H, W, C), row = image id


def csv_file(table: CuratedTable, folder: Path) -> Path:
    """One CSV file, UTF-8, a row per label with its provenance.

    Args:
        table: The labels with their provenance.
        folder: An empty folder or one of an earlier export.

    Returns:
        The file.

    Raises:
        InputError: The folder holds other files.
        DataError: The file cannot be written.
    """
    _prepare(folder, "csv", table.info)
    target = _labels_csv(table, folder)
    _finish(folder, "csv", table.info)
    return target


def parquet(table: CuratedTable, folder: Path) -> Path:
    """One Parquet file with typed columns, and the manifest in its metadata.

    Args:
        table: The labels with their provenance.
        folder: An empty folder or one of an earlier export.

    Returns:
        The file.

    Raises:
        InputError: The folder holds other files.
        DataError: The file cannot be written.
    """
    _prepare(folder, "parquet", table.info)
    arrow = pa.table({name: pa.array(_plain(table.columns[name])) for name in COLUMNS})
    arrow = arrow.replace_schema_metadata({"winnow": json.dumps(dict(table.info), ensure_ascii=False)})
    target = folder / "labels.parquet"
    replace_file(target, lambda file: pq.write_table(arrow, file))
    _finish(folder, "parquet", table.info)
    return target


def folder_per_class(table: CuratedTable, folder: Path) -> Path:
    """One folder per class with its images as PNG, and labels.csv.

    Images of an earlier export into the same folder are removed first, so that none stays under an old label.

    Args:
        table: The labels with their provenance.
        folder: An empty folder or one of an earlier export.

    Returns:
        The folder.

    Raises:
        InputError: The folder holds other files.
        DataError: The files cannot be written.
    """
    _prepare(folder, "folder_per_class", table.info)
    names = folder_names([str(name) for name in table.info["classes"]])
    _remove_earlier(folder, kept=())
    _begin(folder, "folder_per_class", table.info)
    try:
        for name in names:
            (folder / name).mkdir(exist_ok=True)
        for image_id, label in zip(table.columns["image_id"], table.columns["label"], strict=True):
            pixels = table.pixels[int(image_id)]
            picture = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
            picture.save(folder / names[int(label)] / f"{int(image_id):08d}.png")
    except OSError as error:
        raise cannot_write(folder, error) from error
    _labels_csv(table, folder)
    write_json(folder / "manifest.json", {"winnow": "folder_per_class", **table.info})
    return folder


EXPORTS: dict[str, Callable[[CuratedTable, Path], Path]] = {
    "csv": csv_file,
    "parquet": parquet,
    "folder_per_class": folder_per_class,
}
"""Writers of the curated labels, by kind."""


def export_model(run: RunFolder, folder: Path, more: Mapping[str, Any] | None = None) -> Path:
    """Write a run's weights, architecture, settings and temperature.

    The files are model.safetensors, model.json and run.json.

    Args:
        run: A run that has a trained model.
        folder: An empty folder or one of an earlier export.
        more: Further entries of the manifest.

    Returns:
        The file of the weights.

    Raises:
        RunError: The run has no trained model yet.
        InputError: The folder holds other files, or the run has no network.
        DataError: The files cannot be written.
    """
    config = run.record().config
    if not config.is_network:
        what = "was imported" if config.is_imported else "is a head on stored features"
        raise InputError(f"{run.id} {what} and has no model file: export a run with a network.")
    if not run.model_path.exists():
        raise RunError(f"{run.id} has no trained model yet: wait until it is done.")
    record, architecture = run.record(), read_json(run.path / "model.json")
    content = {**asdict(record), "config": record.config.model_dump(), "temperature": run.temperature()}
    info = {"run": run.id, "fingerprint": record.fingerprint, **(more or {})}
    _prepare(folder, "model", info)
    try:
        shutil.copyfile(run.model_path, folder / run.model_path.name)
    except OSError as error:
        raise cannot_write(folder / run.model_path.name, error) from error
    write_json(folder / "model.json", architecture)
    write_json(folder / "run.json", content)
    _finish(folder, "model", info)
    return folder / run.model_path.name


def export_round_card(text: str, folder: Path, info: Mapping[str, Any]) -> Path:
    """Write a round card as round_card.html.

    Args:
        text: The HTML.
        folder: An empty folder or one of an earlier export.
        info: Entries of the manifest.

    Returns:
        The file.

    Raises:
        InputError: The folder holds other files.
        DataError: The file cannot be written.
    """
    _prepare(folder, "round_card", info)
    target = folder / "round_card.html"
    replace_file(target, lambda file: _write(file, text.encode()))
    _finish(folder, "round_card", info)
    return target


def folder_names(classes: list[str]) -> list[str]:
    """Return a portable, unique folder name for each class.

    No two are the same, in upper or lower case.
    """
    names: list[str] = []
    taken = {"labels.csv", "labels.parquet", "manifest.json"}
    for number, name in enumerate(classes):
        safe = re.sub(r'[\x00-\x1f<>:"/\\|?*]+', "_", name).encode()[:80].decode(errors="ignore").strip(" .")
        candidates = (safe or f"class {number}", *(f"{safe} {n}".strip() for n in range(number, len(classes) * 2 + 3)))
        names.append(next(c for c in candidates if c.lower() not in taken))
        taken.add(names[-1].lower())
    return names


_FILES = {
    "csv": ("labels.csv",),
    "parquet": ("labels.parquet",),
    "folder_per_class": ("labels.csv",),
    "model": ("model.safetensors", "model.json", "run.json"),
    "round_card": ("round_card.html",),
}
"""Files that each kind writes beside manifest.json and the images."""


def _prepare(folder: Path, kind: str, info: Mapping[str, Any]) -> None:
    """Make an empty folder or reuse one of an earlier export.

    Raises:
        InputError: The folder holds other files.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = not any(folder.iterdir())
    except OSError as error:
        raise cannot_write(folder, error) from error
    if is_empty:
        _begin(folder, kind, info)
        return
    manifest = folder / "manifest.json"
    if not (manifest.exists() and "winnow" in read_json(manifest)):
        raise InputError(f"{folder} holds files that are no export of Winnow: choose an empty folder.")


def _begin(folder: Path, kind: str, info: Mapping[str, Any]) -> None:
    """Write an incomplete manifest first, so that a broken-off export can be repeated."""
    write_json(folder / "manifest.json", {"winnow": kind, **info, "is_complete": False})


def _finish(folder: Path, kind: str, info: Mapping[str, Any]) -> None:
    """Remove files of an earlier export of another kind and complete the manifest."""
    _remove_earlier(folder, kept=_FILES[kind])
    write_json(folder / "manifest.json", {"winnow": kind, **info})


def _remove_earlier(folder: Path, kept: Sequence[str]) -> None:
    """Remove the files that the manifest's export wrote, except those kept."""
    earlier = read_json(folder / "manifest.json")
    try:
        for name in set(_FILES.get(str(earlier["winnow"]), ())) - set(kept):
            (folder / name).unlink(missing_ok=True)
        if earlier["winnow"] == "folder_per_class":
            _remove_images(folder, folder_names([str(name) for name in earlier.get("classes", [])]))
    except OSError as error:
        raise cannot_write(folder, error) from error


def _remove_images(folder: Path, names: Sequence[str]) -> None:
    """Remove the exported images in these class folders, and folders left empty."""
    for class_folder in (folder / name for name in names):
        for image in class_folder.glob("[0-9]" * 8 + ".png"):
            image.unlink()
        if class_folder.is_dir() and not any(class_folder.iterdir()):
            class_folder.rmdir()


def _labels_csv(table: CuratedTable, folder: Path) -> Path:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(zip(*[_plain(table.columns[name]) for name in COLUMNS], strict=True))
    target = folder / "labels.csv"
    replace_file(target, lambda file: _write(file, text.getvalue().encode()))
    return target


def _plain(column: NDArray[Any]) -> list[Any]:
    values: list[Any] = column.tolist()
    if np.issubdtype(column.dtype, np.floating):
        return [None if value != value else value for value in values]
    return values


def _write(file: Any, data: bytes) -> None:
    file.write(data)
