"""Connected groups of vectors that are nearly the same, in bounded memory."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.base.types import Mask
from core.scoring.neighbors import Features

Pairs = NDArray[np.int64]
_BLOCK = 1_024
_MOST_PAIRS = 2_000_000


def connected_groups(vectors: Features, radius: float, confirm: Callable[[Pairs], Mask] | None = None) -> Pairs:
    """Group vectors that a chain of near pairs connects.

    Vectors are sorted by their first number, so that a block is compared with those alone whose first number is near.

    Args:
        vectors: (n, d) float32.
        radius: Largest distance of a near pair.
        confirm: Says of candidate pairs (m, 2) which are near, (m,); None: all of them.

    Returns:
        (n,) the lowest row of each vector's group, which is its own row where no other is near.
    """
    num = len(vectors)
    rows = np.argsort(vectors[:, 0], kind="stable")
    ordered = np.ascontiguousarray(vectors[rows], dtype=np.float32)
    first, norms = ordered[:, 0], np.einsum("ij,ij->i", ordered, ordered)
    groups, edges, count = np.arange(num), [], 0
    for start in range(0, num, _BLOCK):
        stop = min(start + _BLOCK, num)
        end = int(np.searchsorted(first, first[stop - 1] + np.float32(radius), side="right"))
        for begin in range(start, end, 8 * _BLOCK):
            found = _near(ordered, norms, (start, stop), (begin, min(begin + 8 * _BLOCK, end)), radius)
            found = rows[found]
            found = found[confirm(found)] if confirm is not None and len(found) else found
            edges.append(found)
            count += len(found)
            if count > _MOST_PAIRS:
                groups, edges, count = _joined(groups, edges), [], 0
    return _joined(groups, edges)


def _near(
    ordered: Features, norms: NDArray[np.float32], left: tuple[int, int], right: tuple[int, int], radius: float
) -> Pairs:
    """Pairs of a block of rows and another, each once, at most `radius` apart."""
    (start, stop), (begin, end) = left, right
    products = ordered[start:stop] @ ordered[begin:end].T
    least = (norms[start:stop, None] + norms[None, begin:end] - np.float32(radius**2 + 1e-6)) / 2
    one, other = np.nonzero(products >= least)
    one, other = one + start, other + begin
    is_first = one < other
    return np.stack([one[is_first], other[is_first]], axis=1)


def _joined(groups: Pairs, edges: list[Pairs]) -> Pairs:
    """Join groups by new pairs; each is named by its lowest row."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    num = len(groups)
    if not num:
        return groups
    pairs = np.concatenate([np.stack([np.arange(num), groups], axis=1), *edges])
    graph = coo_array((np.ones(len(pairs), dtype=np.bool_), (pairs[:, 0], pairs[:, 1])), shape=(num, num))
    _, number = connected_components(graph, directed=False)
    lowest = np.full(number.max() + 1, num, dtype=np.int64)
    np.minimum.at(lowest, number, np.arange(num))
    return lowest[number]
