"""Open a source of images, whatever it is: find out its kind and read its table."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.base.errors import InputError
from core.base.types import QuarantinedFile
from core.base.untrusted.json_text import parse_json
from core.data.classes.class_appearance import ClassAppearance, merged_classes, standing_classes
from core.data.classes.class_appearance import read_manifest as read_export_manifest
from core.data.decoders.formats import has_image_suffix
from core.data.ingest_config import IngestConfig
from core.data.sources.annotations.annotation_rows import AnnotationRows, Reader, annotation_table
from core.data.sources.annotations.coco_annotations import read_coco
from core.data.sources.annotations.cvat_annotations import parse_xml, read_cvat
from core.data.sources.annotations.fiftyone_samples import read_fiftyone, read_labels_json
from core.data.sources.annotations.label_studio_tasks import read_label_studio
from core.data.sources.archives.hugging_face_data import find_data_files, image_column, read_hugging_face
from core.data.sources.archives.numpy_archives import read_numpy_archive
from core.data.sources.archives.tar_shards import read_tar_shards
from core.data.sources.file_index import split_of_file
from core.data.sources.folder_layout import lay_out, with_split_folders
from core.data.sources.folder_scan import FolderScan, natural_key, walk_folder
from core.data.sources.source_manifests import read_manifest, with_others
from core.data.sources.source_table import SourceTable, with_clean_classes, without_calibration
from core.data.sources.text_tables import SUFFIXES as TABLE_SUFFIXES
from core.data.sources.text_tables import decode_text

ANNOTATION_READERS: tuple[Reader, ...] = (read_coco, read_fiftyone, read_label_studio, read_labels_json, read_cvat)
"""Formats of other tools, tried in this order on a parsed JSON or XML file."""
SHARD_SUFFIXES = (".tar", ".tgz", ".tar.gz")
_SIDE_FILES = (
    *("readme", "license", "requirements", "classes", "notes", "dataset_info", "state", "metadata.yaml"),
    "predictions",  # of a model: what it suggests is no label
)
_LARGEST_DOCUMENT = 2_000_000_000


def open_source(source: Path, config: IngestConfig, root: Path | None = None) -> SourceTable:
    """Find out what a source is and list its images; none is decoded.

    Args:
        source: An image folder; a folder with a table, an export of another tool or data files in it; or one such file.
        config: How to read it.
        root: Folder that the paths in a table start from; None: the table's own folder.

    Returns:
        One row an image, with clean class names.

    Raises:
        InputError: There is no such source, or nothing in it can be read.
    """
    if not source.exists():
        raise InputError(f"{source} does not exist: check the spelling.")
    table = _open_folder(source, config) if source.is_dir() else _open_file(source, config, root)
    return finish_table(table, source, config)


def finish_table(table: SourceTable, source: Path, config: IngestConfig) -> SourceTable:
    """Give the images of a source distinct names, clean classes, and what the manifest of an export of Winnow tells.

    Args:
        table: The images, as a reader of one kind of source lists them.
        source: The source; a manifest may lie in it or beside it.
        config: How it is read.

    Raises:
        InputError: There is no image.
    """
    if not table.files:
        raise InputError(f"{source} holds no images.")
    manifest = read_export_manifest(source if source.is_dir() else source.parent)
    table = without_calibration(_with_distinct_names(table))
    table = _with_appearance(_with_manifest_classes(table, manifest), manifest)
    return with_clean_classes(table, merge_twins=config.merge_twins)


def lone_table(folder: Path) -> Path:
    """Return the one table of a folder that holds no images and no folders, such as an export of labels.

    Args:
        folder: A source.

    Returns:
        The table; the source itself where it is no such folder.
    """
    try:
        entries = [p for p in folder.iterdir() if not p.name.startswith(".")] if folder.is_dir() else []
        is_other = any(p.is_dir() or has_image_suffix(p.name) for p in entries)
    except OSError:
        return folder
    known = ("manifest.json", "left_out.csv")  # what Winnow writes beside a table
    found = [p for p in entries if p.name not in known and _may_hold_labels(p.name.lower(), is_root=True)]
    is_data = any(p.name.lower().endswith((".npz", ".arrow", *SHARD_SUFFIXES)) for p in entries)
    is_one = len(found) == 1 and not is_other and not is_data
    return found[0] if is_one and not (found[0].suffix == ".parquet" and image_column(found[0])) else folder


def _with_manifest_classes(table: SourceTable, manifest: Mapping[str, Any]) -> SourceTable:
    """Add the classes of no image that the manifest of an export of Winnow names, if it names all others too.

    Merged classes that have no image are left out.
    """
    gone = merged_classes(manifest) - set(table.classes)
    table = replace(table, class_names=tuple(name for name in table.class_names if name not in gone))
    named = standing_classes(manifest)
    missing = sorted(set(named) - set(table.class_names), key=natural_key)
    if not missing or not set(table.class_names) <= set(named):
        return table
    remark = f"Classes without an image, from manifest.json: {len(missing):,}."
    return replace(table, class_names=(*table.class_names, *missing), remarks=(*table.remarks, remark))


def _with_appearance(table: SourceTable, manifest: Mapping[str, Any]) -> SourceTable:
    """Add the appearance of the classes that the manifest of an export of Winnow tells, and say so."""
    known = {name: name for name in table.class_names}
    appearance = ClassAppearance.from_facts(manifest).over(table.appearance).renamed(known)
    if not appearance:
        return table
    parts = [f"colors ({len(appearance.colors):,})"] if appearance.colors else []
    parts += [f"descriptions ({len(appearance.descriptions):,})"] if appearance.descriptions else []
    parts += [f"class groups ({len(set(appearance.groups.values())):,})"] if appearance.groups else []
    parts += ["order"] if appearance.order else []
    remark = f"Appearance of the classes that comes along: {', '.join(parts)}."
    return replace(table, appearance=appearance, remarks=(*table.remarks, remark))


def _open_file(file: Path, config: IngestConfig, root: Path | None) -> SourceTable:
    name = file.name.lower()
    if name.endswith(".npz"):
        return read_numpy_archive(file)
    if name.endswith(SHARD_SUFFIXES):
        return read_tar_shards([file])
    if name.endswith((".parquet", ".arrow")) and image_column(file) is not None:
        return read_hugging_face([file], file)
    is_annotation = name.endswith((".json", ".xml"))
    found = _annotations(file) if is_annotation else None
    if found is None and not name.endswith(TABLE_SUFFIXES):
        raise InputError(
            f"{file} is no source of images: give a folder, a table ({' '.join(TABLE_SUFFIXES)}), an .npz, .tar or "
            ".parquet file, or an export of COCO, CVAT, Label Studio or FiftyOne."
        )
    scan = walk_folder(root or file.parent)
    if found is not None:
        return with_split_folders(annotation_table(found, file, scan))
    return with_split_folders(read_manifest(file, scan, config.column_roles()))


def _open_folder(folder: Path, config: IngestConfig) -> SourceTable:
    shards = sorted(p for p in folder.iterdir() if p.is_file() and p.name.lower().endswith(SHARD_SUFFIXES))
    scan = walk_folder(folder)
    if not scan.images:
        archives = sorted(folder.glob("*.npz"))
        if files := find_data_files(folder):
            return read_hugging_face(files, folder)
        if shards:
            return read_tar_shards(shards)
        if len(archives) == 1:
            return read_numpy_archive(archives[0])
    return _with_tables(scan, config) or lay_out(scan, config.class_level)


def _with_tables(scan: FolderScan, config: IngestConfig) -> SourceTable | None:
    """Read the one table of labels that lies beside the images; None where there is none that fits."""
    tables: list[SourceTable] = []
    used: list[Path] = []
    names_all = True  # an annotation file says which images there are, a table only of some of them what they show
    reasons: list[QuarantinedFile] = []
    for file in _candidates(scan):
        try:
            found = _annotations(file) if file.suffix.lower() in (".json", ".xml") else None
            if found is not None:
                if found.rows:
                    tables.append(annotation_table(found, file, scan))
                    used.append(file)
                continue
            table = read_manifest(file, scan, config.column_roles())
            num = sum(path.is_relative_to(file.parent) for path in scan.images)
            if 2 * len(table.files) >= min(num, len(table.files) + len(table.problems)):
                tables.append(table)
                used.append(file)
                names_all = False
        except InputError as error:
            reasons.append(QuarantinedFile(scan.name_of(file), f"a table that is not used: {error}"))
    if not tables:
        if not _is_nested(scan):
            named = {reason.name for reason in reasons}  # each file has one reason
            scan.problems[:] = [*(problem for problem in scan.problems if problem.name not in named), *reasons]
        return None
    table = tables[0] if len(tables) == 1 else _joined(_with_file_splits(tables, used))
    return with_split_folders(table if names_all else with_others(table, scan))


def _with_file_splits(tables: Sequence[SourceTable], files: Sequence[Path]) -> list[SourceTable]:
    """Take splits from the names of several tables that name none, as instances_train2017.json, where they differ."""
    splits = [split_of_file(file) for file in files]
    if len(set(splits) - {""}) < 2 or any(table.splits for table in tables):
        return list(tables)
    return [replace(table, splits=(s,) * len(table.files)) for table, s in zip(tables, splits, strict=True)]


def _candidates(scan: FolderScan) -> list[Path]:
    """Return the files that may hold labels: in the folder itself, in `annotations`, and in split folders."""
    folders = [scan.root, *sorted(p for p in scan.root.iterdir() if p.is_dir() and not p.name.startswith("."))]
    found: list[Path] = []
    for folder in folders:
        try:
            files = sorted(p for p in folder.iterdir() if p.is_file())
        except OSError:
            continue
        is_root = folder == scan.root
        found += [path for path in files if _may_hold_labels(path.name.lower(), is_root=is_root)]
    return found


def _may_hold_labels(name: str, *, is_root: bool) -> bool:
    if name.startswith(_SIDE_FILES) or not name.endswith((*TABLE_SUFFIXES, ".xml")):
        return False
    return is_root or name.endswith((".json", ".xml")) or name.partition(".")[0] in ("metadata", "labels")


def _is_nested(scan: FolderScan) -> bool:
    """Whether the images lie in folders, so that a table beside them is rather a note."""
    return any(path.parent != scan.root for path in scan.images)


def _joined(tables: Sequence[SourceTable]) -> SourceTable:
    """Join tables about different images of one folder, such as one COCO file for each split."""
    first, seen = tables[0], set(tables[0].names)
    for table in tables[1:]:
        fresh = [row for row, name in enumerate(table.names) if name not in seen]
        more = table.rows(fresh)
        if not fresh:
            continue
        seen |= set(more.names)
        keys = {*first.metadata, *more.metadata}
        num, num_more = len(first.names), len(more.names)
        has_splits, has_groups = first.splits or more.splits, first.groups or more.groups
        first = replace(
            first,
            files=(*first.files, *more.files),
            names=first.names + more.names,
            classes=first.classes + more.classes,
            class_names=tuple(dict.fromkeys([*first.class_names, *more.class_names])),
            splits=(first.splits or ("",) * num) + (more.splits or ("",) * num_more) if has_splits else (),
            groups=(first.groups or ("",) * num) + (more.groups or ("",) * num_more) if has_groups else (),
            metadata={
                key: [*first.metadata.get(key, [""] * num), *more.metadata.get(key, [""] * num_more)] for key in keys
            },
            problems=(*first.problems, *more.problems),
            remarks=(*first.remarks, *more.remarks),
            appearance=first.appearance.over(more.appearance),
        )
    return first


def _annotations(file: Path) -> AnnotationRows | None:
    """Read a JSON or XML file of another tool; None where it is none of them."""
    try:
        if file.stat().st_size > _LARGEST_DOCUMENT:
            raise ValueError("it is larger than 2 GB")
        content = file.read_bytes()
        document: Any = parse_xml(content) if file.suffix.lower() == ".xml" else parse_json(decode_text(content)[0])
        for read in ANNOTATION_READERS:
            found = read(document)
            if found is not None:
                return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{file} cannot be read ({type(error).__name__}: {str(error)[:150]}).") from error
    return None


def _with_distinct_names(table: SourceTable) -> SourceTable:
    """Leave out images whose name is taken, which two folders of one reader may bring about."""
    if len(set(table.names)) == len(table.names):
        return table
    seen: set[str] = set()
    keep: list[int] = []
    for row, name in enumerate(table.names):
        if name not in seen:
            seen.add(name)
            keep.append(row)
    return table.rows(keep)
