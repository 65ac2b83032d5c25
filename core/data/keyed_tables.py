"""Tables of a person's own numbers: one row per image, found by image name or id.

Read from .npy, .npz, CSV, TSV, Parquet and JSON lines files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.memmap import ARRAY_DAMAGE
from core.base.types import Ids
from core.data.classes.class_names import with_formula

NAME_COLUMNS = ("name", "file", "filename", "path")
"""Headers of a column of image names, as the image set has them."""
ID_COLUMNS = ("id", "image_id")
"""Headers of a column of image ids, 0 to N - 1."""
ARRAY = ""
"""Name of the one array of an .npy file."""
TABLES = (".csv", ".tsv", ".parquet", ".pq", ".jsonl", ".ndjson")
SUFFIXES = (".npy", ".npz", *TABLES)
"""Endings of the files that `read_table` reads."""
_NUMBERED = ("__index_level_", "Unnamed: ")
"""How the headers of row numbers begin that pandas writes beside the columns."""
_AS_TEXT = (*NAME_COLUMNS, "label", "labels")


@dataclass(frozen=True)
class KeyedTable:
    """Rows of one file or array.

    Attributes:
        source: Name of the file, for sentences.
        columns: Header → values, (n,) or (n, D); the one array of an .npy is called ARRAY.
        keys: Image names (text) or ids (whole numbers), (n,); None where row i belongs to image i.
    """

    source: str
    columns: Mapping[str, NDArray[Any]]
    keys: NDArray[Any] | None = None

    def row_name(self, row: int) -> str:
        """Name a row in a sentence: "row 17 ('cat/3.png')", counted from 1; without keys by its image."""
        return f"row {row + 1} (image {row})" if self.keys is None else f"row {row + 1} ({self.keys[row].item()!r})"


def read_table(path: Path) -> KeyedTable:
    """Read a file of rows.

    Args:
        path: An .npy (rows in the order of the image ids), an .npz with `names` or `ids` beside its arrays, or a CSV,
            TSV, Parquet or JSON lines table with a column of NAME_COLUMNS or ID_COLUMNS. Columns of lists become
            arrays (n, D).

    Returns:
        The rows.

    Raises:
        InputError: The file is missing or of another kind, cannot be read, or has no keys.
    """
    if not path.is_file():
        raise InputError(
            f"{path} does not exist or is no file: give an {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file."
        )
    try:
        if path.suffix == ".npy":
            return KeyedTable(path.name, {ARRAY: np.load(path, mmap_mode="r", allow_pickle=False)})
        if path.suffix == ".npz":
            return _with_keys(path, _read_archive(path), ("names", *NAME_COLUMNS), ("ids", *ID_COLUMNS))
        if path.suffix in TABLES:
            return _with_keys(path, _read_columns(path), NAME_COLUMNS, ID_COLUMNS)
    except ARRAY_DAMAGE as error:
        raise InputError(f"{path} cannot be read as a table of images ({error}).") from error
    raise InputError(f"{path.name} is no {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file.")


def match_rows(table: KeyedTable, num_rows: int, image_names: NDArray[np.str_]) -> Ids:
    """Find the row of each image of the project.

    Rows of other images are left out.

    Args:
        table: The table.
        num_rows: Rows of its values, which must be as many as its keys.
        image_names: Names of the images, (N,).

    Returns:
        Row of each image, (N,); -1 where it has none.

    Raises:
        InputError: Without keys: there are not N rows. With keys: there are not as many, or an image has several rows.
    """
    num_images, keys = len(image_names), table.keys
    if keys is None:
        if num_rows != num_images:
            raise InputError(
                f"{table.source} has {num_rows:,} rows and the project {num_images:,} images: give a row for each, in "
                "the order of the image ids, or the image names beside the rows."
            )
        return np.arange(num_images)
    if len(keys) != num_rows:
        kind = "ids" if keys.dtype.kind in "iu" else "names"
        raise InputError(f"{table.source} has {len(keys):,} {kind} for {num_rows:,} rows: one for each is needed.")
    images = _image_ids(keys, image_names)
    known = np.flatnonzero(images >= 0)
    counts = np.bincount(images[known], minlength=num_images)
    if counts.max(initial=0) > 1:
        first, second = np.flatnonzero(images == counts.argmax())[:2]
        raise InputError(
            f"{table.source} has several rows for {keys[first].item()!r} (rows {first + 1} and {second + 1}): keep one "
            "for each image."
        )
    rows = np.full(num_images, -1, dtype=np.int64)
    rows[images[known]] = known
    return rows


def _image_ids(keys: NDArray[Any], image_names: NDArray[np.str_]) -> Ids:
    """Return the image id of each key, -1 for other images; an absolute path may end in an image's name."""
    if keys.dtype.kind in "iu":
        return np.where((keys >= 0) & (keys < len(image_names)), keys, -1).astype(np.int64)
    place = {name: image for image, name in enumerate(image_names.tolist())}
    return np.array([_place(key, place) for key in keys.tolist()], dtype=np.int64).reshape(-1)


