"""Write the metadata columns of an image folder, and append to them."""

import os
from collections.abc import Sequence
from pathlib import Path

from core.data.metadata.image_metadata import FILE
from core.data.sources.source_table import SourceTable

GROUP = "group"
"""Column with the names of groups, where the source has them."""
LONGEST_NAME = 200


def write_columns(images: Path, table: SourceTable, rows: Sequence[int]) -> None:
    """Write the metadata columns and the names of groups, a row for each image; nothing where there are none.

    Args:
        images: The image folder.
        table: The source.
        rows: Its rows, in the order of the images.
    """
    import pyarrow
    from pyarrow import parquet

    columns = _columns(table, rows)
    if columns:
        parquet.write_table(pyarrow.table(columns), images / FILE)


def append_columns(images: Path, table: SourceTable, num: int, rows: Sequence[int]) -> None:
    """Append the metadata of new images; columns that only some images have are empty in the others.

    Args:
        images: The image folder.
        table: The source of the new images.
        num: Images before.
        rows: Rows of the new images.
    """
    import pyarrow as pa
    from pyarrow import parquet

    file, new = images / FILE, _columns(table, rows)
    old = parquet.read_table(file).slice(0, num) if file.exists() else pa.table({})
    names = [*old.column_names, *(name for name in new if name not in old.column_names)]
    if not names:
        return

    def grown(name: str) -> pa.ChunkedArray:
        before = old[name].cast(pa.string()) if name in old.column_names else pa.chunked_array([[""] * num])
        missing = [""] * (num - len(before))  # an addition broke off before its metadata were written
        after = new.get(name, [""] * len(rows))
        return pa.chunked_array([*before.chunks, pa.array([*missing, *after], pa.string())], pa.string())

    draft = file.with_name(".metadata.parquet.new")
    parquet.write_table(pa.table({name: grown(name) for name in names}), draft)
    os.replace(draft, file)


def _columns(table: SourceTable, rows: Sequence[int]) -> dict[str, list[str]]:
    """Return the texts of each column; a header that is taken gets a number."""
    columns: dict[str, list[str]] = {}
    if table.groups:
        columns[GROUP] = [written(table.groups[row]) for row in rows]
    for header, values in table.metadata.items():
        name = free_name(" ".join(written(header).split())[:LONGEST_NAME] or "column", columns)
        columns[name] = [written(str(values[row])) for row in rows]
    return columns


def free_name(name: str, taken: Sequence[str] | dict[str, list[str]]) -> str:
    """Return a name with a number behind it where it is taken."""
    number, free = 2, name
    while free in taken:
        number, free = number + 1, f"{name} ({number})"
    return free


def written(text: str) -> str:
    """Return text that can be stored: half characters, which no encoding writes, are escaped."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text
