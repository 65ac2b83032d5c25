"""A person's own features of the images: arrays or tables, keyed by file name or id, into the feature store."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import ImageSet
from core.data.keyed_tables import ARRAY, KeyedTable, match_rows, read_table
from core.features.extractors import LARGEST, Extractor, as_stored
from core.features.onnx_backbones import file_sha256
from core.features.progress import locked
from core.features.store import (
    FeatureRecord,
    StoredFeatures,
    images_digest,
    list_features,
    open_features,
    read_record,
)  # fmt: skip
from core.store.files import save_array, write_json

PREFIX = "own:"
"""How the extractor names of own features begin."""


def import_features(path: Path, images: ImageSet, root: Path) -> StoredFeatures:
    """Store a person's own features of the images.

    Args:
        path: One of: an .npy of shape (N, D), its rows in the order of the image ids; an .npz with `features` and
            `names` or `ids`; a Parquet, CSV, TSV or JSON lines table with a column `name` (or `file`, `filename`,
            `path`) or `id` and either one column of lists or numeric columns. Names are those of the image set. Rows
            of other images are left out.
        images: The images of the project.
        root: The folder `features` of the project.

    Returns:
        The features, memory-mapped; their extractor is called "own:" and the name of the file.

    Raises:
        InputError: The file cannot be read, an image has no row or several, or a number is NaN or beyond 65,504.
        DataError: The folder cannot be written.
    """
    extractor = _extractor(path)
    table = read_table(path)
    values = _values(table)
    rows = _rows(table, len(values), images)
    found = np.asarray(values[rows], dtype=np.float32)
    if np.abs(found).max() > LARGEST:
        raise InputError(f"{path.name} holds numbers beyond {LARGEST:,}, which float16 cannot: scale its columns.")
    stored = as_stored(found, path.name)
    extractor = Extractor.from_facts(extractor.facts() | {"num_features": stored.shape[1]})
    folder, num = root / extractor.key, len(stored)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    with locked(folder):
        save_array(folder / "features.npy", stored)
        record = FeatureRecord(extractor, num, stored.shape[1], images_digest(images, num), created)
        write_json(folder / "record.json", record.facts())
    return open_features(folder, images)


def own_features(path: Path, images: ImageSet, root: Path) -> StoredFeatures:
    """Open a person's own features; import them first where the file's content is new.

    Args:
        path: The file, as for `import_features`. Where it is gone, the features stored last from a file of that name
            are taken.
        images: The images of the project.
        root: The folder `features` of the project.

    Returns:
        The features, memory-mapped.

    Raises:
        InputError: There is no such file and nothing stored from one, or the file cannot be used.
        DataError: The stored features belong to other images.
    """
    if path.is_file():
        folder = root / _extractor(path).key
        is_stored = (folder / "record.json").exists() and read_record(folder).num_images == len(images.pixels)
        return open_features(folder, images) if is_stored else import_features(path, images, root)
    stored = [record for record in list_features(root) if record.extractor.name == PREFIX + path.name]
    if not stored:
        raise InputError(
            f"{path} does not exist, and no features of a file of that name are stored: give {PREFIX} and the path of "
            "an .npy, .npz, .parquet, .csv, .tsv or .jsonl file."
        )
    return open_features(root / max(stored, key=lambda record: record.created).extractor.key, images)


def _extractor(path: Path) -> Extractor:
    return Extractor(
        PREFIX + path.name, "1", sha256=file_sha256(path), weights=path.resolve(), source=str(path), licence="own"
    )


def _values(table: KeyedTable) -> NDArray[Any]:
    """Return the features (n, D): an array called `features`, the first column of lists, or all columns of numbers."""
    columns = table.columns
    arrays = [name for name in ("features", ARRAY, *columns) if name in columns and columns[name].ndim > 1]
    named = next((name for name in (ARRAY, "features") if name in columns), None)
    if arrays or named is not None:
        values = columns[arrays[0] if arrays else str(named)]
    elif columns:
        values = np.stack([_numbers(table, name) for name in columns], axis=1)
    else:
        raise InputError(f"{table.source} has no column of features.")
    if values.ndim != 2 or values.dtype.kind not in "fiu" or 0 in values.shape:
        raise InputError(
            f"{table.source} holds an array of shape {values.shape} of {values.dtype}: numbers of shape (images, "
            "features) are needed."
        )
    return values


def _numbers(table: KeyedTable, name: str) -> NDArray[np.float32]:
    if table.columns[name].dtype.kind not in "fiu":
        raise InputError(f"{table.source} has a column {name} that is not of numbers: leave it out.")
    return table.columns[name].astype(np.float32)


def _rows(table: KeyedTable, num_rows: int, images: ImageSet) -> NDArray[np.int64]:
    """The row of each image of the project; InputError where one has none."""
    rows = match_rows(table, num_rows, images.names)
    missing = np.flatnonzero(rows < 0)
    if len(missing):
        key = (
            int(missing[0])
            if table.keys is not None and table.keys.dtype.kind in "iu"
            else str(images.names[missing[0]])
        )
        raise InputError(f"{table.source} has no row for {len(missing):,} of {len(rows):,} images (first: {key!r}).")
    return rows
