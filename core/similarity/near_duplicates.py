"""Near duplicates: stacks of images whose small thumbnails are nearly the same.

Thumbnails are compared by the cosine of their pixel values about the mean, so brightness and contrast do not matter. A
stored copy, a copy saved again as JPEG or one with a little noise is found; a shifted or mirrored one is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DataError
from core.base.types import SPLIT_NAMES, Ids, Splits
from core.data.groups.by_similarity import MAX_DISTANCE, group_by_similarity
from core.similarity.reduced_features import is_newer
from core.store.files import load_arrays, save_arrays
from core.workspace.workspace import Workspace

FILE = "near_duplicates.npz"


@dataclass(frozen=True)
class NearDuplicates:
    """Stacks of near duplicates among the images of all splits.

    Attributes:
        stacks: (N,) number of each image's stack, 0 the largest one; -1 for an image alone.
        num_stacks: Number of stacks.
        num_images: Images in them.
        leaks: Stacks that hold a labeled image and one of another split, by the name of that split.
        num_leaks: Stacks that hold a labeled image and one of any other split.
    """

    stacks: NDArray[np.int32]
    num_stacks: int
    num_images: int
    leaks: Mapping[str, int]
    num_leaks: int

    def stacked_rows(self, ids: Ids) -> Ids:
        """Return the rows of images that are in a stack, stack by stack, the largest first.

        Args:
            ids: (n,) images, sorted.
        """
        stacks = self.stacks[ids]
        rows = np.flatnonzero(stacks >= 0)
        return np.asarray(rows[np.argsort(stacks[rows], kind="stable")])

    def describe(self, stack: int, splits: Splits) -> str:
        """Say how large a stack is, and how many of its images are labeled or tested.

        The calibration images of a stack stay unnamed, as part of the pool.

        Args:
            stack: Its number.
            splits: The parts of the project.
        """
        members = np.flatnonzero(self.stacks == stack)
        counts = {name: int(np.isin(members, getattr(splits, name)).sum()) for name in ("labeled", "val", "test")}
        parts = [f"{count} in {name}" for name, count in counts.items() if count]
        return ", ".join([f"stack {stack + 1} of {self.num_stacks:,}: {len(members):,} near duplicates", *parts])


def near_duplicates(workspace: Workspace) -> NearDuplicates:
    """Find the stacks of a project; they are computed once and kept in its folder `features`.

    Args:
        workspace: The project.

    Returns:
        The stacks, the largest first.
    """
    return _counted(near_duplicate_groups(workspace), workspace.splits)


def near_duplicate_groups(workspace: Workspace) -> Ids:
    """Return the lowest image of each image's stack, (N,); computed once and kept in the folder `features`.

    Args:
        workspace: The project.
    """
    images, splits = workspace.images, workspace.drawn_splits
    file = workspace.path / "features" / FILE
    groups = _kept(file, workspace.path / "images" / "pixels.npy", len(images.labels))
    if groups is None:
        groups = group_by_similarity(
            images.pixels, np.sort(np.concatenate([getattr(splits, name) for name in SPLIT_NAMES]))
        )
        _keep(file, groups)
    return groups


def _kept(file: Path, source: Path, num: int) -> Ids | None:
    """The stored groups; None where they are missing, older than the images or of other settings."""
    if not is_newer(file, source):
        return None
    try:
        stored = load_arrays(file)
    except DataError:
        return None
    is_same = float(stored.get("max_distance", np.nan)) == MAX_DISTANCE and len(stored.get("groups", ())) == num
    return stored["groups"] if is_same else None


def _keep(file: Path, groups: Ids) -> None:
    try:
        file.parent.mkdir(exist_ok=True)
        save_arrays(file, {"groups": groups, "max_distance": np.array(MAX_DISTANCE)})
    except (OSError, DataError):  # a read-only project: they are computed again next time
        return


def _counted(groups: Ids, splits: Splits) -> NearDuplicates:
    """Number the stacks by falling size, and count those that hold labeled images and others."""
    found, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    is_stack = sizes > 1
    number = np.full(len(found), -1, dtype=np.int32)
    stacked = np.flatnonzero(is_stack)
    number[stacked[np.argsort(-sizes[stacked], kind="stable")]] = np.arange(len(stacked), dtype=np.int32)
    stacks = number[inverse]
    has_labeled = np.zeros(len(stacked), dtype=np.bool_)
    has_labeled[_numbers(stacks, splits.labeled)] = True
    leaks, is_leak = {}, np.zeros(len(stacked), dtype=np.bool_)
    for name in SPLIT_NAMES[1:]:
        both = np.zeros(len(stacked), dtype=np.bool_)
        both[_numbers(stacks, getattr(splits, name))] = True
        both &= has_labeled
        leaks[name], is_leak = int(both.sum()), is_leak | both
    return NearDuplicates(stacks, len(stacked), int(sizes[is_stack].sum()), leaks, int(is_leak.sum()))


def _numbers(stacks: NDArray[np.int32], ids: Ids) -> NDArray[np.int32]:
    """Numbers of the stacks that hold some of the images."""
    found = np.unique(stacks[ids])
    return found[found >= 0]
