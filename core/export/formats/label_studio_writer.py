"""Label Studio: tasks with annotations and predictions, and the labeling configuration."""

import json
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from core.export.formats.export_format import ExportJob
from core.export.formats.table_writer import CHUNK, write_csv
from core.export.label_table import LabelTable

CONTROL, OBJECT = "class", "image"
"""Names of the choice and of the image in the labeling configuration."""
_KEPT = ("image_id", "name", "split", "source", "weight", "reviewer", "decision", "rule", "parameters", "time",
         "note", "flag")  # fmt: skip


def label_studio(job: ExportJob) -> str:
    """Tasks for Label Studio: annotations, predictions of the suggesting runs, labeling configuration, images."""
    job.place_images(["images"] * len(job.table), needs_suffix=True)
    with (job.folder / "tasks.json").open("w", encoding="utf-8") as file:
        file.write("[")
        for start in range(0, len(job.table), CHUNK):
            for number, row in enumerate(job.table.rows(start, start + CHUNK), start):
                file.write((",\n" if number else "\n") + json.dumps(_task(job, row), ensure_ascii=False))
        file.write("\n]\n")
    (job.folder / "label_config.xml").write_text(_config(job.table), encoding="utf-8")
    write_csv(job.table, job.folder / "labels.csv", job.options)
    return "tasks.json"


def _task(job: ExportJob, row: dict[str, Any]) -> dict[str, Any]:
    """Return one task; its image lies below the folder that Label Studio serves local files from."""
    kept = {name: row[name] for name in _KEPT if name in row}
    data = {"image": f"/data/local-files/?d={quote(row['file'])}", **kept, **job.table.known_metadata(row)}
    number = row["image_id"] + 1  # tools that convert tasks ask for ids; Label Studio itself gives new ones
    task: dict[str, Any] = {"id": number, "data": data, "annotations": [], "predictions": []}
    if row["label"] >= 0:
        task["annotations"] = [{
            "id": number, "result": [_choice(row["label_name"], f"{row['image_id']}-label")],
            "was_cancelled": False, "ground_truth": row["source"] == "given",
        }]  # fmt: skip
    if row.get("predicted"):
        task["predictions"] = [{
            "model_version": job.table.info.get("predictions_of", ""), "score": row["predicted_confidence"],
            "result": [_choice(row["predicted"], f"{row['image_id']}-prediction")],
        }]  # fmt: skip
    return task


def _choice(name: str, key: str) -> dict[str, Any]:
    return {"id": key, "type": "choices", "from_name": CONTROL, "to_name": OBJECT, "value": {"choices": [name]}}


def _config(table: LabelTable) -> str:
    """Return the labeling configuration: one image, one class of it, in the order and with the hints of the classes."""
    appearance = table.appearance
    choices = "".join(
        f"\n    <Choice value={quoteattr(name)}{_attribute('hint', appearance.descriptions.get(name))}"
        f"{_attribute('color', appearance.colors.get(name))}/>"
        for _, name in table.shown_classes
    )
    return (
        f'<View>\n  <Image name="{OBJECT}" value="$image"/>\n'
        f'  <Choices name="{CONTROL}" toName="{OBJECT}" choice="single">{choices}\n  </Choices>\n</View>\n'
    )


def _attribute(name: str, value: str | None) -> str:
    return f" {name}={quoteattr(value, {chr(10): '&#10;'})}" if value else ""
