"""Steps that a person has dismissed, by project; kept in Winnow's own folder."""

import json
import os
from pathlib import Path

from core import recent_projects


def is_dismissed(key: str, step: str) -> bool:
    """Return whether a step was dismissed in a project.

    Args:
        key: The project's key in the URL.
        step: Name of the step.
    """
    return step in _read().get(key, [])


def dismiss(key: str, step: str) -> None:
    """Hide a step in a project from now on; see `is_dismissed`."""
    steps = _read()
    steps[key] = sorted({*steps.get(key, []), step})
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(steps), encoding="utf-8")
    os.replace(draft, file)


def _file() -> Path:
    return recent_projects.home() / "dismissed.json"


def _read() -> dict[str, list[str]]:
    """Return the dismissed steps by project; a damaged file hides none."""
    try:
        stored = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(stored, dict):
        return {}
    return {str(key): [str(step) for step in steps] for key, steps in stored.items() if isinstance(steps, list)}
