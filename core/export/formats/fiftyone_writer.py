"""FiftyOne: its classification format (data/, labels.json), one folder per split."""

import json
from pathlib import PurePosixPath
from typing import Any

from core.export.formats.export_format import ExportJob
from core.export.formats.table_writer import write_csv

_KEPT = ("image_id", "name", "source", "weight", "verdict", "decision", "run_id", "rule", "parameters", "reviewer",
         "time", "note", "flag")  # fmt: skip


def fiftyone(job: ExportJob) -> str:
    """A FiftyOneImageClassificationDataset per split: data, labels.json, and predictions.json of a run."""
    splits = job.splits()
    job.place_images([f"{split}/data" for split in splits], needs_suffix=True, by_stem=True)
    rows = job.table.rows()
    for split in dict.fromkeys(["train", *splits]):
        folder = job.folder / split
        (folder / "data").mkdir(parents=True, exist_ok=True)
        own = [row for row in rows if row["split"] == split]
        _write(job, f"{split}/labels.json", {_key(row): _label(job, row) for row in own if row["label"] >= 0})
        predicted = {_key(row): _prediction(row) for row in own if row.get("predicted")}
        if predicted:
            _write(job, f"{split}/predictions.json", predicted)
    write_csv(job.table, job.folder / "labels.csv", job.options)
    return ""


def _key(row: dict[str, Any]) -> str:
    """Return the name by which FiftyOne finds the image: its path below data without the suffix."""
    return PurePosixPath(row["file"]).stem


def _label(job: ExportJob, row: dict[str, Any]) -> dict[str, Any]:
    kept = {name: row[name] for name in _KEPT if row.get(name) not in ("", None)}
    attributes = kept | job.table.known_metadata(row)
    label = {"label": row["label_name"], "attributes": attributes}
    return label if row["confidence"] is None else {**label, "confidence": row["confidence"]}


def _prediction(row: dict[str, Any]) -> dict[str, Any]:
    return {"label": row["predicted"], "confidence": row["predicted_confidence"]}


def _write(job: ExportJob, path: str, labels: dict[str, Any]) -> None:
    content = {"classes": job.table.class_names, "labels": labels}
    (job.folder / path).write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
