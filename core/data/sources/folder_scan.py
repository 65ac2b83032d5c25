"""Walk through a folder of images: its files in natural order, and what is left out; nothing is decoded."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.base.errors import InputError
from core.base.types import QuarantinedFile
from core.data.decoders.formats import SUFFIXES, has_image_suffix, is_image_content
from core.data.sources.path_list import PathList
from core.data.sources.source_table import readable_name

LAYOUT = "Expected one sub-folder per class and, if you like, one named 'unlabeled'; or images alone, without classes"
_NO_IMAGE = f"not an image: its name ends in none of {' '.join(SUFFIXES)}"


@dataclass
class FolderScan:
    """Files found in one walk.

    Attributes:
        root: The folder.
        images: Path of each image below it, in natural order.
        empty_folders: Folders with nothing inside.
        problems: What is left out.
    """

    root: Path
    images: PathList = field(default_factory=PathList)
    empty_folders: list[Path] = field(default_factory=list)
    problems: list[QuarantinedFile] = field(default_factory=list)

    def name_of(self, path: Path) -> str:
        """Return the name of a file: its path relative to the folder, as text that can be written anywhere."""
        return readable_name(path.relative_to(self.root).as_posix())

    def add_problem(self, path: Path, reason: str) -> None:
        """Add a file or folder that is left out, with the reason."""
        self.problems.append(QuarantinedFile(self.name_of(path), reason))


def natural_key(name: str) -> tuple[tuple[str | int, ...], str]:
    """Return a sort key that puts "img2" before "img10"."""
    parts = re.split(r"(\d+)", name)
    return tuple(int(p) if i % 2 else p.casefold() for i, p in enumerate(parts)), name


def walk_folder(path: Path) -> FolderScan:
    """List the images of a folder and of all folders in it.

    Linked folders and names that begin with a dot are passed over. A file without a suffix is an image if its first
    bytes say so.

    Args:
        path: The folder.

    Returns:
        Images, empty folders and what is left out.

    Raises:
        InputError: There is no such folder, or it cannot be listed.
    """
    root = Path(path)
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise InputError(f"{root} {what}. Give the folder that holds the images. {LAYOUT}.")
    scan = FolderScan(root)
    try:
        _entries(root)
    except OSError as error:
        raise InputError(f"{root} cannot be listed: {error.strerror}. Check its permissions.") from error
    _walk(root, scan)
    return scan


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
    allowed = (root.resolve(), *_hub_store(root))
    for candidate in (name, _unescaped(name)):
        file = (root / candidate).resolve()
        if any(file.is_relative_to(folder) for folder in allowed) and file.is_file():
            return file
    raise InputError(f"{name} is no longer in the folder that this project was made from.")


def _hub_store(root: Path) -> list[Path]:
    """Return the folder that the links of a snapshot of the Hugging Face hub lead to; none for other folders."""
    homes = [folder.parent.parent for folder in (root, *root.parents) if folder.parent.name == "snapshots"]
    return [(home / "blobs").resolve() for home in homes if home.name.startswith("datasets--")]


def _unescaped(name: str) -> str:
    """Return the file name whose readable form is given."""
    if "\\x" not in name:
        return name
    raw = re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes([int(found[1], 16)]), name.encode())
    return os.fsdecode(raw)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: natural_key(e.name))


def _walk(folder: Path, scan: FolderScan) -> None:
    try:
        entries = _entries(folder)
    except OSError as error:
        scan.add_problem(folder, f"the folder cannot be listed ({error.strerror})")
        return
    if not entries and folder != scan.root and not any(folder.iterdir()):
        scan.empty_folders.append(folder)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            _walk(Path(entry.path), scan)
        elif _is(entry.is_dir):
            scan.add_problem(Path(entry.path), "a linked folder, which is not followed")
        else:
            _add_file(folder, entry, scan)


def _is(kind: Callable[[], bool]) -> bool:
    """Ask an entry what it is; links that lead to each other, or to where nobody may look, are nothing."""
    try:
        return kind()
    except OSError:
        return False


def _add_file(folder: Path, entry: os.DirEntry[str], scan: FolderScan) -> None:
    has_suffix = has_image_suffix(entry.name)
    if not _is(entry.is_file):
        reason = "not a regular file (a pipe, a device, or a link that is broken or leads back to itself)"
        scan.add_problem(Path(entry.path), reason if has_suffix else _NO_IMAGE)
    elif has_suffix or (not (path := Path(entry.path)).suffix and is_image_content(path)):
        scan.images.add(folder, entry.name)
    else:
        scan.add_problem(Path(entry.path), _NO_IMAGE)
