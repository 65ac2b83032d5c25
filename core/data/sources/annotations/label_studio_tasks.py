"""Label Studio: a JSON list of tasks with annotations and their choices."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from core.data.sources.annotations.annotation_rows import AnnotationRows, Row, one_label, several_labels

_UPLOAD = re.compile(r"^[0-9a-f]{8}-")
_IMAGE_KEYS = ("image", "img", "photo", "picture", "url")


def read_label_studio(document: Any) -> AnnotationRows | None:
    """Read an export of tasks (JSON, not JSON-MIN, which is read as a table).

    The latest annotation that was not cancelled counts; predictions are left out.

    Args:
        document: The parsed JSON file.

    Returns:
        Its rows; None where it is no list of tasks.
    """
    is_tasks = isinstance(document, list) and document and all(isinstance(task, dict) for task in document)
    if not is_tasks or not all(isinstance(task.get("data"), dict) for task in document):
        return None
    rows: list[Row] = []
    names: list[str] = []
    count = 0
    for task in document:
        data: Mapping[str, Any] = task["data"]
        key = next((key for key in _IMAGE_KEYS if isinstance(data.get(key), str)), None)
        key = key or next((key for key, value in data.items() if isinstance(value, str)), None)
        if key is None:
            continue
        annotations = task.get("annotations", task.get("completions", ())) or ()
        live = [entry for entry in annotations if isinstance(entry, dict) and not entry.get("was_cancelled")]
        own = list(_choices(live[-1])) if live else []
        label = one_label(own)
        names += own
        count += label is None
        more = {
            name: str(value) for name, value in data.items() if name != key and isinstance(value, str | int | float)
        }
        row = {**more, "path": _file_of(str(data[key])), "label": label or ""}
        rows.append({**row, "labels": ", ".join(own)} if label is None else row)
    return AnnotationRows("Label Studio", rows, tuple(dict.fromkeys(names)), several_labels(count))


def _choices(annotation: Mapping[str, Any]) -> Iterator[str]:
    for result in annotation.get("result", ()):
        value = result.get("value", {}) if isinstance(result, dict) else {}
        found = value.get("choices", value.get("rectanglelabels", ())) if isinstance(value, dict) else ()
        yield from (str(choice) for choice in ([found] if isinstance(found, str) else found or ()))


def _file_of(address: str) -> str:
    """Return the path that an address of Label Studio stands for, without its prefix of an upload."""
    parts = urlsplit(address)
    query = parse_qs(parts.query).get("d")
    path = query[0] if query else unquote(parts.path if parts.scheme in ("", "http", "https", "s3", "gs") else address)
    folder, _, name = path.rpartition("/")
    if "/upload/" in f"{folder}/":
        return _UPLOAD.sub("", name)
    return f"{folder}/{name}" if folder else name
