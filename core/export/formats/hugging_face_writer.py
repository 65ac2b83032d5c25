"""Hugging Face data set: Parquet shards with images, typed labels, and a data set card."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.export.formats.export_format import ExportJob
from core.export.formats.table_writer import arrow_column, write_csv
from core.export.label_table import escape_surrogates, markdown_row

ROWS = 100
"""Images in one row group, as the hub's viewer likes it."""
SHARD_BYTES = 400_000_000
NAMES = {"val": "validation"}
"""Names of splits that Hugging Face writes in another way."""
_TYPES = {"image_id": "int64", "weight": "float64", "decision": "int64", "confidence": "float64",
          "predicted_confidence": "float64"}  # fmt: skip


def hugging_face(job: ExportJob) -> str:
    """A data set for `datasets.load_dataset`: Parquet shards with the images, and README.md."""
    job.images.check_packed("A Hugging Face data set")
    splits = np.array(job.splits())
    (job.folder / "data").mkdir()
    found = {}
    for split in dict.fromkeys(["train", *splits.tolist()]):
        rows = np.flatnonzero(splits == split)
        name = NAMES.get(split, split)
        _write_split(job, name, rows.tolist())
        found[name] = len(rows)
    write_csv(job.table, job.folder / "labels.csv", job.options)
    (job.folder / "README.md").write_text(_card(job, found), encoding="utf-8")
    return ""


def _columns(job: ExportJob) -> list[str]:
    """Return the columns beside the image and its label; the number of a label is the label itself."""
    return [name for name in job.table.column_names if name not in ("label", "label_name", "file")]


def _features(job: ExportJob) -> dict[str, Any]:
    named = {"label": {"names": job.table.class_names, "_type": "ClassLabel"}}
    if not job.table.class_names:
        named = {"label": {"dtype": "int64", "_type": "Value"}}
    others = {name: {"dtype": _type(job, name), "_type": "Value"} for name in _columns(job)}
    return {"image": {"_type": "Image"}, **named, **others}


def _type(job: ExportJob, name: str) -> str:
    return job.table.metadata.get(name) or _TYPES.get(name, "string")


def _arrow_type(name: str) -> pa.DataType:
    if name.startswith("timestamp"):
        return pa.timestamp("us", tz="UTC" if "UTC" in name else None)
    return pa.type_for_alias(name)


def _schema(job: ExportJob) -> pa.Schema:
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    columns = [(name, _arrow_type(_type(job, name))) for name in _columns(job)]
    metadata = {"huggingface": json.dumps({"info": {"features": _features(job)}}), "winnow": job.table.info_json()}
    return pa.schema([("image", image), ("label", pa.int64()), *columns], metadata)


def _write_split(job: ExportJob, split: str, rows: list[int]) -> None:
    """Write the rows of a split into shards of about SHARD_BYTES."""
    schema, names = _schema(job), _columns(job)
    shard, size, writer = 0, 0, pq.ParquetWriter(job.folder / "data" / f"{split}-00000.parquet", schema)
    try:
        for start in range(0, len(rows), ROWS):
            part = rows[start : start + ROWS]
            if size > SHARD_BYTES:
                writer.close()
                shard, size = shard + 1, 0
                writer = pq.ParquetWriter(job.folder / "data" / f"{split}-{shard:05d}.parquet", schema)
            images = [{"bytes": job.images.content(row), "path": _path(job, row)} for row in part]
            size += sum(len(image["bytes"]) for image in images)
            table = job.table.where(part)
            columns = {
                name: arrow_column(table, name) if name in table.metadata else table.values(name) for name in names
            }
            arrow = pa.table({"image": images, "label": table.values("label"), **columns}, schema)
            writer.write_table(arrow, row_group_size=ROWS)
    finally:
        writer.close()


def _path(job: ExportJob, row: int) -> str:
    """Return the file name that the image carries."""
    table = job.table
    name = escape_surrogates(str(table.columns["name"][row])).rpartition("/")[2]
    return name if job.images.has_originals else f"{int(table.columns['image_id'][row]):08d}.png"


def _card(job: ExportJob, splits: dict[str, int]) -> str:
    """Return README.md: where the splits lie, and what is known of the labels."""
    info = job.table.info
    files = [f"  - split: {name}\n    path: data/{name}-*.parquet" for name in splits]
    head = ["---", "task_categories:", "- image-classification", "tags:", "- winnow", "configs:",
            "- config_name: default", "  data_files:", *files, "---"]  # fmt: skip
    counts = [f"| {name} | {count:,} |" for name, count in splits.items()]
    sources = [f"| {name} | {count:,} |" for name, count in info["labels"].items()]
    proofs = [
        f"- {proof['certificate']['certified']:.1%} of {proof['certificate']['size']:,} labels (rule {proof['rule']}, "
        f"run {proof['run']}) are right, but for a risk of {proof['certificate']['alpha']:g}."
        for proof in info.get("certificates", [])
        if isinstance(proof.get("certificate"), dict) and "rule" in proof and "run" in proof
    ]
    return "\n".join([
        *head, "", f"# {info['project']}", "", "Exported by Winnow. Columns are those of labels.csv.", "",
        "| split | images |", "| --- | --- |", *counts, "", "| source of the label | labels |", "| --- | --- |",
        *sources, "", *_classes(job), "## What is proven about the labels", "",
        *(proofs or ["No selection has been audited: nothing is proven."]), "",
    ])  # fmt: skip


def _classes(job: ExportJob) -> list[str]:
    """Return a table of the classes where any has a description; the number is the label in the data."""
    texts = job.table.appearance.descriptions
    if not texts:
        return []
    rows = [markdown_row((number, name, texts.get(name, ""))) for number, name in job.table.shown_classes]
    return ["## Classes", "", "| label | class | what belongs to it |", "| --- | --- | --- |", *rows, ""]
