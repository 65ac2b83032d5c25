"""Numbers of groups: the lowest image of each."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from core.base.types import UNKNOWN, Ids, Mask


def numbers_of(keys: Iterable[str]) -> Ids:
    """Return the lowest image with the same key for each image, (N,); an image with an empty key is alone."""
    first: dict[str, int] = {}
    return np.array([first.setdefault(key, row) if key else row for row, key in enumerate(keys)], dtype=np.int64)


def from_codes(codes: NDArray[np.int64]) -> Ids:
    """Return the lowest image with the same code for each image, (N,); UNKNOWN is alone.

    Args:
        codes: (N,) any numbers.
    """
    rows = np.arange(len(codes), dtype=np.int64)
    known = codes != UNKNOWN
    _, first, inverse = np.unique(codes[known], return_index=True, return_inverse=True)
    rows[known] = rows[known][first][inverse]
    return rows


def joined(one: Ids, other: Ids) -> Ids:
    """Join two groupings: images that either puts together are together.

    Args:
        one: (N,) groups.
        other: (N,) groups.

    Returns:
        (N,) lowest image of each image's group.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    num = len(one)
    if not num:
        return np.empty(0, dtype=np.int64)
    rows = np.arange(num)
    ends = np.concatenate([np.unique(one, return_inverse=True)[1], num + np.unique(other, return_inverse=True)[1]])
    graph = coo_array((np.ones(2 * num, dtype=np.bool_), (np.tile(rows, 2), ends + num)), shape=(3 * num, 3 * num))
    _, number = connected_components(graph, directed=False)
    return from_codes(number[:num].astype(np.int64))


def is_together(groups: Ids) -> Mask:
    """Mark the images that share their group with another, (N,)."""
    _, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray(sizes[inverse] > 1)


_ODD, _OTHER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


def one_per_group(ids: Ids, groups: Ids) -> NDArray[np.int64]:
    """Choose one image of each group, at random but always the same one.

    An image's rank is a hash of its id, so the choice does not depend on what is known of the images, and images that
    are appended later do not change it in other groups.

    Args:
        ids: (n,) images.
        groups: (n,) their groups.

    Returns:
        Rows of the chosen images, rising, one for each group.
    """
    rank = (ids.astype(np.uint64) + np.uint64(1)) * _ODD
    rank = (rank ^ (rank >> np.uint64(30))) * _OTHER
    rank ^= rank >> np.uint64(27)
    order = np.lexsort((rank, groups))
    is_first = np.append(True, np.diff(groups[order]) != 0)[: len(order)]
    return np.sort(order[is_first])
