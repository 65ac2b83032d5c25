"""Average of two models: the weighted geometric mean of their calibrated probabilities."""

import numpy as np
from scipy.special import log_softmax

from core.base.types import Labels, Logits
from core.scoring.calibration import nll

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Weights of the second model, of which val chooses."""


def average_logits(
    first: Logits, second: Logits, weight: float, temperatures: tuple[float, float] = (1.0, 1.0)
) -> Logits:
    """Return the logits of the weighted geometric mean of two models' probabilities.

    Args:
        first: (n, K).
        second: (n, K) of the same images. A model may know fewer classes, the first ones; of the others it then says
            what the other model says.
        weight: Weight of the second model, [0, 1]; the first one has the rest.
        temperatures: Divide the logits of the first and of the second, above 0.

    Returns:
        (n, K) float32; their softmax is the mean, scaled to sum to 1.
    """
    one, two = (
        log_softmax(logits / temperature, axis=1)
        for logits, temperature in zip((first, second), temperatures, strict=True)
    )
    one, two = _widened(one, two), _widened(two, one)
    return ((1 - weight) * one + weight * two).astype(np.float32)


def _widened(own: Logits, other: Logits) -> Logits:
    """Add the other's classes to log probabilities (n, k), as likely as the other's (n, K) say."""
    known = own.shape[1]
    if known >= other.shape[1]:
        return own
    new = np.exp(other[:, known:]).sum(axis=1, keepdims=True)
    return np.concatenate([own + np.log1p(-np.minimum(new, 1 - 1e-6)), other[:, known:]], axis=1)


def fit_average_weight(
    first: Logits, second: Logits, labels: Labels, temperatures: tuple[float, float] = (1.0, 1.0)
) -> float:
    """Return the weight of the second model under which the average explains the labels best.

    Args:
        first: (n, K).
        second: (n, K) of the same images.
        labels: (n,) true classes.
        temperatures: Divide the logits of the first and of the second, above 0.

    Returns:
        One of WEIGHTS, with the lowest negative log likelihood; 0.5 without labels.
    """
    if not len(labels):
        return 0.5
    losses = [nll(average_logits(first, second, weight, temperatures), labels) for weight in WEIGHTS]
    return WEIGHTS[int(np.argmin(losses))]
