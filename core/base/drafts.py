"""Drafts: new files and folders under a temporary name, with the rights that the umask gives.

The `tempfile` module makes them for their owner alone, so that a group which shares a project could not read what was
moved into place; a folder's default rights and its group bit count here as for any other file.
"""

import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

_TRIES = 100


def draft_file(path: Path) -> tuple[int, Path]:
    """Make a new file beside a path, hidden and of another name.

    Args:
        path: The file that it will replace.

    Returns:
        An open descriptor to write to, and the path of the draft.

    Raises:
        OSError: It cannot be made.
    """
    for _ in range(_TRIES):
        draft = _name(path.parent, f".{path.name}-")
        try:
            return os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666), draft
        except FileExistsError:
            continue
    raise FileExistsError(f"{path.parent} has no free name for a temporary file")


def draft_folder(parent: Path, prefix: str) -> Path:
    """Make a new folder.

    Args:
        parent: Where.
        prefix: Begin of its name.

    Returns:
        The folder.

    Raises:
        OSError: It cannot be made.
    """
    for _ in range(_TRIES):
        draft = _name(parent, prefix)
        try:
            draft.mkdir()
        except FileExistsError:
            continue
        return draft
    raise FileExistsError(f"{parent} has no free name for a temporary folder")


def remove_drafts(folder: Path, names: Iterable[str]) -> None:
    """Remove the drafts of files that a killed process left, which may be as large as a checkpoint.

    Args:
        folder: Where the files are.
        names: The files; no other process may be writing them.
    """
    for name in names:
        for draft in folder.glob(f".{name}-*"):
            if re.fullmatch("[0-9a-f]{12}", draft.name.rpartition("-")[2]):
                draft.unlink(missing_ok=True)


def _name(parent: Path, prefix: str) -> Path:
    return parent / f"{prefix}{secrets.token_hex(6)}"
