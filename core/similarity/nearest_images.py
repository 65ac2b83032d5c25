"""Nearest images: the pool in the order of its distance to one image.

All images are ranked by the reduced features, and the nearest thousand among them again by the whole ones.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.base.types import Ids
from core.scoring.neighbors import unit_vectors
from core.similarity.reduced_features import reduced_features
from core.store.files import load_array

_BLOCK = 65_536
_REFINED = 1_000
_KEPT = 8


class NearestImages:
    """Orders of one pool by feature distance, computed when asked for.

    Args:
        file: The features of all images, (N, D).
        pool: Sorted ids of the images to rank.
    """

    def __init__(self, file: Path, pool: Ids) -> None:
        self._file, self._pool, self._reduced = file, pool, reduced_features(file)
        self.order = lru_cache(maxsize=_KEPT)(self._order)

    def distances(self, image: int) -> NDArray[np.float32]:
        """Measure the distance of every image to one.

        Args:
            image: Image id, 0 to N - 1.

        Returns:
            (N,) squared distances of the reduced features, about 2 - 2 cosine.
        """
        num = len(self._reduced)
        query, found = np.array(self._reduced[image]), np.empty(num, dtype=np.float32)
        for start in range(0, num, _BLOCK):
            block = self._reduced[start : start + _BLOCK]
            found[start : start + _BLOCK] = np.einsum("ij,ij->i", block, block) - 2 * (block @ query)
        return np.asarray(np.maximum(found + query @ query, 0), dtype=np.float32)

    def _order(self, image: int) -> Ids:
        """Return the rows of the pool, nearest first; the image itself leads where it is in the pool."""
        distances = self.distances(image)
        distances[image] = -1
        order = np.argsort(distances[self._pool], kind="stable")
        ids, features = self._pool[order[:_REFINED]], load_array(self._file)
        similarity = unit_vectors(features[ids]) @ unit_vectors(features[[image]])[0]
        similarity[ids == image] = 2
        order[:_REFINED] = order[:_REFINED][np.argsort(-similarity, kind="stable")]
        return order
