"""COCO files: images, annotations and categories; a category of an image is its class."""

from typing import Any

from core.data.classes.class_appearance import ClassAppearance
from core.data.sources.annotations.annotation_rows import AnnotationRows, Row, one_label, several_labels
from core.data.sources.source_manifests import NO_LABEL


def read_coco(document: Any) -> AnnotationRows | None:
    """Read a COCO document.

    Boxes and masks are not kept. An image whose annotations name several classes is unlabeled.

    Args:
        document: The parsed JSON file.

    Returns:
        Its rows; None where it is no COCO document.

    Raises:
        KeyError: An entry lacks a field.
    """
    if not isinstance(document, dict) or not {"images", "categories"} <= set(document):
        return None
    category_names = {str(entry["id"]): str(entry["name"]) for entry in document["categories"]}
    labels: dict[str, list[str]] = {}
    for entry in document.get("annotations", ()):
        name = category_names.get(str(entry["category_id"]), str(entry["category_id"]))
        labels.setdefault(str(entry["image_id"]), []).append(name)
    rows: list[Row] = []
    count = 0
    for image in document["images"]:
        own = labels.get(str(image["id"]), [])
        label = one_label(own)
        count += label is None
        more = image.get("metadata")
        row = {
            **(more if isinstance(more, dict) else {}),
            "path": str(image["file_name"]),
            "label": label or "",
            "split": str(image.get("split", "")),
        }
        rows.append({**row, "labels": ", ".join(dict.fromkeys(own))} if label is None else row)
    used = {name for own in labels.values() for name in own}
    is_ours = _winnow_facts(document) is not None  # its categories are all classes, its groups none
    is_super = set() if is_ours else {str(entry.get("supercategory", "")) for entry in document["categories"]}
    names = [name for name in category_names.values() if name in used or name not in is_super]
    return AnnotationRows("COCO", rows, tuple(names), several_labels(count), _appearance(document, set(names)))


def _appearance(document: dict[str, Any], classes: set[str]) -> ClassAppearance:
    """Return colors (of panoptic files too), descriptions and groups of classes; the order of an export of Winnow."""
    colors, texts = dict[str, str](), dict[str, str]()
    for entry in document["categories"]:
        color, name = entry.get("color"), str(entry["name"])
        if isinstance(color, list) and len(color) == 3 and all(type(c) is int and 0 <= c <= 255 for c in color):
            colors[name] = f"#{color[0]:02x}{color[1]:02x}{color[2]:02x}"
        elif isinstance(color, str):
            colors[name] = color
        if isinstance(entry.get("description"), str):
            texts[name] = entry["description"]
    own = ClassAppearance.from_facts(_winnow_facts(document))
    groups = _groups([entry for entry in document["categories"] if str(entry["name"]) in classes])
    facts = {"class_colors": colors, "class_descriptions": texts, "class_groups": groups}
    return own.over(ClassAppearance.from_facts(facts))


def _groups(categories: list[dict[str, Any]]) -> dict[str, str]:
    """Return class → supercategory; none where all have the same one, which says nothing."""
    found = {str(entry["name"]): entry.get("supercategory") for entry in categories}
    texts = {name: " ".join(text.split()) if isinstance(text, str) else "" for name, text in found.items()}
    if len(set(texts.values())) < 2:
        return {}
    return {name: text for name, text in texts.items() if text != name and text.casefold() not in NO_LABEL}


def _winnow_facts(document: dict[str, Any]) -> Any:
    """Return what an export of Winnow says of itself; None for a file of another tool."""
    about = document.get("info")
    return about.get("winnow") if isinstance(about, dict) else None
