"""Hugging Face data sets on disk: Parquet or Arrow files with image bytes and class labels."""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from core.base.errors import InputError
from core.base.untrusted.json_text import parse_json
from core.data.sources.folder_scan import natural_key
from core.data.sources.source_table import SourceTable, StoredImage, group_key, readable_name, split_of
from core.data.sources.text_tables import cell

SUFFIXES = (".parquet", ".arrow")
_LABELS = ("label", "labels", "class", "fine_label", "category", "target", "class_name")


def find_data_files(folder: Path) -> list[Path]:
    """Return the Parquet or Arrow files with images in a folder and in the folders of its splits."""
    found = [p for p in sorted(folder.glob("**/*")) if p.suffix in SUFFIXES and not p.name.startswith((".", "cache-"))]
    return [path for path in found if image_column(path) is not None]


def image_column(file: Path) -> str | None:
    """Return the column of images of a file; None where it has none or cannot be read."""
    import pyarrow

    try:
        schema = _schema(file)
    except (OSError, ValueError, pyarrow.ArrowException):
        return None
    for field in schema:
        is_struct = pyarrow.types.is_struct(field.type) and field.type.get_field_index("bytes") >= 0
        is_binary = pyarrow.types.is_binary(field.type) or pyarrow.types.is_large_binary(field.type)
        if is_struct or (is_binary and field.name.casefold() in ("image", "img", "bytes", "image_bytes", "jpg", "png")):
            return str(field.name)
    return None


def read_hugging_face(
    files: Sequence[Path],
    root: Path,
    *,
    splits: Mapping[Path, str] | None = None,
    class_names: Mapping[str, Sequence[str]] | None = None,
) -> SourceTable:
    """Read the files of a data set as `save_to_disk`, `to_parquet` or the hub leave them.

    Args:
        files: Parquet or Arrow files that have a column of images.
        root: The folder of the data set, or the one file.
        splits: File → split, for files whose place does not say it or says another.
        class_names: Column → names of its classes, where the files themselves name none.

    Returns:
        The table; images are read from the files when they are needed.

    Raises:
        InputError: A file cannot be read.
    """
    import pyarrow

    images: list[StoredImage] = []
    names: list[str] = []
    classes: list[str | None] = []
    found_splits: list[str] = []
    known: dict[str, None] = {}
    groups: list[str] = []
    metadata: dict[str, list[str]] = {}
    for file in files:
        try:
            part = _read_part(file, root, class_names or {})
        except (OSError, ValueError, pyarrow.ArrowException) as error:
            raise InputError(f"{file} cannot be read as a data set ({str(error).splitlines()[0]}).") from error
        for name in part.metadata:
            metadata.setdefault(name, [""] * len(names))
        for name, column in metadata.items():
            column += part.metadata.get(name, [""] * len(part.names))
        images, names, classes = images + part.images, names + part.names, classes + part.classes
        found_splits += [(splits or {}).get(file, part.split)] * len(part.names)
        groups += part.groups
        known |= dict.fromkeys(part.class_names)
    used = sorted({name for name in classes if name is not None} - set(known), key=natural_key)
    return SourceTable(
        layout="Hugging Face data set",
        root=root,
        files=tuple(images),
        names=tuple(names),
        classes=tuple(classes),
        class_names=(*known, *used),
        splits=tuple(found_splits) if any(found_splits) else (),
        groups=tuple(groups) if any(groups) else (),
        metadata=metadata,
        remarks=(f"Hugging Face data set: {len(names):,} images in {len(files):,} files.",),
    )


class _Part:
    """One file of a data set."""

    def __init__(self, split: str) -> None:
        self.split = split
        self.images: list[StoredImage] = []
        self.names: list[str] = []
        self.classes: list[str | None] = []
        self.class_names: tuple[str, ...] = ()
        self.groups: list[str] = []
        self.metadata: dict[str, list[str]] = {}


