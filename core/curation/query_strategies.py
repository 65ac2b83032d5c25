"""Queues: where the next click goes. A queue answers with positions (count,) in the order shown, and for each the
probability with which it was drawn among the images still there at that moment, so that one log serves estimation too.

An acquisition is a value per image (n,), highest first, -inf where it must not be shown. Only `audit` and `mixed` can
show every eligible image and therefore allow estimates; picks of a pure ranking have probability 1 and allow none.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import Ids, Mask, PerImage
from core.scoring.scores import Scores, order

LOWEST_ETA = 0.3
"""The least share of uniform draws in a mixed queue: it bounds each weight of an estimate by 1 / eta."""
_MOST_CLUSTERS = 500
_MOST_NEIGHBORS = 2_000


@dataclass(frozen=True)
class View:
    """What an acquisition may look at: scores and what the person has set, n rows each."""

    scores: Scores
    is_open: Mask  # images that may be shown
    is_kept: Mask  # images that the rule keeps
    threshold: float  # confidence at the cut
    has_flipped: Mask  # images whose pseudo-label differs from the parent run's


@dataclass(frozen=True)
class Picks:
    """Images to show, in order, each with the probability of its draw, (0, 1]."""

    positions: Ids  # (count,)
    probability: NDArray[np.float64]  # (count,)
    num_eligible: int  # images that could have been drawn at the start
    is_random: bool  # whether every eligible image had a chance: only then may one estimate from these picks


def entropy(view: View) -> PerImage:
    """Highest entropy first."""
    return view.scores.entropy


def confidence(view: View) -> PerImage:
    """Lowest confidence first."""
    return -view.scores.confidence


def margin(view: View) -> PerImage:
    """Smallest gap between the two best classes first."""
    return -view.scores.margin


def border(view: View) -> PerImage:
    """Closest to the cut first, from either side."""
    return np.asarray(-np.abs(view.scores.confidence - np.float32(view.threshold)), dtype=np.float32)


def reject_hunt(view: View) -> PerImage:
    """Inside the accepted set only: images that changed their mind since the parent run, then the least confident.

    Finds wrong labels fast, and for that reason says nothing about how many there are.
    """
    doubt = 1 - view.scores.confidence + view.has_flipped.astype(np.float32)
    hidden = np.full_like(doubt, -np.inf)
    return np.asarray(np.where(view.is_kept, doubt, hidden), dtype=np.float32)


QUEUES: dict[str, Callable[[View], PerImage]] = {
    queue.__name__: queue for queue in (entropy, confidence, margin, border, reject_hunt)
}
"""Acquisitions by name; beside them stand `audit`, `mixed` and `typical_ids`."""


def head(values: PerImage, is_open: Mask, count: int) -> Picks:
    """The first `count` of a ranking; probability 1, because nothing was left to chance."""
    shown = _ranked(values, is_open, count)
    eligible = int(np.count_nonzero(is_open & ~np.isneginf(values)))
    return Picks(shown, np.ones(len(shown)), eligible, is_random=False)


def audit(is_open: Mask, count: int, rng: np.random.Generator) -> Picks:
    """Uniform draws without replacement from the open images: the k-th has probability 1 / (images left)."""
    eligible = np.flatnonzero(is_open)
    shown = rng.choice(eligible, size=min(count, len(eligible)), replace=False).astype(np.int64)
    return Picks(shown, 1 / (len(eligible) - np.arange(len(shown))), len(eligible), is_random=True)


def mixed(values: PerImage, is_open: Mask, count: int, rng: np.random.Generator, eta: float = 0.3) -> Picks:
    """Draw one after the other without replacement: with probability eta any open image, else the first of the ranking.

    The probability that is logged is that of the image, however it came: eta / left, and 1 - eta more for the image
    that leads the ranking at that moment. eta in [0.3, 1]; InputError otherwise.
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
    """TypiClust for a cold start: of the largest cluster with the fewest labels the most typical image, and again.

    Features (n, D) are brought to length 1 and put into min(labeled + count, 500) clusters; typical is the smallest
    mean distance to the 20 nearest neighbors in the cluster (Hacohen et al. 2022, arXiv 2202.02794).
    """
    from sklearn.cluster import MiniBatchKMeans

    unit = features.astype(np.float32)
    unit /= np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    num_clusters = max(1, min(int(is_labeled.sum()) + count, _MOST_CLUSTERS, len(unit)))
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
    """Row of members whose nearest neighbors among (at most 2,000 of) them are closest."""
    among = members if len(members) <= _MOST_NEIGHBORS else rng.choice(members, _MOST_NEIGHBORS, replace=False)
    similar = unit[members] @ unit[among].T
    neighbors = min(21, len(among))  # an image is its own nearest neighbor
    nearest = np.partition(similar, len(among) - neighbors, axis=1)[:, -neighbors:]
    return int(np.sqrt(np.maximum(2 - 2 * nearest, 0)).mean(axis=1).argmin())


def _ranked(values: PerImage, is_open: Mask, count: int) -> Ids:
    """The first `count` open positions of a ranking; only those that can be among them are sorted."""
    eligible = np.flatnonzero(is_open & ~np.isneginf(values))
    if 0 < count < len(eligible):
        found = values[eligible]
        eligible = eligible[found >= np.partition(found, len(found) - count)[len(found) - count]]
    return eligible[order(values[eligible])][:count]


def _uniform(eligible: Ids, taken: Mask, left: int, rng: np.random.Generator) -> int:
    """One of the images not yet taken, each with the same probability."""
    if left < len(eligible) / 2:
        return int(rng.choice(eligible[~taken[eligible]]))
    while True:
        found = int(eligible[rng.integers(len(eligible))])
        if not taken[found]:
            return found
