"""Outliers: images that belong to none of the classes. All scores are (n,), high means foreign.

Guard with them what is accepted, not what is trained on: a filtered training pool loses useful images
(arXiv 2311.10572). Entropy alone is known to call pure noise familiar now and then; look at several scores.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import Logits, Mask, PerImage
from core.scoring.scores import confidence, energy, entropy, probabilities

_CHUNK = 4_096


def doubt(logits: Logits, temperature: float = 1.0) -> PerImage:
    """1 - confidence ("MSP"), in [0, 1 - 1/K]."""
    return 1 - confidence(probabilities(logits, temperature))


def bits(logits: Logits, temperature: float = 1.0) -> PerImage:
    """Entropy in bits, [0, log2 K]."""
    return entropy(probabilities(logits, temperature))


OUTLIER_SCORES: dict[str, Callable[[Logits, float], PerImage]] = {
    "confidence": doubt,
    "entropy": bits,
    "energy": energy,
}
"""Scores that need logits (n, K) and a temperature only; `knn_distance` needs features."""


def knn_distance(features: NDArray[np.floating], reference: NDArray[np.floating], k: int = 5) -> PerImage:
    """Distance to the k-th nearest reference feature, all of length 1, in [0, 2] (Sun et al. 2022, arXiv 2204.06507).

    features (n, D), reference (r, D): features of labeled and verified images; k = 5 to 10 for up to 1,000 of them.
    InputError where there are fewer than k.
    """
    if not 1 <= k <= len(reference):
        raise InputError(f"k must lie from 1 to the {len(reference):,} labeled images there are (got {k}).")
    near, found = _unit(reference), np.empty(len(features), dtype=np.float32)
    for start in range(0, len(features), _CHUNK):
        similar = _unit(features[start : start + _CHUNK]) @ near.T
        kth = np.partition(similar, len(reference) - k, axis=1)[:, len(reference) - k]
        found[start : start + _CHUNK] = np.sqrt(np.maximum(2 - 2 * kth, 0))
    return found


def conformal_p_values(scores: PerImage, known_scores: PerImage) -> NDArray[np.float64]:
    """(1 + #{val: score ≥ score(x)}) / (n + 1), (m,): how unusual an image is among n val images of the classes.

    An image from the same draw as val gets p ≤ a with probability at most a: calling p ≤ a foreign has that false-alarm
    rate. Without val images every p value is 1.
    """
    ordered = np.sort(known_scores)
    as_foreign = len(ordered) - np.searchsorted(ordered, scores, side="left")
    return np.asarray((1 + as_foreign) / (len(ordered) + 1))


def is_foreign(p_values: NDArray[np.float64], false_alarms: float) -> Mask:
    """Images called foreign at a false-alarm rate in [0, 1]: p ≤ false_alarms."""
    return p_values <= false_alarms


def auroc(foreign: PerImage, familiar: PerImage) -> float:
    """Probability that a foreign image scores above a familiar one, ties counted half; .5 is chance, nan if empty."""
    if not len(foreign) or not len(familiar):
        return float("nan")
    ordered = np.sort(familiar)
    below = np.searchsorted(ordered, foreign, side="left") + np.searchsorted(ordered, foreign, side="right")
    return float(below.mean() / (2 * len(ordered)))


def foreignness(
    logits: Logits, features: NDArray[np.floating], labeled: NDArray[np.floating], temperature: float
) -> dict[str, PerImage]:
    """Entropy (bits), energy (nats) and, where there are labeled features (r, D), the distance to the fifth nearest."""
    found = {"entropy": bits(logits, temperature), "energy": energy(logits, temperature)}
    if not len(labeled):
        return found
    return found | {"neighbor distance": knn_distance(features, labeled, min(5, len(labeled)))}


def _unit(features: NDArray[np.floating]) -> NDArray[np.float32]:
    rows = features.astype(np.float32)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))
