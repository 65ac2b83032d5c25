"""Manifests: tables that name the image files, their labels, splits, groups and metadata."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.base.errors import InputError
from core.base.types import QuarantinedFile
from core.data.classes.class_appearance import read_manifest as read_export_manifest
from core.data.classes.class_names import with_formula
from core.data.sources.file_index import FileIndex
from core.data.sources.folder_layout import UNLABELED
from core.data.sources.folder_scan import FolderScan, natural_key
from core.data.sources.source_table import GROUP_COLUMNS, SourceTable, readable_name, split_of
from core.data.sources.text_tables import TextTable, read_text_table

ALSO_METADATA = ("site", "camera")
"""Headers of groups that people also filter by: such a column stays in the metadata under its own name."""
ROLES: dict[str, tuple[str, ...]] = {
    "path": (
        "path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path", "image_file", "img",
        "img_path", "image_name", "name", "source", "id", "image_id", "photo", "picture", "datei", "fichier",
    ),
    "label": (
        "label_name", "class_name", "label", "class", "category", "target", "species", "labels", "classes", "y",
        "diagnosis", "ground_truth", "tag", "choice", "choices", "klasse", "classe", "category_id", "class_id",
    ),
    "split": ("split", "subset", "partition", "set", "fold", "phase", "usage"),
    "group": (*GROUP_COLUMNS, *ALSO_METADATA),
}  # fmt: skip
"""What a column can be → headers that mean it, the likeliest first; case, spaces and hyphens do not count."""
NO_LABEL = ("", "nan", "null", "none", "n/a", "na", "?", "-1", *UNLABELED)


@dataclass
class _Rows:
    """Rows that were matched with files."""

    files: list[Path] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    problems: list[QuarantinedFile] = field(default_factory=list)


def read_manifest(file: Path, scan: FolderScan, columns: Mapping[str, str] | None = None) -> SourceTable:
    """Read a table of image files.

    Args:
        file: CSV, TSV, Parquet, JSON or JSON lines.
        scan: The files of the folder that its paths are relative to.
        columns: Roles ("path", "label", "split", "group") → headers; what is left out is detected.

    Returns:
        The table of the images that are there.

    Raises:
        InputError: The file is no table, has no column of paths, or names no file of the folder.
    """
    return match_table(_as_written(read_text_table(file)), scan, columns)


def _as_written(table: TextTable) -> TextTable:
    """Take the apostrophes from cells of a CSV that an export of Winnow put in front of formulas."""
    manifest = read_export_manifest(table.file.parent) if table.file.suffix.lower() == ".csv" else {}
    if not manifest.get("formula_safe", "winnow" in manifest):
        return table
    columns = {with_formula(name): list(map(with_formula, cells)) for name, cells in table.columns.items()}
    return replace(table, columns=columns)


def match_table(table: TextTable, scan: FolderScan, columns: Mapping[str, str] | None = None) -> SourceTable:
    """Match the rows of a table with the files of a folder; see `read_manifest`.

    Args:
        table: The rows.
        scan: The files of the folder.
        columns: Roles → headers.

    Returns:
        The table of the images that are there.

    Raises:
        InputError: It has no column of paths, or names no file of the folder.
    """
    file, index = table.file, FileIndex(scan, near=table.file)
    if not table.num_rows:
        raise InputError(f"{file} has no rows.")
    roles = _roles(table, index, columns or {})
    found = _matched(table, table.columns[roles["path"]], roles, index)
    if not found.files:
        example = table.columns[roles["path"]][0]
        raise InputError(
            f"None of the {table.num_rows:,} rows of {file} names an image in {scan.root}: its column "
            f"{roles['path']!r} begins with {example!r}. Give the folder that these paths start from."
        )
    return _source_table(table, roles, found, scan)


def with_others(table: SourceTable, scan: FolderScan) -> SourceTable:
    """Add the images of the folder that a table does not name, as unlabeled ones.

    Args:
        table: The images that it names.
        scan: The files of the folder.
    """
    named = set(table.files)
    others = [path for path in scan.images if path not in named]
    if not others:
        return table
    num = len(others)
    remark = f"Images that no row of the {table.layout} names: {num:,}. They are unlabeled."
    return replace(
        table,
        files=(*table.files, *others),
        names=(*table.names, *map(scan.name_of, others)),
        classes=table.classes + (None,) * num,
        splits=table.splits + ("",) * num if table.splits else (),
        groups=table.groups + ("",) * num if table.groups else (),
        metadata={name: [*column, *[""] * num] for name, column in table.metadata.items()},
        remarks=(*table.remarks, remark),
    )


def _roles(table: TextTable, index: FileIndex, given: Mapping[str, str]) -> dict[str, str]:
    """Find the column of each role.

    Returns:
        Role → header, "path" always, the others where there are such columns.
    """
    by_key = {_plain(name): name for name in reversed(list(table.columns))}
    roles: dict[str, str] = {}
    for role, header in given.items():
        if role not in ROLES:
            raise InputError(f"There is no role {role!r}: choose among {', '.join(ROLES)}.")
        if header not in table.columns:
            raise InputError(f"{table.file} has no column {header!r}; it has: {', '.join(table.columns)}.")
        roles[role] = header
    if "path" not in roles:
        roles["path"] = _path_column(table, index, by_key)
    for role in ("label", "split", "group"):
        free = [by_key[key] for key in map(_plain, ROLES[role]) if key in by_key]
        if role not in roles and (column := next((name for name in free if name not in roles.values()), None)):
            roles[role] = column
    rest = [name for name in table.columns if name not in roles.values()]
    if "label" not in roles and len(rest) == 1 and ("split" not in roles or not table.has_header):
        roles["label"] = rest[0]
    if not table.has_header and "label" not in roles and rest:
        roles["label"] = rest[0]
    return roles


def _path_column(table: TextTable, index: FileIndex, by_key: Mapping[str, str]) -> str:
    named = [by_key[key] for key in map(_plain, ROLES["path"]) if key in by_key]
    others = [name for name in table.columns if name not in named]
    shares = {name: index.share(table.columns[name]) for name in (*named, *others)}
    best = max(shares, key=lambda name: shares[name], default=None)
    if best is None or (shares[best] == 0.0 and not named):
        raise InputError(
            f"{table.file} has no column that names image files; it has: {', '.join(table.columns) or 'none'}. Name it "
            "with: --columns path=HEADER"
        )
    return best if shares[best] > 0.0 else named[0]


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-.]+", "_", name.strip().casefold())


def _matched(table: TextTable, cells: Sequence[str], roles: Mapping[str, str], index: FileIndex) -> _Rows:
    """Match rows with files; the first row of a file counts."""
    found, seen = _Rows(), dict[Path, int]()
    labels = table.columns.get(roles.get("label", ""), ())
    for row, text in enumerate(cells):
        number = row + table.first_row
        if not text:
            found.problems.append(QuarantinedFile(f"{table.file.name}, row {number}", "the row names no file"))
            continue
        file = index.find(text)
        if isinstance(file, str):
            found.problems.append(QuarantinedFile(readable_name(text), f"{file} (row {number})"))
        elif file in seen:
            first = seen[file]
            if labels and labels[first] != labels[row]:
                reason = (
                    f"named twice with different labels: the first counts (rows {first + table.first_row} and {number})"
                )
                found.problems.append(QuarantinedFile(readable_name(text), reason))
        else:
            seen[file] = row
            found.files.append(file)
            found.rows.append(row)
    return found


def _source_table(table: TextTable, roles: Mapping[str, str], found: _Rows, scan: FolderScan) -> SourceTable:
    remarks = [_roles_remark(table, roles)]

    def column(role: str) -> list[str]:
        values = table.columns.get(roles.get(role, ""), ())
        return [values[row] for row in found.rows] if len(values) else []

    labels = column("label") or [""] * len(found.files)
    classes = [None if text.casefold() in NO_LABEL else readable_name(text) for text in labels]
    words = column("split")
    splits = [split_of(word) for word in words]
    unknown = Counter(
        word for word, split in zip(words, splits, strict=True) if not split and word.casefold() not in NO_LABEL
    )
    if unknown:
        listed = ", ".join(f"{word!r}" for word, _ in unknown.most_common(5))
        remarks.append(f"Values of column {roles['split']!r} that name no split: {listed}. These images have none.")
    metadata: dict[str, Sequence[Any]] = {
        name: [values[row] for row in found.rows]
        for name, values in table.columns.items()
        if name not in roles.values() or (name == roles.get("group") and _plain(name) in ALSO_METADATA)
    }
    return SourceTable(
        layout=f"manifest {table.file.name}",
        root=scan.root,
        files=tuple(found.files),
        names=tuple(_name(scan, path) for path in found.files),
        classes=tuple(classes),
        class_names=tuple(sorted({name for name in classes if name is not None}, key=natural_key)),
        splits=tuple(splits) if any(splits) else (),
        groups=tuple(column("group")),
        metadata=metadata,
        problems=(*found.problems, *(p for p in scan.problems if not p.name.endswith(table.file.name))),
        remarks=tuple(remarks),
    )


def _name(scan: FolderScan, path: Path) -> str:
    return scan.name_of(path) if path.is_relative_to(scan.root) else readable_name(str(path))


def _roles_remark(table: TextTable, roles: Mapping[str, str]) -> str:
    listed = ", ".join(f"{role} = {header!r}" for role, header in roles.items())
    return f"{table.file.name} ({table.how}; {table.num_rows:,} rows): {listed}."
