"""First principal components of unit feature vectors.

The distance of two reduced vectors is at most that of the unit vectors, whose square is 2 - 2 cosine, and close to it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.scoring.neighbors import Features, unit_vectors

NUM_COMPONENTS = 64
_FITTED = 8_192
_BLOCK = 4_096


def reduce_features(features: NDArray[Any]) -> Features:
    """Project unit feature vectors on their principal components.

    Args:
        features: (N, D), any float type.

    Returns:
        (N, min(D, 64)) float32, centered; equal input gives equal output.
    """
    from sklearn.utils.extmath import randomized_svd

    num, dims = features.shape
    rows = np.unique(np.linspace(0, num - 1, min(num, _FITTED)).astype(np.int64)) if num else np.empty(0, np.int64)
    fitted = unit_vectors(np.asarray(features[rows]))
    center = fitted.mean(axis=0) if num else np.zeros(dims, np.float32)
    count = min(NUM_COMPONENTS, dims)
    reduced = np.zeros((num, count), dtype=np.float32)
    if not num:
        return reduced
    _, _, axes = randomized_svd(fitted - center, min(count, len(rows)), n_iter=4, random_state=0)
    for start in range(0, num, _BLOCK):
        block = unit_vectors(np.asarray(features[start : start + _BLOCK])) - center
        reduced[start : start + _BLOCK, : len(axes)] = block @ axes.T
    return reduced
