"""Can confidence be trusted? One temperature fitted on val, reliability in bins, expected calibration error.

Temperature scaling never changes a prediction (Guo et al. 2017, arXiv 1706.04599).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from core.base.types import Labels, Logits, Probs
from core.scoring.scores import confidence, probabilities, pseudo_labels

_RANGE = (0.05, 20.0)


@dataclass(frozen=True)
class Reliability:
    """Bins of confidence; nan where a bin is empty."""

    bin_confidence: NDArray[np.float64]  # (bins,) mean confidence
    bin_accuracy: NDArray[np.float64]  # (bins,) share that is right
    bin_count: NDArray[np.int64]  # (bins,)


def nll(logits: Logits, labels: Labels, temperature: float = 1.0) -> float:
    """Mean negative log likelihood of the labels in nats; low is good, nan without labels."""
    if not len(labels):
        return float("nan")
    scaled = logits.astype(np.float64) / temperature
    return float(np.mean(logsumexp(scaled, axis=1) - scaled[np.arange(len(labels)), labels]))


def fit_temperature(logits: Logits, labels: Labels) -> float:
    """The temperature in [0.05, 20] that minimises NLL; 1 without labels. Above 1 the model was overconfident."""
    if not len(labels):
        return 1.0
    bounds = tuple(np.log(_RANGE))
    found = minimize_scalar(lambda x: nll(logits, labels, float(np.exp(x))), bounds=bounds, method="bounded")
    return float(np.exp(found.x))


def reliability(probs: Probs, labels: Labels, bins: int = 15) -> Reliability:
    """Accuracy against confidence in bins of equal width over [0, 1]."""
    sure = confidence(probs).astype(np.float64)
    place = np.clip((sure * bins).astype(np.int64), 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    is_right = pseudo_labels(probs) == labels
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(place, sure, bins) / count
        accuracy = np.bincount(place, is_right, bins) / count
    return Reliability(mean_confidence, accuracy, count)


def expected_calibration_error(probs: Probs, labels: Labels, bins: int = 15) -> float:
    """Mean gap between accuracy and confidence over the bins, in [0, 1]; low is good, nan without labels."""
    found = reliability(probs, labels, bins)
    if not found.bin_count.sum():
        return float("nan")
    gaps = np.abs(found.bin_accuracy - found.bin_confidence)
    return float(np.nansum(gaps * found.bin_count) / found.bin_count.sum())


def calibrate(logits: Logits, labels: Labels) -> dict[str, float | int | None]:
    """The temperature fitted on val, and NLL (nats) and ECE before and after it."""
    temperature = fit_temperature(logits, labels)
    before, after = probabilities(logits), probabilities(logits, temperature)
    facts = {
        "nll_before": nll(logits, labels),
        "nll_after": nll(logits, labels, temperature),
        "ece_before": expected_calibration_error(before, labels),
        "ece_after": expected_calibration_error(after, labels),
    }
    known = {name: value if value == value else None for name, value in facts.items()}
    return {"temperature": temperature, "n": len(labels), **known}
