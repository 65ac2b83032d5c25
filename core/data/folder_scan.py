"""Scan a folder of images for its files and classes, without decoding them."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from core.base.errors import InputError
from core.base.types import QuarantinedFile
from core.data.image_io import SUFFIXES

UNLABELED = ("unlabeled", "unlabelled")
"""Sub-folders of these names hold images whose class is unknown."""

LAYOUT = "Expected one sub-folder per class and, if you like, one named 'unlabeled'; or images alone, without classes"


@dataclass(frozen=True)
class FolderListing:
    """Image files of a folder in natural order, their classes, and the problems."""

    files: tuple[Path, ...]
    classes: tuple[str | None, ...]
    class_names: tuple[str, ...]
    problems: tuple[QuarantinedFile, ...]
    root: Path


@dataclass
class _Scan:
    """Files and problems collected during one walk."""

    root: Path
    files: list[Path] = field(default_factory=list)
    problems: list[QuarantinedFile] = field(default_factory=list)

    def add_problem(self, path: Path, reason: str) -> None:
        """Add a file or folder that is left out, with the reason."""
        name = path.relative_to(self.root).as_posix()
        self.problems.append(QuarantinedFile(name, reason))


def natural_key(name: str) -> tuple[tuple[str | int, ...], str]:
    """Return a sort key that puts "img2" before "img10"."""
    parts = re.split(r"(\d+)", name)
    return tuple(int(p) if i % 2 else p.casefold() for i, p in enumerate(parts)), name


def scan_folder(path: Path) -> FolderListing:
    """List the images under the class sub-folders of a folder.

    Sub-folders of a class are searched too; linked folders and names that begin with a dot are passed over. Files that
    are no images become `problems`. An empty sub-folder is a class without images; a folder of images alone has none.

    Args:
        path: Folder with one sub-folder per class, and one named "unlabeled" if wanted; or with images alone.

    Returns:
        The files, the class of each, and what was left out.

    Raises:
        InputError: There is no folder, or no image.
    """
    root = Path(path)
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise InputError(f"{root} {what}. Give the folder that holds the images. {LAYOUT}.")
    scan = _Scan(root)
    files: list[Path] = []
    classes: list[str | None] = []
    class_names: list[str] = []
    folders, loose = _top_level(scan)
    files += loose
    classes += [None] * len(loose)
    for folder in folders:
        scan.files = []
        _walk(folder, scan)
        class_name = None if folder.name.lower() in UNLABELED else folder.name
        is_class = class_name is not None and (scan.files or not any(folder.iterdir()))
        if class_name is not None and is_class:
            class_names.append(class_name)
        elif not scan.files:
            scan.add_problem(folder, "no images in this folder")
        files += scan.files
        classes += [class_name] * len(scan.files)
    if not files:
        raise InputError(f"{root} holds no images ({' '.join(SUFFIXES)}). {LAYOUT}.")
    return FolderListing(tuple(files), tuple(classes), tuple(class_names), tuple(scan.problems), root)


def original_file(source: str, name: str) -> Path:
    """Find the file that an image of a project was read from.

    Args:
        source: The folder that the project was made from, as project.toml names it.
        name: The image's path relative to it.

    Returns:
        The full path of the file.

    Raises:
        InputError: The source is no folder, the file has gone, or the name leads out of the folder.
    """
    root = Path(source)
    if not root.is_absolute() or not root.is_dir():
        raise InputError(
            "This project was not made from a folder that is still there, so there are no larger originals."
        )
    file = (root / name).resolve()
    if not file.is_relative_to(root.resolve()) or not file.is_file():
        raise InputError(f"{name} is no longer in the folder that this project was made from.")
    return file


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: natural_key(e.name))


def _top_level(scan: _Scan) -> tuple[list[Path], list[Path]]:
    """Return the class folders, and the images of a folder without any."""
    try:
        entries = _entries(scan.root)
    except OSError as error:
        raise InputError(f"{scan.root} cannot be listed: {error.strerror}. Check its permissions.") from error
    folders = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    _note_links(entries, scan)
    if not folders:
        for entry in entries:
            if not entry.is_dir():
                _add_file(entry, scan)
        return [], scan.files
    for entry in entries:
        if _looks_like_image(entry.name) and not entry.is_dir():
            scan.add_problem(Path(entry.path), "lies beside the class folders, so its class is unknown")
    return folders, []


def _walk(folder: Path, scan: _Scan) -> None:
    try:
        entries = _entries(folder)
    except OSError as error:
        scan.add_problem(folder, f"the folder cannot be listed ({error.strerror})")
        return
    _note_links(entries, scan)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            _walk(Path(entry.path), scan)
        elif not entry.is_dir():
            _add_file(entry, scan)


def _add_file(entry: os.DirEntry[str], scan: _Scan) -> None:
    path = Path(entry.path)
    if not _looks_like_image(entry.name):
        scan.add_problem(path, f"not an image: its name ends in none of {' '.join(SUFFIXES)}")
    elif not entry.is_file():
        scan.add_problem(path, "not a regular file (a pipe, a device or a broken link)")
    else:
        scan.files.append(path)


def _note_links(entries: list[os.DirEntry[str]], scan: _Scan) -> None:
    for entry in entries:
        if entry.is_symlink() and entry.is_dir():
            scan.add_problem(Path(entry.path), "a linked folder, which is not followed")


def _looks_like_image(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)
