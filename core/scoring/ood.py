"""Out-of-distribution scores (n,): high means unlike the classes.

Use them to check what is accepted, not to filter what is trained on: a filtered training pool loses useful images
(arXiv 2311.10572). Entropy alone sometimes calls noise in-distribution, so compare several scores.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import Logits, Mask, PerImage
from core.scoring.neighbors import unit_vectors
from core.scoring.scores import confidence, energy, entropy, probabilities

_CHUNK = 4_096


def msp_uncertainty(logits: Logits, temperature: float = 1.0) -> PerImage:
    """Compute 1 - confidence from logits (n, K): (n,) in [0, 1 - 1/K], high means unsure.

    Source: maximum softmax probability, Hendrycks & Gimpel 2017, arXiv 1610.02136.
    """
    return 1 - confidence(probabilities(logits, temperature))


def entropy_bits(logits: Logits, temperature: float = 1.0) -> PerImage:
    """Compute the entropy of logits (n, K): (n,) bits in [0, log2 K], high means unsure."""
    return entropy(probabilities(logits, temperature))


LOGIT_SCORES: dict[str, Callable[[Logits, float], PerImage]] = {
    "confidence": msp_uncertainty,
    "entropy": entropy_bits,
    "energy": energy,
}
"""Scores that need only logits (n, K) and a temperature; `knn_distance` needs features."""


def knn_distance(features: NDArray[np.floating], reference: NDArray[np.floating], k: int = 5) -> PerImage:
    """Compute the distance to the k-th nearest reference feature.

    Args:
        features: (n, D) features; scaled to length 1 here, as the reference is.
        reference: (r, D) features of labeled and verified images.
        k: Which neighbor, 1 … r; 5 to 10 for up to 1,000 reference images.

    Returns:
        (n,) distances in [0, 2]; high means unlike the reference.

    Raises:
        InputError: k is below 1 or above r.

    Source: Sun et al. 2022, arXiv 2204.06507.
    """
    if not 1 <= k <= len(reference):
        raise InputError(f"k must lie from 1 to the {len(reference):,} labeled images there are (got {k}).")
    near, distances = unit_vectors(reference), np.empty(len(features), dtype=np.float32)
    for start in range(0, len(features), _CHUNK):
        similar = unit_vectors(features[start : start + _CHUNK]) @ near.T
        kth = np.partition(similar, len(reference) - k, axis=1)[:, len(reference) - k]
        distances[start : start + _CHUNK] = np.sqrt(np.maximum(2 - 2 * kth, 0))
    return distances


def conformal_p_values(scores: PerImage, known_scores: PerImage) -> NDArray[np.float64]:
    """Compute (1 + #{known score ≥ score}) / (n + 1) for each image.

    An in-distribution image gets p ≤ a with probability at most a, so p ≤ a is a test with false-alarm rate a.

    Args:
        scores: (m,) scores of the images to test, high means unlike the classes.
        known_scores: (n,) scores of val images.

    Returns:
        (m,) p-values in (0, 1], low means unusual; all 1 without val images.

    Source: conformal outlier detection, Bates et al. 2023, arXiv 2104.08279.
    """
    ordered = np.sort(known_scores)
    num_as_high = len(ordered) - np.searchsorted(ordered, scores, side="left")
    return np.asarray((1 + num_as_high) / (len(ordered) + 1))


def is_ood(p_values: NDArray[np.float64], false_alarms: float) -> Mask:
    """Mark images (n,) with p ≤ false_alarms; false_alarms in [0, 1] is the rate of false alarms."""
    return p_values <= false_alarms


def auroc(ood: PerImage, in_distribution: PerImage) -> float:
    """Probability that an OOD image scores above an in-distribution one.

    Args:
        ood: (m,) scores of OOD images.
        in_distribution: (n,) scores of in-distribution images.

    Returns:
        Area under the ROC curve in [0, 1], ties counted half; 0.5 is chance, nan where either is empty.
    """
    if not len(ood) or not len(in_distribution):
        return float("nan")
    ordered = np.sort(in_distribution)
    below = np.searchsorted(ordered, ood, side="left") + np.searchsorted(ordered, ood, side="right")
    return float(below.mean() / (2 * len(ordered)))


def ood_scores(
    logits: Logits, features: NDArray[np.floating], labeled: NDArray[np.floating], temperature: float
) -> dict[str, PerImage]:
    """Compute entropy, energy and the distance to the fifth nearest labeled feature.

    Args:
        logits: (n, K) logits.
        features: (n, D) features.
        labeled: (r, D) features of labeled images; without any there is no neighbor distance.
        temperature: Divides the logits, above 0.

    Returns:
        (n,) for each score: entropy in bits, energy in nats, neighbor distance in [0, 2]; high means unlike the
        classes.
    """
    scores = {"entropy": entropy_bits(logits, temperature), "energy": energy(logits, temperature)}
    if not len(labeled):
        return scores
    return scores | {"neighbor distance": knn_distance(features, labeled, min(5, len(labeled)))}
