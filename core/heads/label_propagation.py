"""Label propagation: labels spread over a graph of near neighbors among all images.

Source: Zhou et al. 2004, "Learning with Local and Global Consistency". It gains on clustered images and loses on
others, so it is a choice to compare, never a default.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse import csr_array

from core.base.errors import InputError
from core.base.types import Ids, Labels, Logits
from core.scoring.neighbors import unit_vectors

MOST_IMAGES = 100_000
"""Most images for which the graph is made: its cost grows with their square."""
_ALPHA = 0.9  # share of a label's mass that comes from the neighbors
_STEPS = 40
_DIMENSIONS = 64
_BLOCK = 1_000


def propagate(
    features: NDArray[np.floating],
    ids: Ids,
    labels: Labels,
    weights: NDArray[np.float64],
    rejected: tuple[Ids, Labels],
    num_classes: int,
    *,
    neighbors: int = 10,
) -> Logits:
    """Spread labels to all images.

    Args:
        features: (N, D) of all images.
        ids: (n,) labeled images.
        labels: (n,) their classes.
        weights: (n,) above 0.
        rejected: (m,) images and (m,) classes that they are not: they never hold mass of that class.
        num_classes: K.
        neighbors: Neighbors of each image by cosine similarity.

    Returns:
        (N, K) logarithms of the mass that reached each image, as shares.

    Raises:
        InputError: There are more than MOST_IMAGES images.
    """
    if len(features) > MOST_IMAGES:
        raise InputError(
            f"Label propagation takes at most {MOST_IMAGES:,} images, and there are {len(features):,}: choose "
            "kernel_ridge or logistic."
        )
    graph = neighbor_graph(features, neighbors)
    start = np.zeros((len(features), num_classes))
    np.add.at(start, (ids, labels), weights / weights.mean())
    start[rejected] = 0.0
    mass = start.copy()
    for _ in range(_STEPS):
        mass = _ALPHA * (graph @ mass) + (1 - _ALPHA) * start
        mass[rejected] = 0.0
    shares = mass + 1e-6 / num_classes  # what no label reaches is as likely to be any class
    return np.asarray(np.log(shares / shares.sum(axis=1, keepdims=True)), dtype=np.float32)


def neighbor_graph(features: NDArray[np.floating], neighbors: int) -> csr_array:
    """Symmetric, normalized graph of near neighbors: (N, N) sparse, D^-1/2 W D^-1/2 with cosine weights."""
    units = unit_vectors(_reduced(np.asarray(features, dtype=np.float32)))
    num, count = len(units), min(neighbors, len(units) - 1)
    if count < 1:
        return csr_array((num, num), dtype=np.float64)
    columns, values = np.empty((num, count), dtype=np.int64), np.empty((num, count))
    for start in range(0, num, _BLOCK):
        stop = min(start + _BLOCK, num)
        similarity = units[start:stop] @ units.T
        similarity[np.arange(stop - start), np.arange(start, stop)] = -np.inf
        nearest = np.argpartition(-similarity, count - 1, axis=1)[:, :count]
        columns[start:stop] = nearest
        values[start:stop] = np.maximum(np.take_along_axis(similarity, nearest, axis=1), 0.0)
    rows = np.repeat(np.arange(num), count)
    graph = csr_array((values.ravel(), (rows, columns.ravel())), shape=(num, num))
    graph = graph.maximum(graph.T)
    root = 1.0 / np.sqrt(np.maximum(graph.sum(axis=1), 1e-12))
    scaled = graph.tocoo()
    return csr_array((scaled.data * root[scaled.coords[0]] * root[scaled.coords[1]], scaled.coords), shape=(num, num))


def _reduced(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """The directions of largest variance, at most _DIMENSIONS of them."""
    centered = features - features.mean(axis=0)
    if centered.shape[1] <= _DIMENSIONS:
        return np.asarray(centered, dtype=np.float32)
    num, size = centered.shape
    if num < size:  # the smaller of the two matrices has the same values other than 0
        wanted = max(0, num - _DIMENSIONS), num - 1
        values, vectors = eigh(centered @ centered.T, subset_by_index=wanted, check_finite=False)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0)), dtype=np.float32)
    _, vectors = eigh(centered.T @ centered, subset_by_index=(size - _DIMENSIONS, size - 1), check_finite=False)
    return np.asarray(centered @ vectors, dtype=np.float32)
