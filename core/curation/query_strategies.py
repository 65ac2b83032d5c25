"""Query strategies: which images a reviewer sees next.

A strategy returns positions (count,) in the order shown and the probability of each draw among the images left at
that moment. An acquisition is a value per image (n,), highest first, -inf for images that must not be shown. Only
`audit` and `mixed` can show every eligible image and therefore allow estimates; a pure ranking allows none.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from core.base.errors import InputError
from core.base.types import Ids, Mask, PerImage
from core.scoring.neighbors import unit_vectors
from core.scoring.scores import Scores, order

LOWEST_ETA = 0.3
"""Lowest share of uniform draws in a mixed queue; it limits each weight of an estimate to 1 / eta."""
_MOST_CLUSTERS = 500
_MOST_NEIGHBORS = 2_000


@dataclass(frozen=True)
class AcquisitionInputs:
    """What an acquisition reads: scores, open images and the threshold, n rows each."""

    scores: Scores
    is_open: Mask  # images that may be shown
    is_kept: Mask  # images at or above the threshold
    threshold: float  # confidence, [0, 1]
    has_flipped: Mask  # images whose pseudo-label differs from the parent run's


@dataclass(frozen=True)
class Picks:
    """Images to show, in order, with the probability of each draw."""

    positions: Ids  # (count,)
    probability: NDArray[np.float64]  # (count,) in (0, 1]
    num_eligible: int  # images that could have been drawn at the start
    is_random: bool  # every eligible image could be drawn, so the picks allow estimates


def entropy(inputs: AcquisitionInputs) -> PerImage:
    """Rank by entropy, highest first."""
    return inputs.scores.entropy


def confidence(inputs: AcquisitionInputs) -> PerImage:
    """Rank by confidence, lowest first."""
    return -inputs.scores.confidence


def margin(inputs: AcquisitionInputs) -> PerImage:
    """Rank by margin, smallest first."""
    return -inputs.scores.margin


def border(inputs: AcquisitionInputs) -> PerImage:
    """Rank by distance to the threshold, closest first, on both sides."""
    return np.asarray(-np.abs(inputs.scores.confidence - np.float32(inputs.threshold)), dtype=np.float32)


def reject_hunt(inputs: AcquisitionInputs) -> PerImage:
    """Rank kept images: changed pseudo-labels first, then the lowest confidence.

    It finds wrong labels quickly, so its answers do not estimate how many there are.
    """
    uncertainty = 1 - inputs.scores.confidence + inputs.has_flipped.astype(np.float32)
    hidden = np.full_like(uncertainty, -np.inf)
    return np.asarray(np.where(inputs.is_kept, uncertainty, hidden), dtype=np.float32)


ACQUISITIONS: dict[str, Callable[[AcquisitionInputs], PerImage]] = {
    queue.__name__: queue for queue in (entropy, confidence, margin, border, reject_hunt)
}
"""Acquisitions by name; `audit`, `mixed` and `typical_ids` are not among them."""


def first_ranked(values: PerImage, is_open: Mask, count: int) -> Picks:
    """Take the first open images of a ranking, each with probability 1.

    Args:
        values: (n,) acquisition, highest first.
        is_open: (n,) images that may be shown.
        count: Number of images wanted.
    """
    shown = _ranked(values, is_open, count)
    eligible = int(np.count_nonzero(is_open & ~np.isneginf(values)))
    return Picks(shown, np.ones(len(shown)), eligible, is_random=False)


def audit(is_open: Mask, count: int, rng: np.random.Generator) -> Picks:
    """Draw open images uniformly without replacement.

    Args:
        is_open: (n,) images that may be shown.
        count: Number of images wanted.
        rng: Generator of the draws.

    Returns:
        The images; each has probability 1 / (images left at its draw).
    """
    eligible = np.flatnonzero(is_open)
    shown = rng.choice(eligible, size=min(count, len(eligible)), replace=False).astype(np.int64)
    return Picks(shown, 1 / (len(eligible) - np.arange(len(shown))), len(eligible), is_random=True)


def mixed(values: PerImage, is_open: Mask, count: int, rng: np.random.Generator, eta: float = 0.3) -> Picks:
    """Draw without replacement: with probability eta uniformly, else the ranking's first.

    The probability of an image is eta / left, plus 1 - eta for the image that leads the ranking at that moment.

    Args:
        values: (n,) acquisition, highest first.
        is_open: (n,) images that may be shown.
        count: Number of images wanted.
        rng: Generator of the draws.
        eta: Share of uniform draws, [0.3, 1].

    Returns:
        The images in the order drawn, fewer than `count` where fewer are open.

    Raises:
        InputError: eta is out of range.
    """
    if not LOWEST_ETA <= eta <= 1:
        raise InputError(f"eta, the share of uniform draws, must lie from {LOWEST_ETA} to 1 (got {eta}).")
    eligible = np.flatnonzero(is_open)
    ranked = _ranked(values, is_open, count)
    if len(ranked) < count:
        ranked = np.append(ranked, np.flatnonzero(is_open & np.isneginf(values)))
    count, leader, taken = min(count, len(eligible)), 0, np.zeros(len(values), dtype=np.bool_)
    positions, probability = np.empty(count, dtype=np.int64), np.empty(count)
    for number in range(count):
        while taken[ranked[leader]]:
            leader += 1
        left = len(eligible) - number
        is_uniform = rng.random() < eta
        chosen = _uniform(eligible, taken, left, rng) if is_uniform else int(ranked[leader])
        positions[number] = chosen
        probability[number] = eta / left + (1 - eta) * (chosen == ranked[leader])
        taken[chosen] = True
    return Picks(positions, probability, len(eligible), is_random=True)


def typical_ids(features: NDArray[np.floating], is_labeled: Mask, is_open: Mask, count: int, seed: int = 0) -> Ids:
    """Choose typical images of the largest clusters with the fewest labels (TypiClust).

    Features are scaled to length 1 and divided into min(labeled + count, 500) clusters. The most typical image has the
    smallest mean distance to its 20 nearest neighbors in the cluster.

    Args:
        features: (n, D) features.
        is_labeled: (n,) images with a label.
        is_open: (n,) images that may be chosen.
        count: Number of images wanted.
        seed: Seed of the clustering.

    Returns:
        Positions in the order chosen, at most `count`.

    Source: Hacohen et al. 2022, arXiv 2202.02794.
    """
    from sklearn.cluster import MiniBatchKMeans

    unit = unit_vectors(features)
    num_clusters = max(1, min(int(is_labeled.sum()) + count, _MOST_CLUSTERS, len(unit)))
    with threadpool_limits(1):  # beside other work, threads that wait for one another took ten times as long
        cluster = MiniBatchKMeans(num_clusters, random_state=seed, n_init=1, batch_size=4096).fit_predict(unit)
    covered = np.bincount(cluster[is_labeled], minlength=num_clusters)
    left = np.bincount(cluster[is_open], minlength=num_clusters)
    size, free = np.bincount(cluster, minlength=num_clusters), is_open.copy()
    rng, chosen = np.random.default_rng(seed), np.empty(min(count, int(is_open.sum())), dtype=np.int64)
    for number in range(len(chosen)):
        best = min(np.flatnonzero(left > 0), key=lambda c: (covered[c], -size[c]))
        members = np.flatnonzero(free & (cluster == best))
        chosen[number] = members[_most_typical(unit, members, rng)]
        free[chosen[number]] = False
        covered[best] += 1
        left[best] -= 1
    return chosen


def _most_typical(unit: PerImage, members: Ids, rng: np.random.Generator) -> int:
    """Find the member closest to its neighbors, as a position among the members.

    At most 2,000 members are compared.
    """
    among = members if len(members) <= _MOST_NEIGHBORS else rng.choice(members, _MOST_NEIGHBORS, replace=False)
    similar = unit[members] @ unit[among].T
    neighbors = min(21, len(among))  # an image is its own nearest neighbor
    nearest = np.partition(similar, len(among) - neighbors, axis=1)[:, -neighbors:]
    return int(np.sqrt(np.maximum(2 - 2 * nearest, 0)).mean(axis=1).argmin())


def _ranked(values: PerImage, is_open: Mask, count: int) -> Ids:
    """First `count` open positions of a ranking; only candidates for them are sorted."""
    eligible = np.flatnonzero(is_open & ~np.isneginf(values))
    if 0 < count < len(eligible):
        found = values[eligible]
        eligible = eligible[found >= np.partition(found, len(found) - count)[len(found) - count]]
    return eligible[order(values[eligible])][:count]


def _uniform(eligible: Ids, taken: Mask, left: int, rng: np.random.Generator) -> int:
    """Draw one image that is not yet taken, uniformly."""
    if left < len(eligible) / 2:
        return int(rng.choice(eligible[~taken[eligible]]))
    while True:
        found = int(eligible[rng.integers(len(eligible))])
        if not taken[found]:
            return found
