"""Contradictions: the same or nearly the same image with two given labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.types import UNKNOWN, Ids
from core.data.splits import exact_duplicates
from core.similarity.near_duplicates import near_duplicate_groups
from core.workspace.workspace import Workspace

_KEPT: dict[tuple[str, int], Ids] = {}
"""Groups of the given images, by project and number of images: they do not change."""


@dataclass(frozen=True)
class Contradictions:
    """Groups of equal or nearly equal images whose labels differ.

    Attributes:
        groups: (N,) number of each image's group, 0 the first one; -1 outside.
        num_groups: Number of groups.
        num_images: Images in them.
    """

    groups: NDArray[np.int64]
    num_groups: int
    num_images: int

    def members(self, group: int) -> Ids:
        """Return the images of a group, sorted."""
        return np.flatnonzero(self.groups == group)


def same_images(workspace: Workspace) -> Ids:
    """Return a number for each image, (N,), equal for images that are the same or nearly the same."""
    key = str(workspace.path), len(workspace.given_labels)
    if key not in _KEPT:
        groups = np.array(near_duplicate_groups(workspace))
        if len(workspace.drawn_splits.set_aside):  # copies that no part holds have labels, too
            groups = groups[exact_duplicates(workspace.images.pixels)]
        _KEPT[key] = groups
    return _KEPT[key]


def contradictions(workspace: Workspace) -> Contradictions:
    """Find images that are the same or nearly so and have different given labels, as corrected so far.

    Args:
        workspace: The project.

    Returns:
        The groups, in the order of their first image.
    """
    ids, labels = workspace.given_ids(), workspace.images.labels
    ids = ids[labels[ids] != UNKNOWN]
    of_image, found = same_images(workspace)[ids], np.full(len(labels), -1, dtype=np.int64)
    order = np.argsort(of_image, kind="stable")
    starts = np.flatnonzero(np.diff(of_image[order], prepend=-1))
    num = 0
    for members in np.split(ids[order], starts[1:]) if len(ids) else []:
        if len(members) > 1 and len(np.unique(labels[members])) > 1:
            found[members], num = num, num + 1
    return Contradictions(found, num, int((found >= 0).sum()))


def contradiction_note(workspace: Workspace, found: Contradictions, count: int = 3) -> str:
    """Say how many images contradict each other, with the first ones by name; empty where none do.

    Args:
        workspace: The project.
        found: Its contradictions.
        count: Most groups to name.
    """
    if not found.num_groups:
        return ""
    images = workspace.images
    shown = []
    for group in range(min(count, found.num_groups)):
        members = found.members(group)
        shown.append(
            " = ".join(f"{images.names[one]} ({images.class_names[images.labels[one]]})" for one in members[:3])
        )
    more = f"; and {found.num_groups - count:,} more" if found.num_groups > count else ""
    return (
        f"The same or nearly the same image has two labels in {found.num_groups:,} "
        f"{'case' if found.num_groups == 1 else 'cases'}: {'; '.join(shown)}{more}."
    )