def _place(key: str, place: Mapping[str, int]) -> int:
    for name in (key, with_formula(key)):  # a CSV may have disarmed it
        if name in place:
            return place[name]
    key = key.replace("\\", "/").removeprefix("./")
    is_absolute = key.startswith("/") or key[1:3] == ":/"
    while is_absolute and key not in place and "/" in key:
        key = key.partition("/")[2]
    return place.get(key, -1)


def _with_keys(
    path: Path, columns: dict[str, NDArray[Any]], name_columns: Sequence[str], id_columns: Sequence[str]
) -> KeyedTable:
    """Take the keys out of the columns; names count before ids."""
    found = [name for name in (*name_columns, *id_columns) if name in columns]
    if not found:
        wanted = " or ".join(dict.fromkeys((*name_columns, *id_columns)))
        raise ValueError(f"it has no column called {wanted}; it has: {', '.join(columns) or 'none'}")
    keys = columns[found[0]]
    if found[0] in id_columns and keys.dtype.kind not in "iu":
        raise ValueError(f"its column {found[0]} holds no whole numbers")
    if found[0] in name_columns and keys.dtype.kind != "U":
        keys = keys.astype(np.str_)
    return KeyedTable(path.name, {name: values for name, values in columns.items() if name not in found}, keys)


def _read_archive(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _read_columns(path: Path) -> dict[str, NDArray[Any]]:
    """Read the columns of a table; ValueError where two have one header or lists differ in length."""
    import pyarrow

    try:
        table = _read_arrow(path)
    except pyarrow.ArrowException as error:
        raise ValueError(str(error).splitlines()[0]) from error
    twice = next((name for name in table.column_names if table.column_names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"it has several columns called {twice}")
    if not len(table):
        raise ValueError("it has no rows")
    named = [name for name in table.column_names if name and not name.startswith(_NUMBERED)]
    return {name: _as_array(name, table[name]) for name in named}


def _read_arrow(path: Path) -> Any:
    from pyarrow import csv, json, parquet, string

    if path.suffix in (".parquet", ".pq"):
        return parquet.read_table(path)
    if path.suffix in (".jsonl", ".ndjson"):
        return json.read_json(path)
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        header = file.readline()
    delimiter = "\t" if path.suffix == ".tsv" else ";" if ";" in header and "," not in header else ","
    as_text = csv.ConvertOptions(column_types={name: string() for name in _AS_TEXT}, strings_can_be_null=False)
    return csv.read_csv(path, parse_options=csv.ParseOptions(delimiter=delimiter), convert_options=as_text)


def _as_array(name: str, column: Any) -> NDArray[Any]:
    """Return a column as an array: (n,), or (n, D) of lists; missing numbers are NaN, missing texts empty."""
    import pyarrow
    from pyarrow import compute

    kinds = pyarrow.types
    if any(is_list(column.type) for is_list in (kinds.is_list, kinds.is_large_list, kinds.is_fixed_size_list)):
        lengths = compute.min_max(compute.list_value_length(column))
        flat = compute.list_flatten(column).to_numpy()
        if lengths["min"] != lengths["max"] or len(flat) != len(column) * (lengths["max"].as_py() or 0):
            raise ValueError(f"the lists of its column {name} are not equally long")
        return np.asarray(flat).reshape(len(column), -1)
    if kinds.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if kinds.is_string(column.type) or kinds.is_large_string(column.type):
        return np.array([text or "" for text in column.to_pylist()], dtype=np.str_)
    return np.asarray(column.to_numpy())
