"""The shelf: which projects this person has opened, and the short key under which each stands in a URL.

A key is the folder's name and six hexadecimal digits of its full path, so that a link keeps its meaning
when the dashboard restarts and no link reveals a path. The list is one JSON file in Winnow's home.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import InputError
from core.store.files import home, read_json, write_json

__all__ = ["RecentProject", "home", "key_of", "path_of", "recent", "remember"]

_MOST = 30


@dataclass(frozen=True)
class RecentProject:
    """One project on the shelf."""

    key: str
    path: Path


def key_of(path: Path) -> str:
    """The key of a project folder: its name in URL letters, and six digits of its full path."""
    full = path.expanduser().resolve()
    name = re.sub(r"[^a-z0-9]+", "-", full.name.lower()).strip("-") or "project"
    return f"{name[:40]}-{hashlib.sha256(str(full).encode()).hexdigest()[:6]}"


def recent() -> list[RecentProject]:
    """Projects opened before and still there, the latest first."""
    file = home() / "projects.json"
    paths = [Path(text) for text in read_json(file)["projects"]] if file.exists() else []
    return [RecentProject(key_of(path), path) for path in paths if (path / "project.toml").exists()]


def remember(path: Path) -> str:
    """Put a project in front on the shelf; answers its key."""
    full = path.expanduser().resolve()
    others = [entry.path for entry in recent() if entry.path != full]
    home().mkdir(parents=True, exist_ok=True)
    write_json(home() / "projects.json", {"projects": [str(p) for p in [full, *others][:_MOST]]})
    return key_of(full)


def path_of(key: str) -> Path:
    """The folder behind a key; InputError where the shelf does not know it."""
    for entry in recent():
        if entry.key == key:
            return entry.path
    raise InputError(f"No project is known as {key!r}: open it again on the Data page, or with: winnow PATH")
