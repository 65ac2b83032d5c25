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
from core.base.types import SPLIT_NAMES, Ids, Mask, Pixels, Splits
from core.scoring.connected_groups import Pairs, connected_groups
from core.scoring.neighbors import Features, unit_vectors
from core.similarity.reduced_features import is_newer, reduce_features
from core.store.files import load_arrays, save_arrays
from core.workspace.workspace import Workspace

MAX_DISTANCE = 0.004
"""Largest cosine distance of near duplicates, [0, 2]."""
SIDE = 16
FILE = "near_duplicates.npz"
_FLAT = 2.0  # gray levels: a standard deviation below it is no picture
_BLOCK = 4_096


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
        groups = _groups(images.pixels, np.sort(np.concatenate([getattr(splits, name) for name in SPLIT_NAMES])))
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


def _groups(pixels: Pixels, ids: Ids) -> Ids:
    """Lowest image id of each image's stack, (N,); ids that are in no split are alone."""
    groups = np.arange(len(pixels), dtype=np.int64)
    if not len(ids):
        return groups
    thumbs = thumbnails(pixels, ids)
    _, first, inverse = np.unique(_as_bytes(thumbs), return_index=True, return_inverse=True)
    is_picture = thumbs[first].std(axis=1) >= _FLAT
    rows = first[is_picture]
    reduced, radius = reduce_features(_centered(thumbs[rows])), float(np.sqrt(2 * MAX_DISTANCE))
    joined = connected_groups(reduced, radius, lambda pairs: _confirmed(thumbs, rows[pairs]))
    lowest = first.copy()  # of each distinct thumbnail: the first row of its stack
    lowest[is_picture] = rows[joined]
    smallest = np.full(len(thumbs), len(thumbs))
    np.minimum.at(smallest, lowest[inverse], np.arange(len(thumbs)))
    groups[ids] = ids[smallest[lowest[inverse]]]
    return groups


def thumbnails(pixels: Pixels, ids: Ids) -> NDArray[np.uint8]:
    """Shrink images to 16 pixels a side.

    Args:
        pixels: (N, H, W, C), uint8.
        ids: (n,) images to shrink.

    Returns:
        (n, 256 C) uint8.
    """
    from PIL import Image

    found = np.empty((len(ids), SIDE * SIDE * pixels.shape[3]), dtype=np.uint8)
    for row, image in enumerate(ids.tolist()):
        array = np.asarray(pixels[image])
        picture = Image.fromarray(array[..., 0] if array.shape[2] == 1 else array)
        found[row] = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX)).ravel()
    return found


def _centered(thumbs: NDArray[np.uint8]) -> Features:
    wide = thumbs.astype(np.float32)
    return np.asarray(wide - wide.mean(axis=1, keepdims=True), dtype=np.float32)


def _confirmed(thumbs: NDArray[np.uint8], pairs: Pairs) -> Mask:
    """Mark the pairs whose whole thumbnails are near, (m,)."""
    keep = np.zeros(len(pairs), dtype=np.bool_)
    for start in range(0, len(pairs), _BLOCK):
        one, other = (unit_vectors(_centered(thumbs[rows])) for rows in pairs[start : start + _BLOCK].T)
        keep[start : start + _BLOCK] = np.einsum("ij,ij->i", one, other) >= 1 - MAX_DISTANCE
    return keep


def _as_bytes(thumbs: NDArray[np.uint8]) -> NDArray[np.void]:
    return np.ascontiguousarray(thumbs).view(np.dtype((np.void, thumbs.shape[1])))[:, 0]


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
