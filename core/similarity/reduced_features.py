"""Reduced features: the first principal components of unit feature vectors, kept beside the features.

The distance of two reduced vectors is at most that of the unit vectors, whose square is 2 - 2 cosine, and close to it.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DataError
from core.scoring.neighbors import Features, unit_vectors
from core.store.files import load_array, save_array

NUM_COMPONENTS = 64
_FITTED = 8_192
_BLOCK = 4_096


def reduced_features(file: Path) -> Features:
    """Open the reduced features of all images; compute and keep them where they are missing or older.

    Args:
        file: A features.npy, (N, D).

    Returns:
        (N, min(D, 64)) float32, memory-mapped where the folder can be written; columns by falling variance.

    Raises:
        DataError: The features cannot be read.
    """
    features, kept = load_array(file), file.with_name("reduced.npy")
    if is_newer(kept, file):
        reduced = load_array(kept)
        if len(reduced) == len(features):
            return reduced
    made = reduce_features(features)
    try:
        save_array(kept, made)
    except DataError:  # a read-only project can still be looked at
        return made
    return load_array(kept)


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


def is_newer(made: Path, source: Path) -> bool:
    """Return whether a file exists and was written after the one that it was computed from."""
    try:
        return made.stat().st_mtime_ns >= source.stat().st_mtime_ns
    except FileNotFoundError:
        return False
