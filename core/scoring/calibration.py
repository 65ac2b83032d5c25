"""Calibration of confidence: temperature, reliability bins and expected calibration error.

Temperature scaling never changes a prediction. Source: Guo et al. 2017, arXiv 1706.04599.
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
    """Accuracy in bins of confidence; nan where a bin is empty."""

    bin_confidence: NDArray[np.float64]  # (bins,) mean confidence, [0, 1]
    bin_accuracy: NDArray[np.float64]  # (bins,) share of right predictions, [0, 1]
    bin_count: NDArray[np.int64]  # (bins,) images


def nll(logits: Logits, labels: Labels, temperature: float = 1.0) -> float:
    """Mean negative log likelihood of the labels.

    Args:
        logits: (n, K).
        labels: (n,) true classes.
        temperature: Divides the logits, above 0.

    Returns:
        Nats; low is good, nan without labels.
    """
    if not len(labels):
        return float("nan")
    scaled = logits.astype(np.float64) / temperature
    return float(np.mean(logsumexp(scaled, axis=1) - scaled[np.arange(len(labels)), labels]))


def fit_temperature(logits: Logits, labels: Labels) -> float:
    """Fit the temperature that minimizes the negative log likelihood.

    Args:
        logits: (n, K).
        labels: (n,) true classes.

    Returns:
        A temperature in [0.05, 20]; above 1 the model was overconfident. 1 without labels.
    """
    if not len(labels):
        return 1.0
    bounds = tuple(np.log(_RANGE))
    fitted = minimize_scalar(lambda x: nll(logits, labels, float(np.exp(x))), bounds=bounds, method="bounded")
    return float(np.exp(fitted.x))


def reliability(probs: Probs, labels: Labels, bins: int = 15) -> Reliability:
    """Compare accuracy with confidence in bins of equal width over [0, 1].

    Args:
        probs: (n, K) probabilities.
        labels: (n,) true classes.
        bins: Number of bins.

    Returns:
        Mean confidence, accuracy and count per bin; nan where a bin is empty.
    """
    top = confidence(probs).astype(np.float64)
    bin_index = np.clip((top * bins).astype(np.int64), 0, bins - 1)
    count = np.bincount(bin_index, minlength=bins)
    is_right = pseudo_labels(probs) == labels
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(bin_index, top, bins) / count
        accuracy = np.bincount(bin_index, is_right, bins) / count
    return Reliability(mean_confidence, accuracy, count)


def expected_calibration_error(probs: Probs, labels: Labels, bins: int = 15) -> float:
    """Mean gap between accuracy and confidence over the bins, weighted by their images (ECE).

    Args:
        probs: (n, K) probabilities.
        labels: (n,) true classes.
        bins: Number of bins.

    Returns:
        Gap in [0, 1]; low is good, nan without labels.
    """
    measured = reliability(probs, labels, bins)
    if not measured.bin_count.sum():
        return float("nan")
    gaps = np.abs(measured.bin_accuracy - measured.bin_confidence)
    return float(np.nansum(gaps * measured.bin_count) / measured.bin_count.sum())


def calibrate(logits: Logits, labels: Labels) -> dict[str, float | int | None]:
    """Fit a temperature and measure NLL and ECE before and after it.

    Args:
        logits: (n, K) of val images.
        labels: (n,) their classes.

    Returns:
        temperature, n, NLL in nats and ECE in [0, 1]; None where there is no label.
    """
    temperature = fit_temperature(logits, labels)
    before, after = probabilities(logits), probabilities(logits, temperature)
    measures = {
        "nll_before": nll(logits, labels),
        "nll_after": nll(logits, labels, temperature),
        "ece_before": expected_calibration_error(before, labels),
        "ece_after": expected_calibration_error(after, labels),
    }
    known = {name: value if value == value else None for name, value in measures.items()}
    return {"temperature": temperature, "n": len(labels), **known}
