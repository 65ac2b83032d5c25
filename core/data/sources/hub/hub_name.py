"""Name of a data set of the Hugging Face hub: hf:OWNER/NAME, perhaps with @REVISION and :CONFIG."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.base.errors import InputError

PREFIX = "hf:"
SYNTAX = "hf:OWNER/NAME, perhaps with @REVISION (branch, tag or commit) and then :CONFIG"
_NAME = re.compile(r"hf:([\w.-]+(?:/[\w.-]+)?)(?:@([^:@\s]+))?(?::(\S.*))?", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class HubName:
    """A data set of the hub.

    Attributes:
        name: OWNER/NAME; old data sets have a NAME alone.
        revision: Branch, tag or commit; "" for the default branch.
        config: Its configuration, which the hub also calls subset; "" where none is named.
    """

    name: str
    revision: str = ""
    config: str = ""

    def __str__(self) -> str:
        revision = f"@{self.revision}" if self.revision else ""
        return f"{PREFIX}{self.name}{revision}{f':{self.config}' if self.config else ''}"

    @property
    def is_pinned(self) -> bool:
        """Return whether the revision is a commit, which never changes."""
        return _COMMIT.fullmatch(self.revision) is not None


def is_hub_name(source: str) -> bool:
    """Return whether a source is meant to be a data set of the hub."""
    return source.startswith(PREFIX)


def parse_hub_name(source: str) -> HubName:
    """Read the name of a data set of the hub.

    Args:
        source: Such as "hf:OWNER/NAME@v1.0:small".

    Returns:
        Its parts.

    Raises:
        InputError: It is no such name.
    """
    found = _NAME.fullmatch(source.strip())
    if found is None or "--" in found[1] or ".." in found[1]:
        raise InputError(f"{source} is no name of a data set of the Hugging Face hub: write {SYNTAX}.")
    return HubName(found[1], found[2] or "", found[3] or "")


def recorded_hub_name(info: Mapping[str, Any]) -> str:
    """Return the name, with its commit, of the data set that a project was made from; "" for another source.

    Args:
        info: What project.toml says.
    """
    if "hub_dataset" not in info:
        return ""
    return str(HubName(*(str(info.get(f"hub_{part}", "")) for part in ("dataset", "revision", "config"))))
