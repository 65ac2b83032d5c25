"""Nearest labeled images by the angle between feature vectors."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]


def unit_vectors(features: NDArray[Any]) -> Features:
    """Scale feature vectors (n, D) to length 1, float32; a vector of zeros stays zero."""
    wide = np.asarray(features, dtype=np.float32)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12), dtype=np.float32)


def nearest(units: Features, query: NDArray[Any], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Find the rows most similar to one feature vector.

    Args:
        units: (n, D) vectors of length 1.
        query: (D,) a feature vector of any length.
        count: Most rows to return.

    Returns:
        Rows (min(count, n),) and their cosine similarity in [-1, 1], highest first.
    """
    similarity = units @ unit_vectors(query[None])[0]
    rows = np.argsort(-similarity, kind="stable")[:count]
    return rows.astype(np.int64), similarity[rows]
