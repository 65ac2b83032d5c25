"""Right labels of an accepted set, proven by random answers about the whole pool, whatever chose the set.

Answers of a pool draw are a uniform sample without replacement of the pool. Those inside a set that was fixed before
them are one of the set, and the e-process of an audit holds. A threshold chosen by the same answers voids that. So the
bound is made to hold for all sets at once: the pool is cut into nested levels by confidence, at its tenths, before any
answer is looked at. Each level gets an equal part of the risk (Bonferroni), and an accepted set has at most as many
wrong labels as any level that contains it.
"""

from dataclasses import dataclass

import numpy as np

from core.base.types import Ids, Mask, PerImage
from core.risk.audit_certificate import check_alpha, proven_count

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
    check_alpha(alpha)
    size, is_inside = int(is_kept.sum()), is_kept[answered]
    best = DrawBound(size, int(is_inside.sum()), int(is_right[is_inside].sum()), 0, 0, 0)
    if not size:
        return best
    lowest = confidence[is_kept].min()
    for threshold in level_thresholds(confidence, num_levels):
        if threshold > lowest:
            continue  # some image of the set lies outside this level
        level_size, in_level = int((confidence >= threshold).sum()), confidence[answered] >= threshold
        count, num_right = int(in_level.sum()), int(is_right[in_level].sum())
        right_in_level = proven_count(level_size, num_right, count - num_right, alpha / num_levels)
        num_proven = max(0, size - (level_size - right_in_level))
        if num_proven > best.num_proven or not best.level_size:
            best = DrawBound(size, best.num_answers, best.num_right, level_size, count, num_proven)
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
