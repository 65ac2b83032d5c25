"""Label table: one row per exported label, and the settings of its export."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DataError
from core.base.types import Pixels
from core.data.classes.class_appearance import ClassAppearance, standing_classes
from core.data.sources.source_roots import SourceRoots

COLUMNS = (
    "image_id",
    "name",
    "label",
    "label_name",
    "source",
    "weight",
    "verdict",
    "decision",
    "run_id",
    "confidence",
    "rule",
    "parameters",
    "reviewer",
    "time",
    "split",
)
FURTHER_COLUMNS = ("predicted", "predicted_confidence", "note", "flag", "file")
"""Columns that only some tables have: a run's prediction, note and flag at the image, where it lies in the export."""
RESERVED = frozenset({*COLUMNS, *FURTHER_COLUMNS, "image"})
"""Names that no metadata column has in an export."""
FILE_MODES = ("auto", "copy", "hardlink", "symlink", "resized")
"""How images come into an export; auto copies the originals where they are still there, else writes resized PNG."""


@dataclass(frozen=True)
class ExportOptions:
    """What a person chooses about an export.

    Attributes:
        files: One of FILE_MODES.
        held_out: Whether labels of val, calibration and test images go along; None: as the format does.
        bom: Whether a CSV file begins with a byte order mark, for spreadsheets; None: where a cell is not ASCII.
        formula_safe: Whether CSV cells that a spreadsheet would compute get an apostrophe in front.
        threshold: Of an exported model: confidence below which it says "don't know", [0, 1].
    """

    files: str = "auto"
    held_out: bool | None = None
    bom: bool | None = None
    formula_safe: bool = True
    threshold: float | None = None


@dataclass(frozen=True)
class LabelTable:
    """One row per label.

    Attributes:
        columns: Named by COLUMNS and FURTHER_COLUMNS, each (M,). The label is -1, its name empty, where there is none.
        info: What the manifest says of the project.
        pixels: (N, H, W, C), row = image id.
        source: Folders of the originals; None where the project was not made from one.
        metadata: Type of each metadata column, by its name in the export: int64, float64, bool, string, timestamp[us]
            or timestamp[us, tz=UTC]. Times are ISO 8601 texts in `columns`; a missing value is None.
    """

    columns: Mapping[str, NDArray[Any]]
    info: Mapping[str, Any]
    pixels: Pixels
    source: SourceRoots | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.columns["image_id"])

    @property
    def class_names(self) -> list[str]:
        """Return the K class names."""
        return [str(name) for name in self.info["classes"]]

    @property
    def appearance(self) -> ClassAppearance:
        """Return order, colors and descriptions of the classes."""
        return ClassAppearance.from_facts(self.info)

    @property
    def shown_classes(self) -> list[tuple[int, str]]:
        """Return number and name of each class, in the order to show; merged ones are left out."""
        stand = set(standing_classes(self.info))
        return [(number, name) for number, name in self.appearance.in_order(self.class_names) if name in stand]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Return the names of the columns in order."""
        return (*COLUMNS, *(name for name in FURTHER_COLUMNS if name in self.columns), *self.metadata)

    def known_metadata(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the metadata that a row of `rows` has; missing values are left out."""
        return {name: row[name] for name in self.metadata if row[name] is not None}

    def values(self, name: str) -> list[Any]:
        """Return a column as plain values that every format can write: no NaN, no half characters."""
        column = self.columns[name]
        values: list[Any] = column.tolist()
        if np.issubdtype(column.dtype, np.floating):
            return [None if value != value else value for value in values]
        return [escape_surrogates(value) for value in values] if column.dtype.kind == "U" else values

    def rows(self, start: int = 0, stop: int | None = None) -> list[dict[str, Any]]:
        """Return rows as objects with every column."""
        part = self.where(slice(start, stop))
        columns = [part.values(name) for name in self.column_names]
        return [dict(zip(self.column_names, row, strict=True)) for row in zip(*columns, strict=True)]

    def where(self, rows: Any) -> Self:
        """Return the table of some rows: a mask, numbers or a slice."""
        return replace(self, columns={name: column[rows] for name, column in self.columns.items()})

    def with_files(self, files: Sequence[str]) -> Self:
        """Return the table with the column `file`: path of each image in the export."""
        return replace(self, columns={**self.columns, "file": np.array(files, dtype=np.str_)})

    def info_json(self) -> str:
        """Return what the manifest says as JSON text."""
        return json.dumps(dict(self.info), ensure_ascii=False)


def markdown_row(cells: Iterable[object]) -> str:
    """Return a row of a Markdown table; bars in cells are escaped, breaks become spaces."""
    return f"| {' | '.join(' '.join(str(cell).split()).replace('|', chr(92) + '|') for cell in cells)} |"


def escape_surrogates(text: str) -> str:
    """Write the bytes of a file name that are no UTF-8 as %FF; other text stays as it is."""
    if text.isprintable():
        return text
    try:
        return "".join(f"%{ord(char) - 0xDC00:02X}" if 0xDC80 <= ord(char) <= 0xDCFF else _whole(char) for char in text)
    except (SystemError, ValueError) as error:  # numpy makes texts of any numbers, also of those that are no character
        raise DataError("A stored file name is damaged (images/names.npy): create the project again.") from error


def _whole(char: str) -> str:
    return "\ufffd" if 0xD800 <= ord(char) <= 0xDFFF else char
