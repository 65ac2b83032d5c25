"""Layout of an image folder: which folders are classes, which are splits."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from core.base.errors import InputError
from core.base.types import QuarantinedFile
from core.data.decoders.formats import SUFFIXES
from core.data.sources.folder_scan import LAYOUT, FolderScan, natural_key, walk_folder
from core.data.sources.source_table import SourceTable, readable_name, split_of

UNLABELED = ("unlabeled", "unlabelled", "unlabeled_data", "unknown_class")
"""Folders of these names hold images whose class is unknown."""

Parts: TypeAlias = tuple[str, ...]
_BESIDE = "lies beside the class folders, so its class is unknown"
CLASS_OF: dict[str, Callable[[Parts], str]] = {
    "first": lambda folders: folders[0],
    "last": lambda folders: folders[-1],
    "path": "/".join,
}
"""How the folders above an image name its class."""


def scan_folder(path: Path, class_level: str = "first") -> SourceTable:
    """Read the layout of an image folder.

    It may hold class folders (with folders inside them), folders train, val and test with class folders in them or
    inside each class folder, or images alone. An empty class folder is a class without images; these come last.

    Args:
        path: The folder.
        class_level: Which folder names the class of an image that lies deeper: first, last, or path for all of them.

    Returns:
        The table of its images.

    Raises:
        InputError: There is no folder, or no image.
    """
    return lay_out(walk_folder(path), class_level)


def lay_out(scan: FolderScan, class_level: str = "first") -> SourceTable:
    """Read the layout of a folder that was walked; see `scan_folder`.

    Args:
        scan: The files found.
        class_level: first, last or path.

    Returns:
        The table.

    Raises:
        InputError: There is no image.
    """
    if not scan.images:
        raise InputError(f"{scan.root} holds no images ({' '.join(SUFFIXES)}). {LAYOUT}.")
    parts = cache(lambda folder: folder.relative_to(scan.root).parts)  # many images share a folder
    folders: list[Parts] = [parts(folder) for folder in scan.images.folders()]
    empty = [path.relative_to(scan.root).parts for path in scan.empty_folders]
    remarks: list[str] = []
    wrapped = _num_wrappers(folders, empty)
    if wrapped:
        inner = "/".join(folders[0][:wrapped])
        remarks.append(f"The folder {readable_name(inner)} alone lies in the source: what it holds is read.")
    inner_folders, inner_empty = [f[wrapped:] for f in folders], [e[wrapped:] for e in empty]
    splits, inner_folders, inner_empty, layout = _without_splits(inner_folders, inner_empty)
    if any(splits):
        remarks.append(_split_remark(splits, inner_folders))
    has_classes = any(inner_folders) or bool(inner_empty)
    table = _named(scan, splits, inner_folders, inner_empty, class_level, remarks, layout)
    is_loose = [not folder and not split for folder, split in zip(inner_folders, splits, strict=True)]
    if not has_classes or not any(is_loose):
        return table
    beside = [QuarantinedFile(name, _BESIDE) for name, loose in zip(table.names, is_loose, strict=True) if loose]
    rest = table.rows([row for row, loose in enumerate(is_loose) if not loose])
    if not rest.files:  # empty class folders beside loose images: nothing has a class yet
        return table
    return replace(rest, problems=(*rest.problems, *beside))


def with_split_folders(table: SourceTable) -> SourceTable:
    """Take the splits of a table from its images' folders, where it names none and all lie in such folders.

    Args:
        table: Images that a table names.
    """
    if table.splits:
        return table
    splits, rest, _, _ = _without_splits([PurePosixPath(name).parent.parts for name in table.names], [])
    if len(set(splits) - {""}) < 2:
        return table
    return replace(table, splits=tuple(splits), remarks=(*table.remarks, _split_remark(splits, [("",)] * len(rest))))


def _named(
    scan: FolderScan,
    splits: Sequence[str],
    folders: Sequence[Parts],
    empty: Sequence[Parts],
    class_level: str,
    remarks: list[str],
    layout: str,
) -> SourceTable:
    """Name the class of each image."""
    classes = [_class_of(parts, class_level) for parts in folders]
    without = [_class_of(parts, class_level) for parts in empty if parts]
    names = _in_order(classes, without)
    deep = {parts for parts in folders if len(parts) > 1 and _class_of(parts, class_level) is not None}
    if deep and class_level == "first":
        remarks.append(
            f"Folders inside class folders: {len(deep):,}. Their images belong to the outer folder's class; with "
            "the innermost folder as the class (--class-level last) each is a class of its own."
        )
    num_unknown = sum(name is None for name in classes)
    if num_unknown and names:
        remarks.append(f"Images without a class: {num_unknown:,}. They are unlabeled.")
    has_split = any(splits)
    return SourceTable(
        layout=layout if names else "images without classes",
        root=scan.root,
        files=scan.images,
        names=tuple(scan.name_of(path) for path in scan.images),
        classes=tuple(classes),
        class_names=tuple(names),
        splits=tuple(splits) if has_split else (),
        problems=(*_other_problems(scan, bool(names)), *_folders_without_images(scan)),
        remarks=tuple(remarks),
    )


def _in_order(classes: Sequence[str | None], without: Sequence[str | None]) -> list[str]:
    """Return the names of classes in natural order, those without an image after the others.

    Classes then keep their numbers whatever folders are made for images to come.
    """
    found = {name for name in classes if name is not None}
    rest = {name for name in without if name is not None} - found
    return [*sorted(found, key=natural_key), *sorted(rest, key=natural_key)]


def _class_of(folders: Parts, class_level: str) -> str | None:
    if not folders or any(part.casefold() in UNLABELED for part in folders):
        return None
    return readable_name(CLASS_OF[class_level](folders))


def _num_wrappers(folders: Sequence[Parts], empty: Sequence[Parts]) -> int:
    """Count the folders that hold nothing but one folder, above at least two others."""
    paths = [*folders, *empty]
    count = 0
    while all(len(parts) > count for parts in paths) and len({parts[count] for parts in paths}) == 1:
        if split_of(paths[0][count]) or paths[0][count].casefold() in UNLABELED:
            return count
        count += 1
    return count if all(len(parts) > count for parts in paths) else 0


def _without_splits(folders: list[Parts], empty: list[Parts]) -> tuple[list[str], list[Parts], list[Parts], str]:
    """Take split folders out of the paths, where they are the first or the second folder everywhere."""
    for level, layout in ((0, "split folders with class folders"), (1, "class folders with split folders")):
        known = [parts for parts in folders if parts and parts[0].casefold() not in UNLABELED]
        if not known or not all(len(parts) > level and split_of(parts[level]) for parts in known):
            continue
        splits = [split_of(p[level]) if p and p[0].casefold() not in UNLABELED else "" for p in folders]
        cut = [p[:level] + p[level + 1 :] if s else p for p, s in zip(folders, splits, strict=True)]
        rest = [p[:level] + p[level + 1 :] for p in empty if len(p) > level and split_of(p[level])]
        others = [p for p in empty if not (len(p) > level and split_of(p[level])) and level == 1]
        return splits, cut, [p for p in (*rest, *others) if p], layout
    return [""] * len(folders), folders, empty, "class folders"


def _split_remark(splits: Sequence[str], folders: Sequence[Parts]) -> str:
    counts = Counter(splits)
    listed = ", ".join(f"{counts[name]:,} {name}" for name in ("train", "val", "test") if counts[name])
    flat = sum(1 for split, parts in zip(splits, folders, strict=True) if split and not parts)
    extra = f" {flat:,} of them lie in no class folder and are unlabeled." if flat else ""
    return f"Folders called train, val or test are splits, not classes: {listed}.{extra}"


def _other_problems(scan: FolderScan, has_classes: bool) -> list[QuarantinedFile]:
    """Return what the walk left out; files beside class folders that are no images are not worth a line."""
    return [p for p in scan.problems if not has_classes or "/" in p.name or not p.reason.startswith("not an image")]


def _folders_without_images(scan: FolderScan) -> list[QuarantinedFile]:
    """Return the outermost folders that hold files, but no image."""
    with_images = {path.relative_to(scan.root).parts[0] for path in scan.images}
    empty = {path.relative_to(scan.root).parts[0] for path in scan.empty_folders}
    named = dict.fromkeys(p.name.split("/")[0] for p in scan.problems if "/" in p.name)
    bare = [name for name in named if name not in {readable_name(n) for n in with_images | empty}]
    return [QuarantinedFile(name, "no images in this folder") for name in bare]
