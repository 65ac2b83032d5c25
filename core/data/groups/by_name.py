"""Groups by the names of images: a folder, or what a regular expression finds."""

import re
from collections.abc import Sequence

from core.base.types import Ids
from core.data.groups.group_numbers import numbers_of

MOST_LENGTH = 1_000
"""Characters of a name that a pattern is tried on."""


def folder_keys(names: Sequence[str], level: int) -> list[str]:
    """Return the name of one folder on the way to each image; empty where there is none so deep.

    The folder's own name counts, not the way to it: a scene whose images lie in several class folders, or in
    `unlabeled`, is one group.

    Args:
        names: N relative paths with slashes.
        level: 1 for the first folder, -1 for the one that the image lies in.
    """
    keys = []
    for name in names:
        folders = name.split("/")[:-1]
        place = level - 1 if level > 0 else len(folders) + level
        keys.append(folders[place] if 0 <= place < len(folders) else "")
    return keys


def pattern_keys(names: Sequence[str], pattern: str) -> list[str]:
    """Return what a pattern finds in each name; empty where it finds nothing.

    The part named `group` counts, else the first part in parentheses, else all that was found.

    Args:
        names: N relative paths with slashes.
        pattern: A regular expression, searched anywhere in the name.
    """
    compiled = re.compile(pattern)
    part: str | int = "group" if "group" in compiled.groupindex else min(1, compiled.groups)
    found = (compiled.search(name[:MOST_LENGTH]) for name in names)
    return [(match[part] or "") if match else "" for match in found]


def group_by_folder(names: Sequence[str], level: int) -> Ids:
    """Group images by the folder at a level.

    Args:
        names: N relative paths with slashes.
        level: 1 for the first folder, -1 for the one that the image lies in.

    Returns:
        (N,) lowest image of each image's group.
    """
    return numbers_of(folder_keys(names, level))


def group_by_pattern(names: Sequence[str], pattern: str) -> Ids:
    """Group images by what a regular expression finds in their names.

    Args:
        names: N relative paths with slashes.
        pattern: See `pattern_keys`.

    Returns:
        (N,) lowest image of each image's group.
    """
    return numbers_of(pattern_keys(names, pattern))
