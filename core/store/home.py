"""Winnow's own folder: what belongs to the person and not to a project (the shelf, what was measured here)."""

import os
from pathlib import Path


def home() -> Path:
    """The environment variable WINNOW_HOME, else .winnow in the person's home folder."""
    return Path(os.environ.get("WINNOW_HOME") or Path.home() / ".winnow").expanduser()
