"""Groups of near duplicates: images whose small thumbnails are nearly the same.

Thumbnails are compared by the cosine of their pixel values about the mean, so brightness and contrast do not matter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.types import Ids, Mask, Pixels
from core.scoring.connected_groups import Pairs, connected_groups
from core.scoring.neighbors import Features, unit_vectors
from core.scoring.principal_components import reduce_features

MAX_DISTANCE = 0.004
"""Largest cosine distance of near duplicates, [0, 2]."""
SIDE = 16
_FLAT = 2.0  # gray levels: a standard deviation below it is no picture
_BLOCK = 4_096
_COMPARED = 12  # most images of a group that are compared to find its loosest link


@dataclass(frozen=True)
class Pair:
    """Two images of one group and the cosine distance of their thumbnails, [0, 2]."""

    one: int
    other: int
    distance: float


def loosest_pairs(pixels: Pixels, groups: Ids, count: int = 8) -> list[Pair]:
    """Return the pairs that hold groups together by the longest links: the first ones to look wrong.

    Args:
        pixels: (N, H, W, C), uint8.
        groups: (N,) near-duplicate groups.
        count: Most pairs.

    Returns:
        One pair of each group, of up to 400 groups, the largest distance first.
    """
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    members = [ids[:_COMPARED] for ids in np.split(order, starts[1:]) if len(ids) > 1] if len(groups) else []
    pairs = []
    for ids in members[:: max(1, len(members) // 400)]:
        units = unit_vectors(_centered(thumbnails(pixels, ids)))
        distance = 1 - units @ units.T
        np.fill_diagonal(distance, np.inf)
        row = int(distance.min(axis=1).argmax())
        other = int(distance[row].argmin())
        one, two = sorted((int(ids[row]), int(ids[other])))
        pairs.append(Pair(one, two, max(0.0, float(distance[row, other]))))
    return sorted(pairs, key=lambda pair: -pair.distance)[:count]


def group_by_similarity(pixels: Pixels, ids: Ids, max_distance: float = MAX_DISTANCE) -> Ids:
    """Group images that a chain of near duplicates connects.

    Args:
        pixels: (N, H, W, C), uint8.
        ids: (n,) images to compare, sorted; the others are alone.
        max_distance: Largest cosine distance of two near duplicates, (0, 0.5].

    Returns:
        (N,) lowest image of each image's group.
    """
    groups = np.arange(len(pixels), dtype=np.int64)
    if not len(ids):
        return groups
    thumbs = thumbnails(pixels, ids)
    _, first, inverse = np.unique(_as_bytes(thumbs), return_index=True, return_inverse=True)
    is_picture = thumbs[first].std(axis=1) >= _FLAT
    rows = first[is_picture]
    reduced, radius = reduce_features(_centered(thumbs[rows])), float(np.sqrt(2 * max_distance))
    joined = connected_groups(reduced, radius, lambda pairs: _confirmed(thumbs, rows[pairs], max_distance))
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


def _confirmed(thumbs: NDArray[np.uint8], pairs: Pairs, max_distance: float) -> Mask:
    """Mark the pairs whose whole thumbnails are near, (m,)."""
    keep = np.zeros(len(pairs), dtype=np.bool_)
    for start in range(0, len(pairs), _BLOCK):
        one, other = (unit_vectors(_centered(thumbs[rows])) for rows in pairs[start : start + _BLOCK].T)
        keep[start : start + _BLOCK] = np.einsum("ij,ij->i", one, other) >= 1 - max_distance
    return keep


def _as_bytes(thumbs: NDArray[np.uint8]) -> NDArray[np.void]:
    return np.ascontiguousarray(thumbs).view(np.dtype((np.void, thumbs.shape[1])))[:, 0]
