"""A person's own features of the images: .npy, .npz or Parquet, keyed by file name or id, into the feature store."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import ImageSet
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

NAME_COLUMNS = ("name", "file", "filename", "path")
ID_COLUMNS = ("id", "image_id")
PREFIX = "own:"
"""How the extractor names of own features begin."""


def import_features(path: Path, images: ImageSet, root: Path) -> StoredFeatures:
    """Store a person's own features of the images.

    Args:
        path: One of: an .npy of shape (N, D), its rows in the order of the image ids; an .npz with `features` and
            `names` or `ids`; a Parquet table with a column `name` (or `file`, `filename`, `path`) or `id` and either
            one column of lists or numeric columns. Names are those of the image set. Rows of other images are left out.
        images: The images of the project.
        root: The folder `features` of the project.

    Returns:
        The features, memory-mapped; their extractor is called "own:" and the name of the file.

    Raises:
        InputError: The file cannot be read, an image has no row or several, or a number is NaN or beyond 65,504.
        DataError: The folder cannot be written.
    """
    extractor = _extractor(path)
    keys, values = _read(path)
    rows = _rows(keys, len(values), images, path)
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
            "an .npy, .npz or .parquet file."
        )
    return open_features(root / max(stored, key=lambda record: record.created).extractor.key, images)


def _extractor(path: Path) -> Extractor:
    return Extractor(
        PREFIX + path.name, "1", sha256=file_sha256(path), weights=path.resolve(), source=str(path), licence="own"
    )


def _read(path: Path) -> tuple[NDArray[Any] | None, NDArray[Any]]:
    """Return the keys of the rows and the features (n, D); the keys are names or ids, or None for ids in order."""
    try:
        if path.suffix == ".npy":
            keys, values = None, np.load(path, mmap_mode="r", allow_pickle=False)
        elif path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as file:
                keys, values = file["names"] if "names" in file.files else file["ids"], file["features"]
        elif path.suffix in (".parquet", ".pq"):
            keys, values = _read_parquet(path)
        else:
            raise InputError(f"{path.name} is no .npy, .npz or .parquet file.")
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be read as features ({error}).") from error
    if values.ndim != 2 or values.dtype.kind not in "fiu" or 0 in values.shape:
        raise InputError(
            f"{path.name} holds an array of shape {values.shape} of {values.dtype}: numbers of shape (images, "
            "features) are needed."
        )
    return keys, values


def _read_parquet(path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except pyarrow.ArrowException as error:
        raise ValueError(str(error)) from error
    key = next((name for name in (*NAME_COLUMNS, *ID_COLUMNS) if name in table.column_names), None)
    if key is None:
        raise ValueError(f"it has no column called {' or '.join((*NAME_COLUMNS, *ID_COLUMNS))}")
    keys = np.array(table[key].to_pylist())
    rest = table.drop_columns([name for name in (*NAME_COLUMNS, *ID_COLUMNS) if name in table.column_names])
    lists = [name for name in rest.column_names if pyarrow.types.is_list(rest[name].type) or _is_fixed(rest[name].type)]
    if lists:
        return keys, np.array(rest[lists[0]].to_pylist(), dtype=np.float32)
    if not rest.column_names:
        raise ValueError("it has no column of features")
    return keys, np.stack([rest[name].to_numpy().astype(np.float32) for name in rest.column_names], axis=1)


def _is_fixed(kind: Any) -> bool:
    import pyarrow

    return bool(pyarrow.types.is_fixed_size_list(kind) or pyarrow.types.is_large_list(kind))


def _rows(keys: NDArray[Any] | None, num: int, images: ImageSet, path: Path) -> NDArray[np.int64]:
    """The row of each image of the project."""
    wanted = len(images.names)
    if keys is None:
        if num != wanted:
            raise InputError(
                f"{path.name} has {num:,} rows and the project {wanted:,} images: a row for each is needed."
            )
        return np.arange(wanted)
    if len(keys) != num:
        raise InputError(f"{path.name} has {len(keys):,} names for {num:,} rows of features.")
    own: list[Any] = list(range(wanted)) if keys.dtype.kind in "iu" else [str(name) for name in images.names]
    place = {key: row for row, key in enumerate(keys.tolist())}
    if len(place) < num:
        twice = next(key for row, key in enumerate(keys.tolist()) if place[key] != row)
        raise InputError(f"{path.name} has several rows for {twice!r}: one for each image is needed.")
    missing = [key for key in own if key not in place]
    if missing:
        raise InputError(f"{path.name} has no row for {len(missing):,} of {wanted:,} images (first: {missing[0]!r}).")
    return np.array([place[key] for key in own], dtype=np.int64)
