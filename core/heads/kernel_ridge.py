"""Kernel ridge regression, one class against the rest, with an RBF kernel.

Up to EXACT_LABELS labels it is exact; above, landmarks stand for the labels (Nyström; Williams & Seeger 2001).
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve, solve_triangular
from scipy.linalg.blas import dsyrk

from core.base.errors import InputError
from core.base.types import Ids, Labels, Logits
from core.heads.head_labels import HeadRows

Values = NDArray[np.float32]
Wide = NDArray[np.float64]

EXACT_LABELS = 3_000
"""Most labels for which the kernel matrix is solved exactly."""
NUM_LANDMARKS = 2_000
"""Landmarks that stand for more labels than that."""
LEAST_POINTS = 1_000
"""Points that a head keeps however many images it scores."""
SCORED_PAIRS = 1e9
"""Most pairs of a point and an image: scoring a million images takes as long as that."""
STRENGTH = 0.1
"""Ridge; fixed beforehand, not tuned."""
_JITTER = 1e-6  # keeps the landmarks' kernel matrix positive definite where images repeat
_TEMPERATURES = np.geomspace(0.1, 5.0, 50)


class _Solution(NamedTuple):
    """Points (m, D), their coefficients (m, K), and outputs (j, K) for labels (j,) that were left out one by one."""

    points: Values
    coefficients: Wide
    judged: Ids
    left_out: Wide


@dataclass(frozen=True)
class KernelRidge:
    """A fitted head.

    Attributes:
        points: (m, D) labeled images or landmarks.
        coefficients: (m, K).
        gamma: Kernel exp(−gamma · squared distance), above 0.
        offsets: (K,) taken off the logits.
        temperature: Divides the outputs, from leave-one-out on the labels.
    """

    points: Values
    coefficients: Wide
    gamma: float
    offsets: Wide
    temperature: float

    def logits(self, features: NDArray[np.floating]) -> Logits:
        """Score images: (n, D) features of any float type to (n, K) logits."""
        outputs = rbf(features, self.points, self.gamma) @ self.coefficients.astype(np.float32)
        return np.asarray(outputs / np.float32(self.temperature) - self.offsets.astype(np.float32), dtype=np.float32)


def rbf(a: NDArray[np.floating], b: NDArray[np.floating], gamma: float) -> Values:
    """Kernel of every row of a (n, D) with every row of b (m, D): (n, m) in [0, 1], 1 where two rows are equal."""
    left, right = np.asarray(a, dtype=np.float32), np.asarray(b, dtype=np.float32)
    kernel = left @ right.T
    kernel *= 2
    kernel -= np.einsum("nd,nd->n", left, left)[:, None]
    kernel -= np.einsum("md,md->m", right, right)[None]
    np.minimum(kernel, 0, out=kernel)  # rounding may leave a distance below zero
    kernel *= np.float32(gamma)
    return np.asarray(np.exp(kernel, out=kernel), dtype=np.float32)


def fit_kernel_ridge(
    given: HeadRows,
    *,
    strength: float = STRENGTH,
    reject_weight: float = 1.0,
    offsets: Wide | None = None,
    seed: int = 0,
    num_images: int = 0,
) -> KernelRidge:
    """Fit targets +1 (the class) and −1 (the others) by weighted ridge regression.

    A rejected label adds the target −1 to its own class. Its targets of the other classes are what the head without
    rejections says, so that their solution stays exactly as it was.

    Args:
        given: Features, labels and weights; an image counts as strength / weight on the diagonal.
        strength: Ridge, above 0.
        reject_weight: Weight of each rejected label; 0 ignores them.
        offsets: (K,) taken off the logits; None takes none.
        seed: Draws the landmarks among labels of equal weight; heavier ones come first.
        num_images: Images that the head will score; many leave room for fewer points.

    Returns:
        The head.

    Raises:
        InputError: The kernel matrix cannot be solved.
    """
    features, weights, rejected = given.rows, given.weights, given.rejected_rows
    gamma = kernel_width(features)
    targets = np.where(given.labels[:, None] == np.arange(given.num_classes), 1.0, -1.0)
    most = max(LEAST_POINTS, int(SCORED_PAIRS / max(1, num_images)))
    num_labels = len(features) + len(rejected)
    solve = _exact if num_labels <= min(EXACT_LABELS, most) else partial(_landmarks, num=min(NUM_LANDMARKS, most))
    try:
        points, coefficients, judged, left_out = solve(features, targets, weights / strength, gamma, seed)
        if len(rejected) and reject_weight > 0:
            said = np.asarray(rbf(rejected, points, gamma) @ coefficients, dtype=np.float64)
            said[np.arange(len(rejected)), given.rejected_labels] = -1.0
            both = np.concatenate([weights, np.full(len(rejected), reject_weight)]) / strength
            points, coefficients, *_ = solve(
                np.concatenate([features, rejected]), np.concatenate([targets, said]), both, gamma, seed
            )
    except LinAlgError as error:
        raise InputError(f"The kernel head cannot be fitted ({error}): raise its strength.") from error
    taken_off = np.zeros(given.num_classes) if offsets is None else offsets
    temperature = _best_temperature(left_out, given.labels[judged], weights[judged])
    return KernelRidge(points, coefficients, gamma, taken_off, temperature)


def kernel_width(features: Values) -> float:
    """Width 1 / (D · variance) of the kernel from (n, D) features.

    1 where they do not vary.
    """
    spread = float(np.var(features, dtype=np.float64)) * features.shape[1]
    return 1.0 / spread if spread > 0 else 1.0


def _exact(features: Values, targets: Wide, precision: Wide, gamma: float, _seed: int) -> _Solution:
    """Solve for all labels; precision (n,) is weight / strength."""
    matrix = rbf(features, features, gamma).astype(np.float64)
    np.fill_diagonal(matrix, 1.0 + 1.0 / precision)
    factor = cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)
    coefficients = cho_solve(factor, targets, check_finite=False)
    inverse = solve_triangular(np.tril(factor[0]), np.eye(len(features)), lower=True, check_finite=False)
    diagonal = np.einsum("ij,ij->j", inverse, inverse)
    return _Solution(features, coefficients, np.arange(len(features)), targets - coefficients / diagonal[:, None])


def _landmarks(features: Values, targets: Wide, precision: Wide, gamma: float, seed: int, *, num: int) -> _Solution:
    """As _exact, with num points: the labels of most weight, drawn among equals; they alone are left out in turn."""
    drawn = np.random.default_rng(seed).permutation(len(features))
    chosen = np.sort(drawn[np.argsort(-precision[drawn], kind="stable")][:num])
    points = features[chosen]
    among = rbf(points, points, gamma).astype(np.float64)
    among[np.diag_indices_from(among)] = 1.0 + _JITTER
    root = np.linalg.cholesky(among)
    mapped = solve_triangular(
        root, rbf(features, points, gamma).T.astype(np.float64), lower=True, check_finite=False
    )  # (m, n): the kernel between two images is the product of their columns
    weighted = mapped * np.sqrt(precision)
    lower = dsyrk(1.0, weighted, lower=True)  # the lower triangle of weighted @ weighted.T
    lower[np.diag_indices_from(lower)] += 1.0
    factor = cho_factor(lower, lower=True, overwrite_a=True, check_finite=False)
    inner = cho_solve(factor, mapped @ (targets * precision[:, None]), check_finite=False)
    outputs = mapped[:, chosen].T @ inner
    half = solve_triangular(factor[0], mapped[:, chosen], lower=True, check_finite=False)
    leverage = precision[chosen] * np.einsum("mn,mn->n", half, half)
    left_out = targets[chosen] - (targets[chosen] - outputs) / np.maximum(1.0 - leverage, 1e-9)[:, None]
    coefficients = solve_triangular(root.T, inner, lower=False, check_finite=False)
    return _Solution(points, coefficients, chosen, left_out)


def _best_temperature(outputs: Wide, labels: Labels, weights: Wide) -> float:
    """Temperature of least weighted negative log likelihood for outputs that did not see their label, of fixed ones."""
    best, least = 1.0, np.inf
    for temperature in _TEMPERATURES:
        scaled = outputs / temperature
        top = scaled.max(axis=1, keepdims=True)
        loss = float(
            np.average(
                np.log(np.exp(scaled - top).sum(axis=1)) + top[:, 0] - scaled[np.arange(len(labels)), labels],
                weights=weights,
            )
        )
        if loss < least:
            best, least = float(temperature), loss
    return best
