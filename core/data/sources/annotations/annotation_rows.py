"""Rows of an export of another tool: image file, label, split, metadata."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from core.data.classes.class_appearance import ClassAppearance
from core.data.sources.folder_scan import FolderScan, natural_key
from core.data.sources.source_manifests import match_table
from core.data.sources.source_table import SourceTable
from core.data.sources.text_tables import TextTable, cell

Row: TypeAlias = dict[str, str]
SHOWN = 5


@dataclass(frozen=True)
class AnnotationRows:
    """What one file of another tool says.

    Attributes:
        tool: Name of the format, for sentences.
        rows: One for each image: "path", perhaps "label", "split" and "group", and further columns.
        class_names: Classes that the file lists, also those of no image.
        remarks: Sentences: what could not be taken over.
        appearance: Order, colors and descriptions of the classes, where the file tells them.
    """

    tool: str
    rows: Sequence[Row]
    class_names: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    appearance: ClassAppearance = field(default_factory=ClassAppearance)


Reader: TypeAlias = Callable[[Any], AnnotationRows | None]
"""Reads a parsed document; None where it is of another format."""


def one_label(labels: Iterable[str]) -> str | None:
    """Return the one class of an image, "" without any, None where it has several."""
    found = list(dict.fromkeys(label for label in labels if label))
    return (found or [""])[0] if len(found) < 2 else None


def several_labels(count: int) -> tuple[str, ...]:
    """Return the remark about images of several classes, if there are any."""
    text = f"Images of several classes: {count:,}. They are unlabeled; their classes stand in the column labels."
    return (text,) if count else ()


def annotation_table(found: AnnotationRows, file: Path, scan: FolderScan) -> SourceTable:
    """Match what a file says with the images of a folder.

    Args:
        found: Its rows.
        file: The file.
        scan: The images.

    Returns:
        The table; classes that the file lists without an image stay classes.

    Raises:
        InputError: It names no image of the folder.
    """
    names = dict.fromkeys(["path", *(name for row in found.rows for name in row)])
    columns = {name: [cell(row.get(name)) for row in found.rows] for name in names}
    roles: dict[str, str] = {role: role for role in ("path", "label", "split", "group") if role in columns}
    text_table = TextTable(file, columns, True, found.tool, 1)
    table = match_table(text_table, scan, roles)
    class_names = sorted({*table.class_names, *found.class_names}, key=natural_key)
    return replace(
        table,
        layout=f"{found.tool} file {file.name}",
        class_names=tuple(class_names),
        remarks=(*table.remarks, *found.remarks),
        appearance=found.appearance,
    )
