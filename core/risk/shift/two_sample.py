"""Two-sample test: can a classifier tell two sets of images apart?

A kernel ridge classifier is cross-validated on "which set is this image of"; its AUROC is compared with that of
permuted memberships (classifier two-sample test, Lopez-Paz and Oquab 2017, arXiv 1610.06545). The folds do not depend
on the memberships, so the p-value is exact for any sizes: under "both are draws from one population" it is at most x
with probability at most x. Out-of-fold scores are linear in the memberships: all permutations cost one product.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import ndtri

PERMUTATIONS = 499
FOLDS = 5
RIDGE = 0.1
"""Regularization of the classifier; the kernel is 1 on its diagonal."""
POWER = 0.8
"""Share of draws in which the detectable AUROC is found."""

Rows = NDArray[np.floating]


@dataclass(frozen=True)
class TwoSampleTest:
    """Result of one test.

    Attributes:
        num_a: Images of the first set.
        num_b: Images of the second set.
        auroc: Cross-validated AUROC of the classifier, [0, 1]; about 0.5 where both sets are alike.
        p_value: Share of permutations with at least this AUROC, (0, 1].
        detectable: Smallest AUROC that would be found in 8 of 10 draws of this size, at the level of the test.
        level: Level of the test, (0, 1).
    """

    num_a: int
    num_b: int
    auroc: float
    p_value: float
    detectable: float
    level: float

    @property
    def is_rejected(self) -> bool:
        """Whether "both sets are draws from one population" is rejected."""
        return self.p_value <= self.level


def two_sample_test(
    a: Rows, b: Rows, *, level: float = 0.05, seed: int = 0, num_permutations: int = PERMUTATIONS
) -> TwoSampleTest:
    """Test whether two sets of rows are draws from one population.

    Args:
        a: (n, D) rows of the first set, n at least 2.
        b: (m, D) rows of the second set, m at least 2.
        level: Level of the test, (0, 1).
        seed: Seed of folds and permutations: the same rows give the same result.
        num_permutations: Permutations.

    Returns:
        AUROC, p-value and what the sizes can detect.
    """
    rng = np.random.default_rng(seed)
    num_a, num_b = len(a), len(b)
    smoother = _out_of_fold(_kernel(np.concatenate([a, b]).astype(np.float64)), rng)
    member = np.zeros(num_a + num_b)
    member[:num_a] = 1.0
    order = rng.permutation(num_a + num_b)  # equal scores are ranked by their place, which then says nothing
    smoother, member = smoother[np.ix_(order, order)], member[order]
    columns = [member, *(rng.permutation(member) for _ in range(num_permutations))]
    found = _aurocs(smoother, np.array(columns).T)
    null = found[1:]
    p_value = (1 + int((null >= found[0] - 1e-12).sum())) / (1 + num_permutations)
    critical = float(np.quantile(null, 1 - level))
    detectable = min(1.0, critical + float(ndtri(POWER)) * float(null.std()))
    return TwoSampleTest(num_a, num_b, float(found[0]), p_value, detectable, level)


def _kernel(rows: Rows) -> Rows:
    """RBF kernel of standardized rows, by the median distance; rows with no spread are all alike."""
    centered = rows - rows.mean(axis=0)
    spread = centered.std(axis=0)
    scaled = centered / np.where(spread > 1e-9, np.maximum(spread, 0.05 * float(spread.max(initial=0.0))), 1.0)
    squares = np.einsum("ij,ij->i", scaled, scaled)
    distances = np.maximum(squares[:, None] + squares[None, :] - 2 * scaled @ scaled.T, 0.0)
    median = float(np.median(distances))
    return np.asarray(np.exp(-distances / (median if median > 0 else 1.0)))


def _out_of_fold(kernel: Rows, rng: np.random.Generator) -> Rows:
    """Matrix that maps memberships to out-of-fold scores."""
    num = len(kernel)
    fold = rng.permutation(num) % min(FOLDS, num)
    smoother = np.zeros((num, num))
    for number in range(fold.max() + 1):
        out, rest = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        factor = cho_factor(kernel[np.ix_(rest, rest)] + RIDGE * np.eye(len(rest)), overwrite_a=True)
        part = cho_solve(factor, kernel[np.ix_(rest, out)]).T
        smoother[np.ix_(out, rest)] = part
    return smoother


def _aurocs(smoother: Rows, members: Rows) -> NDArray[np.float64]:
    """AUROC of each column of memberships (n, p): how well its out-of-fold scores rank its members."""
    num_a = members[:, 0].sum()
    num_b = len(members) - num_a
    scores = smoother @ (members - num_a / len(members))
    ranks = scores.argsort(axis=0, kind="stable").argsort(axis=0) + 1.0
    return np.asarray(((ranks * members).sum(axis=0) - num_a * (num_a + 1) / 2) / (num_a * num_b))
