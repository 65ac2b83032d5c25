"""COCO: one file of images, categories and annotations per split; the box of an annotation is the whole image."""

import json
from typing import Any

import numpy as np

from core.export.formats.export_format import ExportJob
from core.export.formats.table_writer import write_csv

_KEPT = ("source", "weight", "verdict", "decision", "run_id", "confidence", "rule", "parameters", "reviewer", "time",
         "note", "flag")  # fmt: skip


def coco(job: ExportJob) -> str:
    """COCO JSON per split in annotations/, with the images beside; each box is the whole image."""
    splits = np.array(job.splits())
    job.place_images([f"images/{split}" for split in splits.tolist()], needs_suffix=True)
    (job.folder / "annotations").mkdir()
    for split in dict.fromkeys(["train", *splits.tolist()]):
        content = _content(job, str(split), np.flatnonzero(splits == split).tolist())
        text = json.dumps(content, ensure_ascii=False)
        (job.folder / "annotations" / f"{split}.json").write_text(text, encoding="utf-8")
    write_csv(job.table, job.folder / "labels.csv", job.options)
    return ""


def _content(job: ExportJob, split: str, rows: list[int]) -> dict[str, Any]:
    info = job.table.info
    images, annotations = [], []
    for row in rows:
        facts = job.table.rows(row, row + 1)[0]
        width, height = job.images.size(row)
        number = facts["image_id"] + 1  # COCO counts from 1
        name = facts["file"].removeprefix(f"images/{split}/")
        about = {"width": width, "height": height, "source_name": facts["name"]}
        if metadata := job.table.known_metadata(facts):
            about["metadata"] = metadata
        images.append({"id": number, "file_name": name, **about})
        annotations.append({
            "id": number, "image_id": number, "category_id": facts["label"] + 1, "bbox": [0, 0, width, height],
            "area": width * height, "segmentation": [], "iscrowd": 0,
            "attributes": {key: facts[key] for key in _KEPT if facts.get(key) not in ("", None)},
        })  # fmt: skip
    head = {"description": info["project"], "date_created": info.get("created", ""), "version": "1.0", "winnow": info}
    return {"info": head, "licenses": [], "images": images, "categories": _categories(job), "annotations": annotations}


def _categories(job: ExportJob) -> list[dict[str, Any]]:
    """Return the categories in the order of the classes, with group, color (R, G, B) and description if any."""
    appearance, found = job.table.appearance, []
    for number, name in job.table.shown_classes:
        category: dict[str, Any] = {"id": number + 1, "name": name, "supercategory": appearance.groups.get(name, "")}
        if name in appearance.colors:
            category["color"] = list(bytes.fromhex(appearance.colors[name][1:]))
        if name in appearance.descriptions:
            category["description"] = appearance.descriptions[name]
        found.append(category)
    return found
