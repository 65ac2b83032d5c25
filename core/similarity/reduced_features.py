"""Reduced features: the first principal components of unit feature vectors, kept beside the features.

The distance of two reduced vectors is at most that of the unit vectors, whose square is 2 - 2 cosine, and close to it.
"""

from pathlib import Path

from core.base.errors import DataError
from core.scoring.neighbors import Features
from core.scoring.principal_components import reduce_features
from core.store.files import load_array, save_array

__all__ = ["is_newer", "reduce_features", "reduced_features"]


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


def is_newer(made: Path, source: Path) -> bool:
    """Return whether a file exists and was written after the one that it was computed from."""
    try:
        return made.stat().st_mtime_ns >= source.stat().st_mtime_ns
    except FileNotFoundError:
        return False
