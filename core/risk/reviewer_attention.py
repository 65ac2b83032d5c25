"""Attention of a reviewer: wrong suggestions caught, blind repeats, seconds per decision."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr

from core.base.types import Estimate, Ids, Labels, Mask
from core.risk.error_estimates import proportion

PASSABLE_CATCH_RATE = 0.5
"""Catch rate of wrong suggestions below which a reviewer is not paying attention, [0, 1]."""


@dataclass(frozen=True)
class ReviewerAttention:
    """Results of one reviewer's attention checks."""

    caught: Estimate  # wrong suggestions that were not accepted
    disagreement: Estimate  # blind repeats answered differently from the first time
    median_seconds: float  # per decision; nan without one
    is_flagged: bool  # catches too few wrong suggestions


def reviewer_attention(is_caught: Mask, is_repeated_alike: Mask, seconds: Sequence[float]) -> ReviewerAttention:
    """Evaluate one reviewer by wrong suggestions, blind repeats and seconds per decision.

    The reviewer is flagged where somebody who catches half of the wrong suggestions would catch so few with
    probability at most 0.05 (binomial test). Five missed in a row are enough, so one check in eight cards finds a
    reviewer who always accepts within 40 decisions.

    Args:
        is_caught: (n,) whether each wrong suggestion was not accepted.
        is_repeated_alike: (r,) whether each blind repeat got the same answer.
        seconds: Seconds of each decision.
    """
    caught, n = int(is_caught.sum()), len(is_caught)
    is_flagged = n > 0 and float(bdtr(caught, n, PASSABLE_CATCH_RATE)) <= 0.05
    different = int((~is_repeated_alike).sum())
    return ReviewerAttention(
        caught=proportion(caught, n),
        disagreement=proportion(different, len(is_repeated_alike)),
        median_seconds=float(np.median(seconds)) if len(seconds) else float("nan"),
        is_flagged=is_flagged,
    )


def wrong_suggestions(
    pseudo_labels: Labels, labels: Labels, num_classes: int, count: int, rng: np.random.Generator
) -> tuple[Ids, Labels]:
    """Draw known images and a wrong suggestion for each.

    A wrong pseudo-label of the model is used as it is, because it is the hardest to catch.

    Args:
        pseudo_labels: (n,) predictions of the model.
        labels: (n,) true classes.
        num_classes: K, at least 2.
        count: Most images to draw.
        rng: Generator of the draws.

    Returns:
        Rows (min(count, n),) and the wrong class shown with each.
    """
    rows = rng.choice(len(labels), size=min(count, len(labels)), replace=False).astype(np.int64)
    shift = rng.integers(1, num_classes, len(rows))
    is_wrong = pseudo_labels[rows] != labels[rows]
    return rows, np.where(is_wrong, pseudo_labels[rows], (labels[rows] + shift) % num_classes)
