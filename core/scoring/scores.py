"""Scores of images from logits (n, K) and a temperature: confidence, entropy, margin, energy.

High confidence and high margin mean sure; high entropy and high energy mean unsure. Probabilities are float32.
A ranking turns scores into values of which the highest is shown first.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.base.errors import DataError
from core.base.types import Ids, Labels, Logits, PerImage, Probs

_CHUNK = 65_536


@dataclass(frozen=True)
class Scores:
    """Scores of n images, one row each."""

    confidence: PerImage  # (n,) [1/K, 1], high = sure
    entropy: PerImage  # (n,) bits, [0, log2 K], high = unsure
    margin: PerImage  # (n,) [0, 1], high = sure
    pseudo_labels: Labels  # (n,) most probable class
    num_classes: int  # K


def probabilities(logits: Logits, temperature: float = 1.0) -> Probs:
    """Softmax of logits / temperature, (n, K); each row sums to 1.

    Raises:
        DataError: A logit is not finite: the file that it was read from is damaged.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = logits.astype(np.float32) / np.float32(temperature)
        scaled -= scaled.max(axis=1, keepdims=True)
        np.exp(scaled, out=scaled)
        scaled /= scaled.sum(axis=1, keepdims=True)
    if not np.isfinite(scaled.sum()):
        raise DataError("The stored predictions hold numbers that are not finite: their file is damaged; train again.")
    return scaled


def confidence(probs: Probs) -> PerImage:
    """Maximum probability of each row (n, K), (n,) in [1/K, 1]; high means sure."""
    return np.asarray(probs.max(axis=1))


def entropy(probs: Probs) -> PerImage:
    """Shannon entropy of each row (n, K), (n,) bits in [0, log2 K]; high means unsure."""
    logs = np.log2(np.maximum(probs, np.finfo(np.float32).tiny))
    bits = -np.einsum("nk,nk->n", probs, logs)
    return np.asarray(np.maximum(bits, 0), dtype=np.float32)


def margin(probs: Probs) -> PerImage:
    """Best minus second best probability of each row (n, K), (n,) in [0, 1]; high means sure."""
    best = np.partition(probs, -2, axis=1)[:, -2:]
    return np.asarray(best[:, 1] - best[:, 0])


def energy(logits: Logits, temperature: float = 1.0) -> PerImage:
    """Energy -T · logsumexp(logits / T), (n,) nats; high means unlike the classes.

    Source: Liu et al. 2020, arXiv 2010.03759.
    """
    scaled = logits.astype(np.float32) / np.float32(temperature)
    top = scaled.max(axis=1, keepdims=True)
    sums = np.exp(scaled - top).sum(axis=1)
    return np.asarray(-temperature * (np.log(sums) + top[:, 0]), dtype=np.float32)


def pseudo_labels(probs: Probs) -> Labels:
    """Most probable class of each row (n, K), (n,); the lower number in a tie."""
    return np.asarray(probs.argmax(axis=1), dtype=np.int64)


def score(logits: Logits, temperature: float = 1.0) -> Scores:
    """Compute all scores of logits (n, K) in chunks, to limit memory."""
    num, num_classes = logits.shape
    top, bits, gap = (np.empty(num, dtype=np.float32) for _ in range(3))
    labels = np.empty(num, dtype=np.int64)
    for start in range(0, num, _CHUNK):
        rows = slice(start, start + _CHUNK)
        probs = probabilities(logits[rows], temperature)
        top[rows], bits[rows], gap[rows] = confidence(probs), entropy(probs), margin(probs)
        # argmax of the logits: float32 may round two probabilities to the same value, depending on temperature
        labels[rows] = logits[rows].argmax(axis=1)
    return Scores(top, bits, gap, labels, num_classes)


def top_classes(probs: Probs, count: int = 3) -> Labels:
    """Most probable classes of each row (n, K), (n, min(count, K)), the best first."""
    return np.argsort(-probs, axis=1, kind="stable")[:, :count].astype(np.int64)


def order(values: PerImage) -> Ids:
    """Positions (n,) in the order shown: highest value first, ties by position."""
    return np.argsort(-values, kind="stable").astype(np.int64)


RANKINGS: dict[str, Callable[[Scores], PerImage]] = {
    "entropy": lambda scores: scores.entropy,
    "confidence": lambda scores: -scores.confidence,
    "margin": lambda scores: -scores.margin,
    "most_confident": lambda scores: scores.confidence,
}
"""Rankings by name: entropy, confidence and margin show unsure images first, most_confident sure ones."""
