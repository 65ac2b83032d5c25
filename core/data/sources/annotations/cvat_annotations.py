"""CVAT for images 1.1: an XML file with an `image` element and its tags for each image."""

from typing import Any
from xml.etree import ElementTree

from core.data.classes.class_appearance import ClassAppearance
from core.data.sources.annotations.annotation_rows import AnnotationRows, Row, one_label, several_labels


def parse_xml(content: bytes) -> Any:
    """Parse an XML file without a document type, which could name other files or grow without end.

    Args:
        content: The bytes.

    Returns:
        The root element.

    Raises:
        ValueError: It is no such XML.
    """
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ValueError("it declares a document type, which is refused")
    try:
        return ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise ValueError(f"it is no XML: {error}") from error


def read_cvat(document: Any) -> AnnotationRows | None:
    """Read a CVAT document: tags are labels; without a tag, the one class of all shapes is.

    Args:
        document: The root element.

    Returns:
        Its rows; None where it is no CVAT document.
    """
    if not isinstance(document, ElementTree.Element) or document.tag != "annotations":
        return None
    rows: list[Row] = []
    count = 0
    for image in document.iter("image"):
        tags = [str(tag.get("label", "")) for tag in image.findall("tag")]
        shapes = [str(shape.get("label", "")) for shape in image if shape.tag != "tag"]
        label = one_label(tags or shapes)
        count += label is None
        row = {"path": str(image.get("name", "")), "label": label or "", "split": str(image.get("subset", ""))}
        for attribute in image.findall("tag/attribute"):
            row[str(attribute.get("name", "attribute"))] = str(attribute.text or "")
        rows.append({**row, "labels": ", ".join(dict.fromkeys(tags or shapes))} if label is None else row)
    colors = {
        (label.findtext("name") or "").strip(): (label.findtext("color") or "").strip()
        for label in document.iterfind("meta//labels/label")
    }
    appearance = ClassAppearance.from_facts({"class_colors": colors})
    return AnnotationRows("CVAT", rows, tuple(name for name in colors if name), several_labels(count), appearance)
