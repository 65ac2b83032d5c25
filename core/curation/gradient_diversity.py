"""BADGE: images that are uncertain and unlike each other, by gradients of a linear head."""

import numpy as np
from numpy.typing import NDArray

from core.base.types import Ids, Mask, PerImage, Probs

MOST_CANDIDATES = 2_000
"""Images of the smallest margin among which badge_ids chooses; it bounds its time on a large pool."""


def smallest_margins(margin: PerImage, is_open: Mask, most: int = MOST_CANDIDATES) -> Ids:
    """Find the open images of the smallest margin.

    Args:
        margin: (n,) best minus second best probability, [0, 1].
        is_open: (n,) images that may be chosen.
        most: Most images to return.

    Returns:
        Positions, ascending; all open images where they are no more than `most`.
    """
    rows = np.flatnonzero(is_open)
    if len(rows) <= most:
        return rows
    return np.sort(rows[np.argpartition(margin[rows], most - 1)[:most]])


def badge_ids(probs: Probs, features: NDArray[np.floating], count: int, rng: np.random.Generator) -> Ids:
    """Choose images by k-means++ seeding on gradient embeddings (BADGE).

    The embedding of an image is (p - onehot(argmax p)) ⊗ features: the gradient of a linear last layer, were its own
    suggestion the label. It is long where the suggestion is unsure. The first image has the longest one; each next is
    drawn with a probability in proportion to its squared distance to the nearest one chosen. The K · D numbers of an
    embedding are never formed: the inner product of two is that of the errors times that of the features.

    Args:
        probs: (n, K) probabilities of the candidates.
        features: (n, D) their features.
        count: Number of images wanted.
        rng: Generator of the draws; the same one gives the same images.

    Returns:
        Positions in the order chosen, min(count, n), each once.

    Source: Ash et al. 2020, arXiv 1906.03671.
    """
    errors, wide = np.array(probs, dtype=np.float32), np.asarray(features, dtype=np.float32)
    errors[np.arange(len(errors)), errors.argmax(axis=1)] -= 1
    lengths = np.einsum("nk,nk->n", errors, errors) * np.einsum("nd,nd->n", wide, wide)
    count = min(count, len(errors))
    chosen, distance = np.empty(count, dtype=np.int64), np.full(len(errors), np.inf)
    is_left = np.ones(len(errors), dtype=np.bool_)
    for number in range(count):
        row = int(lengths.argmax()) if number == 0 else _drawn(np.where(is_left, distance, 0.0), is_left, rng)
        chosen[number], is_left[row] = row, False
        products = (errors @ errors[row]) * (wide @ wide[row])
        np.minimum(distance, np.maximum(lengths + lengths[row] - 2 * products, 0), out=distance)
    return chosen


def _drawn(weights: NDArray[np.float64], is_left: Mask, rng: np.random.Generator) -> int:
    """Draw a row in proportion to its weight; uniformly among those left where all weights are 0."""
    sums = np.cumsum(weights)
    if not sums[-1] > 0:
        return int(rng.choice(np.flatnonzero(is_left)))
    return int(np.searchsorted(sums / sums[-1], rng.random(), side="right"))
