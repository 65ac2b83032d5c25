"""How foreign an image is: scores for which high means foreign, and how well a score tells two groups apart."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from core.base.records import Logits, PerImage
from core.curate.scores import energy, entropy, probabilities

_CHUNK = 2_000_000
"""Distances computed at once."""


def neighbor_distance(features: NDArray[np.floating], bank: NDArray[np.floating], k: int = 5) -> PerImage:
    """Distance (n,) of normalised features (n, D) to the k-th nearest of a bank (m, D), [0, 2], high = foreign.

    Sun et al. 2022, arXiv 2204.06507; k is cut to m. An empty bank makes everything equally foreign (2).
    """
    if not len(bank):
        return np.full(len(features), 2.0, dtype=np.float32)
    near, own = min(k, len(bank)), _normalised(bank)
    found = np.empty(len(features), dtype=np.float32)
    size = max(1, _CHUNK // len(bank))
    for start in range(0, len(features), size):
        likeness = _normalised(features[start : start + size]) @ own.T
        kth = np.partition(likeness, len(bank) - near, axis=1)[:, len(bank) - near]
        found[start : start + size] = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * kth))
    return found


def auroc(usual: NDArray[np.floating], foreign: NDArray[np.floating]) -> float:
    """Chance that a foreign image scores higher than a usual one, ties half; [0, 1], .5 = blind, nan without images."""
    if not len(usual) or not len(foreign):
        return float("nan")
    ranks = rankdata(np.concatenate([foreign, usual]))[: len(foreign)]
    return float((ranks.sum() - len(foreign) * (len(foreign) + 1) / 2) / (len(foreign) * len(usual)))


def foreignness(
    logits: Logits, features: NDArray[np.floating], bank: NDArray[np.floating], temperature: float
) -> dict[str, PerImage]:
    """Entropy (bits), energy (nats) and neighbor distance of images; each high = foreign."""
    return {
        "entropy": entropy(probabilities(logits, temperature)),
        "energy": energy(logits, temperature),
        "neighbor distance": neighbor_distance(features, bank),
    }


def _normalised(features: NDArray[np.floating]) -> NDArray[np.float32]:
    values = np.asarray(features, dtype=np.float32)
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12))
