"""Tables of labels: CSV (RFC 4180), Parquet and JSON lines."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.data.classes.class_names import without_formula
from core.export.formats.export_format import ExportJob
from core.export.label_table import ExportOptions, LabelTable

CHUNK = 10_000
_FIRST = "split"


def csv_file(job: ExportJob) -> str:
    """One CSV file (RFC 4180), UTF-8, a row per label with its provenance."""
    write_csv(job.table, job.folder / "labels.csv", job.options)
    return "labels.csv"


def parquet(job: ExportJob) -> str:
    """One Parquet file with typed columns, and the manifest in its metadata."""
    metadata = {"winnow": job.table.info_json()}
    arrow = pa.table({name: arrow_column(job.table, name) for name in job.table.column_names})
    pq.write_table(arrow.replace_schema_metadata(metadata), job.folder / "labels.parquet")
    return "labels.parquet"


def arrow_column(table: LabelTable, name: str) -> pa.Array:
    """Return a column as an Arrow array; metadata in their type.

    Args:
        table: The rows.
        name: The column.
    """
    values, kind = table.values(name), table.metadata.get(name)
    if kind is None:
        return pa.array(values)
    if not kind.startswith("timestamp"):
        return pa.array(values, kind)
    return pa.array(values, pa.string()).cast(pa.timestamp("us", tz="UTC" if "UTC" in kind else None))


def jsonl(job: ExportJob) -> str:
    """One JSON object per line and label, UTF-8, typed."""
    with (job.folder / "labels.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for start in range(0, len(job.table), CHUNK):
            for row in job.table.rows(start, start + CHUNK):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return "labels.jsonl"


def write_csv(table: LabelTable, path: Path, options: ExportOptions) -> None:
    """Write the rows as CSV.

    Args:
        table: The rows.
        path: The file.
        options: Whether it begins with a byte order mark, and whether formulas are disarmed.
    """
    has_mark = _needs_mark(table) if options.bom is None else options.bom
    names = table.column_names
    if has_mark:  # who passes over no mark finds the first column under another name
        names = (_FIRST, *(name for name in names if name != _FIRST))
    with path.open("w", encoding="utf-8-sig" if has_mark else "utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([disarmed(name) for name in names] if options.formula_safe else names)
        for start in range(0, len(table), CHUNK):
            part = table.where(slice(start, start + CHUNK))
            columns = [part.values(name) for name in names]
            if options.formula_safe:
                columns = [[disarmed(value) for value in column] for column in columns]
            writer.writerows(zip(*columns, strict=True))


def _needs_mark(table: LabelTable) -> bool:
    """Return whether a cell is not ASCII, which spreadsheets read wrongly without a byte order mark."""
    columns = (table.columns[name] for name in table.column_names if table.columns[name].dtype.kind in "UO")
    texts = (text for column in (table.column_names, *(c.tolist() for c in columns)) for text in column)
    return any(not text.isascii() for text in texts if isinstance(text, str))


def disarmed(value: Any) -> Any:
    """Put an apostrophe in front of a text that a spreadsheet would compute; numbers stay."""
    return without_formula(value) if isinstance(value, str) else value
