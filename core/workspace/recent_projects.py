"""Recently opened projects and their keys in URLs.

A key is the folder's name and six hexadecimal digits of its full path, so that a link keeps its meaning when the
dashboard restarts and no link reveals a path. The list is one JSON file in Winnow's own folder.
"""

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import DataError, InputError
from core.store.files import full_path, home, read_json, write_json

__all__ = ["RecentProject", "forget", "home", "key_of", "path_of", "recent", "remember"]

_MOST = 30


@dataclass(frozen=True)
class RecentProject:
    """A project that was opened before."""

    key: str
    path: Path


def key_of(path: Path) -> str:
    """Return the URL key of a project folder.

    Args:
        path: The folder.

    Returns:
        Its name in URL letters, and six digits of its full path.
    """
    full = full_path(path)
    name = re.sub(r"[^a-z0-9]+", "-", full.name.lower()).strip("-") or "project"
    return f"{name[:40]}-{hashlib.sha256(os.fsencode(full)).hexdigest()[:6]}"


def recent() -> list[RecentProject]:
    """Return the projects opened before that still exist, the latest first."""
    file = home() / "projects.json"
    paths = [Path(text) for text in read_json(file)["projects"]] if file.exists() else []
    return [RecentProject(key_of(path), path) for path in paths if (path / "project.toml").exists()]


def remember(path: Path) -> str:
    """Put a project first in the list.

    Args:
        path: The project folder.

    Returns:
        Its key.
    """
    full = full_path(path)
    others = [entry.path for entry in recent() if entry.path != full]
    with suppress(OSError, DataError):  # a list that cannot be written keeps nobody from a project
        home().mkdir(parents=True, exist_ok=True)
        write_json(home() / "projects.json", {"projects": [str(p) for p in [full, *others][:_MOST]]})
    return key_of(full)


def forget(path: Path) -> None:
    """Take a project off the list; its folder stays as it is, and `remember` puts it back.

    Args:
        path: The project folder.
    """
    full = path.expanduser().resolve()
    if (home() / "projects.json").exists():
        write_json(home() / "projects.json", {"projects": [str(e.path) for e in recent() if e.path != full]})


def path_of(key: str) -> Path:
    """Return the folder of a key.

    Args:
        key: Key from a URL.

    Raises:
        InputError: No recent project has that key.
    """
    for entry in recent():
        if entry.key == key:
            return entry.path
    raise InputError(f"No project is known as {key!r}: open it again on the Data page, or with: winnow PATH")
