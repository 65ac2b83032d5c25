"""Tables of text cells: CSV, TSV, Parquet, JSON and JSON lines; separator and encoding are detected."""

import codecs
import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.base.errors import InputError
from core.base.untrusted.json_text import parse_json

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".pq", ".jsonl", ".ndjson", ".json")
"""Ends of the names of files that may be tables."""
_SEPARATORS = (",", ";", "\t", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SNIFFED = 50
_LONGEST_CELL = 1 << 24


@dataclass(frozen=True)
class TextTable:
    """Columns of a file.

    Attributes:
        file: The file.
        columns: Header → cells as text, n each; "" where empty. Without a header they are called "1", "2", …
        has_header: Whether the first line was taken for a header.
        how: How it was read: separator and encoding.
        first_row: Number of the first row in the file, for sentences.
    """

    file: Path
    columns: Mapping[str, Sequence[str]]
    has_header: bool
    how: str
    first_row: int = 1

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()), ()))


def read_text_table(path: Path) -> TextTable:
    """Read a table of any of SUFFIXES.

    Args:
        path: The file.

    Returns:
        Its columns, as text.

    Raises:
        InputError: The file is missing, cannot be read as a table, or has no rows.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist or is no file: give a table ({' '.join(SUFFIXES)}).")
    suffix = path.suffix.lower()
    try:
        if suffix in (".parquet", ".pq"):
            table = _parquet(path)
        elif suffix in (".jsonl", ".ndjson", ".json"):
            table = _json(path)
        else:
            table = _separated(path)
    except (OSError, ValueError, KeyError, csv.Error, RecursionError) as error:
        raise InputError(f"{path} cannot be read as a table ({_first_line(error)}).") from error
    if not table.num_rows:
        raise InputError(f"{path} has no rows.")
    return table


def decode_text(content: bytes) -> tuple[str, str]:
    """Decode a text file of unknown encoding.

    Args:
        content: The bytes.

    Returns:
        The text, and the encoding: that of its byte order mark, UTF-8 if it is valid, else Windows-1252.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content.decode(encoding), encoding.upper().replace("-SIG", " with BOM")
    try:
        return content.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        half = content[:2000]
        if half.count(0) > len(half) // 4:  # mostly zero bytes at every other place: UTF-16 without a mark
            return content.decode("utf-16-le" if half[1:2] == b"\0" else "utf-16-be"), "UTF-16"
        return content.decode("cp1252", "replace"), "Windows-1252"


def cell(value: Any) -> str:
    """Return a value as the text of a cell: whole numbers without a point, nothing for missing ones."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _separated(path: Path) -> TextTable:
    csv.field_size_limit(_LONGEST_CELL)
    text, encoding = decode_text(path.read_bytes())
    if "\0" in text:
        raise ValueError("it holds zero bytes and is no text")
    lines = text.splitlines()[:_SNIFFED]
    separator = "\t" if path.suffix.lower() == ".tsv" else _separator(lines)
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=False) if any(row)]
    if not rows:
        raise ValueError("it is empty")
    width = max(map(len, rows))
    names = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}
    how = f"{names[separator]}, {encoding}"
    if has_header(rows[0]):
        header = _unique([name.strip() or f"column {n + 1}" for n, name in enumerate(rows[0])], width)
        return TextTable(path, _columns(header, rows[1:]), True, how, 2)
    return TextTable(path, _columns([str(n + 1) for n in range(width)], rows), False, how, 1)


def _separator(lines: Sequence[str]) -> str:
    """Return the separator that divides the most lines into as many cells as the first."""
    best, score = ",", 0.0
    for separator in _SEPARATORS:
        rows = [row for row in csv.reader(lines, delimiter=separator) if row]
        if not rows or len(rows[0]) < 2:
            continue
        alike = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        if alike > score:
            best, score = separator, alike
    if score == 0.0 and lines and all(len(line.split(" ")) == 2 for line in lines if line.strip()):
        return " "
    return best


def has_header(first: Sequence[str]) -> bool:
    """Return whether a first row names columns: no cell of it is empty, a number or the name of an image file."""
    from core.data.decoders.formats import has_image_suffix

    cells = [text.strip() for text in first]
    return not any(has_image_suffix(text) or "://" in text or _is_number(text) for text in cells) and any(cells)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _unique(names: list[str], width: int) -> list[str]:
    """Return as many different headers as there are columns."""
    found: list[str] = []
    for number in range(width):
        name = names[number] if number < len(names) else f"column {number + 1}"
        found.append(name if name not in found else f"{name} ({number + 1})")
    return found


def _columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    return {name: [row[n].strip() if n < len(row) else "" for row in rows] for n, name in enumerate(header)}


def _parquet(path: Path) -> TextTable:
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
        columns = {
            name: [cell(value) for value in table[name].to_pylist()]
            for name in table.column_names
            if not pyarrow.types.is_binary(table[name].type) and not pyarrow.types.is_struct(table[name].type)
        }
    except pyarrow.ArrowException as error:
        raise ValueError(str(error)) from error
    return TextTable(path, columns, True, "Parquet", 1)


def _json(path: Path) -> TextTable:
    text, _ = decode_text(path.read_bytes())
    if path.suffix.lower() == ".json":
        rows = parse_json(text)
        if isinstance(rows, dict) and rows and all(isinstance(value, str | int) for value in rows.values()):
            rows = [{"file": name, "label": value} for name, value in rows.items()]
    else:
        rows = [parse_json(line) for line in text.splitlines() if line.strip()]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("it is no list of objects, one for each image")
    names = list(dict.fromkeys(name for row in rows for name in row))
    how = "JSON" if path.suffix.lower() == ".json" else "JSON lines"
    return TextTable(path, {name: [cell(row.get(name)) for row in rows] for name in names}, True, how, 1)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
