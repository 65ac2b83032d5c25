"""Which labeled images look to the model like this one? Nearest by the angle between feature vectors."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]


def unit(features: NDArray[Any]) -> Features:
    """Feature vectors (n, D) scaled to length 1, float32; a vector of zeros stays so."""
    wide = np.asarray(features, dtype=np.float32)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12), dtype=np.float32)


def nearest(units: Features, query: NDArray[Any], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Rows nearest to one feature vector (D,) and their cosine similarity in [-1, 1], the most similar first."""
    similarity = units @ unit(query[None])[0]
    rows = np.argsort(-similarity, kind="stable")[:count]
    return rows.astype(np.int64), similarity[rows]
