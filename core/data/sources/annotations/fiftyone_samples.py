"""FiftyOne exports, and JSON files of labels by file name."""

from collections.abc import Mapping
from typing import Any

from core.data.sources.annotations.annotation_rows import AnnotationRows, Row
from core.data.sources.source_table import split_of
from core.data.sources.text_tables import cell


def read_fiftyone(document: Any) -> AnnotationRows | None:
    """Read samples.json of a FiftyOneDataset: one object with a `filepath` for each image.

    Args:
        document: The parsed JSON file.

    Returns:
        Its rows; None where it is no such document.
    """
    samples = document.get("samples") if isinstance(document, dict) else None
    if not isinstance(samples, list) or not all(isinstance(s, dict) and "filepath" in s for s in samples):
        return None
    rows: list[Row] = []
    for sample in samples:
        tags = [str(tag) for tag in sample.get("tags", ()) or ()]
        split = next((split for split in map(split_of, tags) if split), "")
        label = next((str(v["label"]) for v in _classifications(sample) if v.get("label") is not None), "")
        row = {"path": str(sample["filepath"]), "label": label, "split": split}
        others = [tag for tag in tags if not split_of(tag)]
        rows.append({**row, "tags": ", ".join(others)} if others else row)
    return AnnotationRows("FiftyOne", rows)


def read_labels_json(document: Any) -> AnnotationRows | None:
    """Read labels by file: FiftyOne's {"classes", "labels"}, StyleGAN's {"labels": [[file, class], …]}.

    Args:
        document: The parsed JSON file.

    Returns:
        Its rows; None where it is no such document.
    """
    labels = document.get("labels") if isinstance(document, dict) else None
    if isinstance(labels, Mapping):
        pairs = list(labels.items())
    elif isinstance(labels, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in labels):
        pairs = [(pair[0], pair[1]) for pair in labels]
    else:
        return None
    given = document.get("classes")
    names = tuple(str(name) for name in given) if isinstance(given, list) else ()
    rows = [{**_attributes(value), "path": str(file), "label": _label(value, names)} for file, value in pairs]
    return AnnotationRows("labels by file", rows, names)


def _classifications(sample: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the classifications of a sample, ground truth first."""
    fields = [(name, v) for name, v in sample.items() if isinstance(v, dict) and v.get("_cls") == "Classification"]
    return [value for _, value in sorted(fields, key=lambda field: field[0] not in ("ground_truth", "label"))]


def _attributes(value: Any) -> Row:
    """Return the confidence and the attributes of a label, where it has any."""
    if not isinstance(value, dict):
        return {}
    more = value.get("attributes")
    found = {"confidence": value.get("confidence"), **(more if isinstance(more, dict) else {})}
    return {str(name): cell(entry) for name, entry in found.items() if entry is not None}


def _label(value: Any, names: tuple[str, ...]) -> str:
    if isinstance(value, dict):
        value = value.get("label")
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names):
        return names[value]
    return "" if value is None else str(value)