def _read_part(file: Path, root: Path, class_names: Mapping[str, Sequence[str]]) -> _Part:
    column = str(image_column(file))
    schema, read = _schema(file), _row_reader(file, column)
    part = _Part(_split(file, root))
    label = next((name for name in _LABELS if name in schema.names), None)
    features = _features(schema, file)
    names = (features.get(label, {}).get("names") or class_names.get(label)) if label else None
    part.class_names = tuple(map(str, names or ()))
    others = [
        f.name
        for f in schema
        if f.name not in (column, label) and not str(f.type).startswith(("struct", "list", "binary"))
    ]
    table = _read_columns(file, [name for name in (label, *others) if name is not None], column)
    num, paths = len(table["__path__"]), table["__path__"]
    place = file.relative_to(root).as_posix() if file != root else file.name
    for row in range(num):
        part.images.append(StoredImage(partial(read, row)))
        own = str(paths[row] or "").replace("\\", "/").rpartition("/")[2]
        part.names.append(readable_name(f"{place}/{row}-{own}" if own else f"{place}/{row}"))
    values = table[label] if label is not None else [None] * num
    part.classes = [_class(value, part.class_names) for value in values]
    part.metadata = {name: [cell(value) for value in table[name]] for name in others}
    part.groups = part.metadata.pop(group_key(others), [""] * num)
    return part


def _class(value: Any, names: tuple[str, ...]) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            return None
        return names[value] if value < len(names) else str(value)
    return cell(value) or None


def _split(file: Path, root: Path) -> str:
    parts = file.relative_to(root).parts if file != root else (file.name,)
    words = [part.split("-")[0].split(".")[0] for part in reversed(parts)]
    return next((split_of(word) for word in words if split_of(word)), "")


def _schema(file: Path) -> Any:
    from pyarrow import parquet

    return parquet.read_schema(file) if file.suffix == ".parquet" else _arrow_table(file).schema


@lru_cache(maxsize=64)
def _arrow_table(file: Path) -> Any:
    import pyarrow

    source = pyarrow.memory_map(str(file))
    try:
        return pyarrow.ipc.open_stream(source).read_all()
    except pyarrow.ArrowInvalid:
        return pyarrow.ipc.open_file(source).read_all()


def _features(schema: Any, file: Path) -> Mapping[str, Any]:
    """Return the data set's own description of its columns, as its library writes it."""
    stored = (schema.metadata or {}).get(b"huggingface")
    if stored is not None:
        return dict(parse_json(stored).get("info", {}).get("features", {}))
    for folder in (file.parent, file.parent.parent):
        if (folder / "dataset_info.json").is_file():
            return dict(parse_json((folder / "dataset_info.json").read_text(encoding="utf-8")).get("features") or {})
    return {}


def _read_columns(file: Path, names: list[str], image: str) -> dict[str, list[Any]]:
    """Read columns, and the paths that the images had; not their bytes."""
    from pyarrow import parquet

    field = _schema(file).field(image)
    has_path = str(field.type).startswith("struct") and field.type.get_field_index("path") >= 0
    if file.suffix == ".parquet":
        wanted = [*names, *([f"{image}.path"] if has_path else [])]
        stored = parquet.ParquetFile(file)
        table, num = stored.read(columns=wanted), stored.metadata.num_rows
    else:
        table = _arrow_table(file)
        num = table.num_rows
    found: dict[str, list[Any]] = {name: table[name].to_pylist() for name in names}
    paths = table[image].combine_chunks().field("path").to_pylist() if has_path else [""] * num
    return {**found, "__path__": paths}


def _row_reader(file: Path, image: str) -> Callable[[int], bytes]:
    """Return a function that reads the bytes of a row, and keeps the row groups of late."""
    from pyarrow import parquet

    if file.suffix != ".parquet":
        column = _arrow_table(file)[image]
        return lambda row: _bytes(column[row].as_py())
    stored, lock = parquet.ParquetFile(file), threading.Lock()
    starts = [0]
    for group in range(stored.num_row_groups):
        starts.append(starts[-1] + stored.metadata.row_group(group).num_rows)

    @lru_cache(maxsize=2)
    def read_group(group: int) -> Any:
        return stored.read_row_group(group, columns=[image])[image]

    def read(row: int) -> bytes:
        group = next(g for g in range(len(starts) - 1) if starts[g] <= row < starts[g + 1])
        with lock:
            return _bytes(read_group(group)[row - starts[group]].as_py())

    return read


def _bytes(value: Any) -> bytes:
    content = value.get("bytes") if isinstance(value, dict) else value
    if not content:
        raise OSError("it has no bytes of an image in the data set")
    return bytes(content)
