"""Multinomial logistic regression with rejected labels as complementary labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from core.base.types import Labels, Logits
from core.heads.head_labels import HeadRows

Values = NDArray[np.float32]
Wide = NDArray[np.float64]

STRENGTH = 0.1
"""Ridge on features whose rows have mean squared length 1; fixed beforehand, not tuned."""


@dataclass(frozen=True)
class Logistic:
    """A fitted head.

    Attributes:
        center: (D,) taken off the features.
        scale: (D,) multiplies what is left.
        coefficients: (D, K).
        intercepts: (K,).
    """

    center: Values
    scale: Values
    coefficients: Values
    intercepts: Values

    def logits(self, features: NDArray[np.floating]) -> Logits:
        """Score images: (n, D) features of any float type to (n, K) logits."""
        folded = self.scale[:, None] * self.coefficients
        shift = self.intercepts - self.center @ folded
        return np.asarray(np.asarray(features, dtype=np.float32) @ folded + shift, dtype=np.float32)


def fit_logistic(
    given: HeadRows,
    *,
    strength: float = STRENGTH,
    reject_weight: float = 1.0,
    offsets: Wide | None = None,
    least_deviation: float = 0.0,
) -> Logistic:
    """Minimize Σ w · −log p(label) + reject_weight · Σ −log(1 − p(rejected)) + strength / 2 · |coefficients|².

    Features are standardized with the labeled images' mean and deviation, and divided by √D.

    Args:
        given: Features, labels and weights.
        strength: Ridge, above 0; intercepts are spared.
        reject_weight: Weight of each rejected label; 0 ignores them.
        offsets: (K,) taken off the logits; None takes none.
        least_deviation: Quantile, [0, 1), of the features' deviations from which smaller ones count as that large: what
            hardly varies among the labeled images gets no large coefficient.

    Returns:
        The head; from zero coefficients by L-BFGS, so the same input gives the same bytes.
    """
    features, labels, weights, num_classes = given.rows, given.labels, given.weights, given.num_classes
    center = features.mean(axis=0, dtype=np.float64)
    deviation = features.std(axis=0, dtype=np.float64)
    known = deviation > 1e-6 * max(float(deviation.max()), 1e-30)
    least = float(np.quantile(deviation, least_deviation)) if least_deviation else 0.0
    scale = np.where(known, 1.0 / np.where(known, np.maximum(deviation, least), 1.0), 0.0) / np.sqrt(features.shape[1])
    num_rejected = len(given.rejected_labels) if reject_weight > 0 else 0
    rejected, classes = given.rejected_rows[:num_rejected], given.rejected_labels[:num_rejected]
    inputs, others = (features - center) * scale, (rejected - center) * scale
    basis = _row_space(np.concatenate([inputs, others]))
    inputs, others = inputs @ basis, others @ basis
    num_features = basis.shape[1]

    def loss(flat: Wide) -> tuple[float, Wide]:
        matrix = flat.reshape(num_features + 1, num_classes)
        log_p = _log_softmax(inputs @ matrix[:-1] + matrix[-1])
        at = np.arange(len(labels))
        value = -float(weights @ log_p[at, labels]) + 0.5 * strength * float((matrix[:-1] ** 2).sum())
        pull = np.exp(log_p)
        pull[at, labels] -= 1.0
        pull *= weights[:, None]
        gradient = np.concatenate([inputs.T @ pull + strength * matrix[:-1], pull.sum(axis=0)[None]])
        if len(others):
            more, push = _rejected_loss(others @ matrix[:-1] + matrix[-1], classes)
            value += reject_weight * more
            gradient[:-1] += reject_weight * (others.T @ push)
            gradient[-1] += reject_weight * push.sum(axis=0)
        return value, gradient.ravel()

    start = np.zeros((num_features + 1) * num_classes)
    with threadpool_limits(1, user_api="blas"):  # the matrices are small: waiting for threads costs more than they save
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300, "ftol": 1e-8})
    matrix = found.x.reshape(num_features + 1, num_classes)
    intercepts = matrix[-1] - (0.0 if offsets is None else offsets)
    return Logistic(
        center.astype(np.float32), scale.astype(np.float32), (basis @ matrix[:-1]).astype(np.float32),
        intercepts.astype(np.float32),
    )  # fmt: skip


def _row_space(inputs: Wide) -> Wide:
    """Orthonormal columns (D, r) that span the rows (n, D): the coefficients that minimize the loss lie in them."""
    num, size = inputs.shape
    return np.asarray(np.linalg.qr(inputs.T)[0] if num < size else np.eye(size), dtype=np.float64)


def _log_softmax(logits: Wide) -> Wide:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def _rejected_loss(logits: Wide, classes: Labels) -> tuple[float, Wide]:
    """Σ −log(1 − p_c) and its gradient in the logits: p_c · (e_c − p without c, renormalized)."""
    p = np.exp(_log_softmax(logits))
    at = np.arange(len(classes))
    chosen = p[at, classes]
    rest = np.maximum(1.0 - chosen, 1e-12)
    push = -p * (chosen / rest)[:, None]
    push[at, classes] = chosen
    return -float(np.log(rest).sum()), push
