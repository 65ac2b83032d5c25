"""CVAT: XML "for images 1.1" with a tag per image, and the images."""

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from core.export.formats.export_format import ExportJob
from core.export.formats.table_writer import CHUNK, write_csv

_ATTRIBUTES = ("source", "confidence", "reviewer", "decision", "rule", "parameters", "note", "flag")
"""Columns that travel as text attributes of the tag."""
_SOURCES = {"given": "manual", "accepted": "manual", "corrected": "manual", "bulk": "semi-auto"}


def cvat(job: ExportJob) -> str:
    """CVAT for images 1.1: annotations.xml with a tag per image and its subset, and images/."""
    job.place_images([f"images/{split}" for split in job.splits()], needs_suffix=True)
    with (job.folder / "annotations.xml").open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n')
        file.write(_meta(job))
        for start in range(0, len(job.table), CHUNK):
            for number, row in enumerate(job.table.rows(start, start + CHUNK), start):
                file.write(_image(job, number, row))
        file.write("</annotations>\n")
    write_csv(job.table, job.folder / "labels.csv", job.options)
    return "annotations.xml"


def _meta(job: ExportJob) -> str:
    attribute = "".join(
        f"<attribute><name>{_text(name)}</name><mutable>False</mutable><input_type>text</input_type><default_value/>"
        "<values/></attribute>"
        for name in (*_ATTRIBUTES, *job.table.metadata)
        if name in job.table.columns
    )
    colors = {name: f"<color>{color}</color>" for name, color in job.table.appearance.colors.items()}
    labels = "".join(
        f"<label><name>{_text(name)}</name>{colors.get(name, '')}<type>tag</type><attributes>{attribute}</attributes>"
        "</label>"
        for _, name in job.table.shown_classes
    )
    subsets = "\n".join(dict.fromkeys(job.splits()))
    return (
        f"  <meta><task><name>{_text(str(job.table.info['project']))}</name><size>{len(job.table)}</size>"
        f"<mode>annotation</mode><subset>{_text(subsets)}</subset><labels>{labels}</labels></task></meta>\n"
    )


def _image(job: ExportJob, number: int, row: dict[str, Any]) -> str:
    width, height = job.images.size(number)
    name = row["file"].removeprefix("images/")
    attributes = "".join(
        f"<attribute name={_quoted(key)}>{_text(str(row[key]))}</attribute>"
        for key in (*_ATTRIBUTES, *job.table.metadata)
        if row.get(key) is not None
    )
    source = _SOURCES.get(row["source"], "manual")
    return (
        f'  <image id="{number}" name={_quoted(name)} subset={_quoted(row["split"])} width="{width}" '
        f'height="{height}">\n    <tag label={_quoted(row["label_name"])} source="{source}">{attributes}</tag>\n'
        "  </image>\n"
    )


def _text(text: str) -> str:
    return escape(_allowed(text))


def _quoted(text: str) -> str:
    return quoteattr(_allowed(text), {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


def _allowed(text: str) -> str:
    """Replace the control characters that XML cannot hold."""
    return "".join(char if char >= " " or char in "\t\n\r" else "\ufffd" for char in text)
