"""Right labels of an accepted set, proven by random answers about the whole pool, whatever chose the set.

Answers of a pool draw are a uniform sample without replacement of the pool. Those inside a set that was fixed before
them are one of the set, and the e-process of an audit holds. A threshold chosen by the same answers voids that. So the
bound is made to hold for all sets at once: the pool is cut into nested levels by confidence, at its tenths, before any
answer is looked at. Each level gets an equal part of the risk (Bonferroni), and an accepted set has at most as many
wrong labels as any level that contains it.
"""

from dataclasses import dataclass
from math import log

import numpy as np

from core.base.errors import InputError
from core.base.types import Ids, Mask, PerImage
from core.risk.audit_certificate import log_evidence

NUM_LEVELS = 10
"""Levels of a pool: its most confident tenth, two tenths, and so on to the whole pool."""


@dataclass(frozen=True)
class DrawBound:
    """What the answers of a pool draw prove about one accepted set.

    Attributes:
        size: Images of the set.
        num_answers: Answers about images of the set.
        num_right: Those that name the suggested class.
        level_size: Images of the level that gave the bound; all images of the set lie in it.
        level_answers: Answers about images of that level.
        num_proven: Images of the set that are proven right.
    """

    size: int
    num_answers: int
    num_right: int
    level_size: int
    level_answers: int
    num_proven: int


def draw_bound(
    confidence: PerImage,
    is_kept: Mask,
    answered: Ids,
    is_right: Mask,
    alpha: float = 0.05,
    num_levels: int = NUM_LEVELS,
) -> DrawBound:
    """Bound the right labels of an accepted set by answers about random images of the pool.

    It holds for all accepted sets of the pool together, with probability at least 1 - alpha over the draw, after every
    answer: the set may be chosen by these answers.

    Args:
        confidence: (M,) of the images that could be drawn.
        is_kept: (M,) the accepted set.
        answered: (t,) positions of the answered images, in the order drawn.
        is_right: (t,) whether the answer is the suggested class.
        alpha: Risk of a false bound for any set, (0, 1/4].
        num_levels: Levels of the pool, 1 or more.

    Returns:
        The bound; 0 images are proven where it says nothing.

    Raises:
        InputError: The risk is out of range.
    """
    if not 0 < alpha <= 0.25:
        raise InputError(f"alpha, the risk of a false certificate, must lie above 0 and at most at 0.25 (got {alpha}).")
    size, is_inside = int(is_kept.sum()), is_kept[answered]
    best = DrawBound(size, int(is_inside.sum()), int(is_right[is_inside].sum()), 0, 0, 0)
    if not size:
        return best
    lowest = confidence[is_kept].min()
    for threshold in level_thresholds(confidence, num_levels):
        if threshold > lowest:
            continue  # some image of the set lies outside this level
        level_size, in_level = int((confidence >= threshold).sum()), confidence[answered] >= threshold
        count = int(in_level.sum())
        num_wrong = level_size - proven_count(level_size, is_right[in_level], alpha / num_levels)
        if size - num_wrong > best.num_proven or not best.level_size:
            best = DrawBound(size, best.num_answers, best.num_right, level_size, count, max(0, size - num_wrong))
    return best


def level_thresholds(confidence: PerImage, num_levels: int = NUM_LEVELS) -> PerImage:
    """Return the confidence from which each level of a pool begins, falling.

    Args:
        confidence: (M,) of the pool, at least one image.
        num_levels: Levels.

    Returns:
        Up to num_levels thresholds; equal ones are one level.
    """
    falling = np.sort(confidence)[::-1]
    last = np.ceil(len(falling) * np.arange(1, num_levels + 1) / num_levels).astype(np.int64) - 1
    return np.asarray(np.unique(falling[last])[::-1])


def proven_count(size: int, is_right: Mask, alpha: float) -> int:
    """Return how many images of a set are proven right by the answers so far.

    Args:
        size: N, images in the set.
        is_right: (t,) answers about a uniform sample of it without replacement, in the order drawn.
        alpha: Risk of a false statement, (0, 1/4].

    Returns:
        A lower bound of the right ones.
    """
    num_right = int(is_right.sum())
    num_wrong = len(is_right) - num_right
    refuted, stands = -1, size  # "at most size are right" cannot be refuted
    while stands - refuted > 1:
        middle = (refuted + stands) // 2
        is_refuted = log_evidence(size, num_right, num_wrong, middle) >= -log(alpha)
        refuted, stands = (middle, stands) if is_refuted else (refuted, middle)
    return min(refuted + 1, size - num_wrong)
