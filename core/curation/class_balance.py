"""Guards: does the selection look like the classes do, does the reviewer still look, are the given labels sound?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from core.base.errors import InputError
from core.base.types import Estimate, Ids, Labels, Mask, PerImage, Probs
from core.risk.error_estimates import proportion

PASSABLE_CATCH_RATE = 0.5
"""A reviewer who catches fewer of the planted wrong suggestions than this is not looking."""


@dataclass(frozen=True)
class ClassShare:
    """One class in a selection beside its share among the labeled images."""

    label: int
    count: int  # images kept
    share: float  # count / all kept, [0, 1]
    prior: float  # share among the labeled images, [0, 1]
    is_over: bool  # kept more than the cap allows


@dataclass(frozen=True)
class RubberStamp:
    """Whether a reviewer looks: planted wrong suggestions caught, blind repeats answered differently, speed."""

    caught: Estimate  # planted suggestions that were not accepted
    disagreement: Estimate  # blind repeats with another answer than the first time
    median_seconds: float  # seconds a decision, nan without one
    is_flagged: bool


def class_shares(pseudo_labels: Labels, prior_counts: NDArray[np.int64], factor: float = 2.0) -> tuple[ClassShare, ...]:
    """Each class of a selection (kept pseudo-labels) against the labeled prior (K counts), and whether over its cap."""
    count = np.bincount(pseudo_labels, minlength=len(prior_counts))
    caps, total, labeled = class_caps(len(pseudo_labels), prior_counts, factor), len(pseudo_labels), prior_counts.sum()
    return tuple(
        ClassShare(k, int(n), n / max(1, total), prior_counts[k] / max(1, labeled), bool(n > caps[k]))
        for k, n in enumerate(count)
    )


def class_caps(num_kept: int, prior_counts: NDArray[np.int64], factor: float = 2.0) -> NDArray[np.int64]:
    """Most images of a class among num_kept: factor times its share of the prior, rounded up, (K,); factor ≥ 1."""
    if not factor >= 1:
        raise InputError(
            f"The cap must be at least 1 times a class's share (got {factor}): below, some image fits nowhere."
        )
    caps = np.ceil(factor * num_kept * prior_counts / max(1, prior_counts.sum()))
    return np.asarray(caps, dtype=np.int64)


def capped(mask: Mask, confidence: PerImage, pseudo_labels: Labels, caps: NDArray[np.int64]) -> Mask:
    """The kept images (n,) without those beyond the cap of their class (K,): a class's least confident go first."""
    kept, answer = np.flatnonzero(mask), mask.copy()
    labels = pseudo_labels[kept]
    for label in np.flatnonzero(np.bincount(labels, minlength=len(caps)) > caps):
        rows, cap = kept[labels == label], int(caps[label])
        answer[rows] = False
        if cap:
            sure = confidence[rows]
            least = np.partition(sure, len(sure) - cap)[len(sure) - cap]
            above = np.flatnonzero(sure > least)
            answer[rows[above]] = True
            answer[rows[np.flatnonzero(sure == least)[: cap - len(above)]]] = True  # equal ones by position
    return answer


def rubber_stamp(is_caught: Mask, is_repeated_alike: Mask, seconds: Sequence[float]) -> RubberStamp:
    """Judge one reviewer by planted wrong suggestions, blind repeats and seconds a decision.

    Flagged where somebody who catches half of the planted ones would do this badly at most one time in twenty: five in
    a row let through are enough, so one in eight planted finds an always-accept reviewer within 40 decisions.
    """
    caught, n = int(is_caught.sum()), len(is_caught)
    is_flagged = n > 0 and float(bdtr(caught, n, PASSABLE_CATCH_RATE)) <= 0.05
    different = int((~is_repeated_alike).sum())
    return RubberStamp(
        caught=proportion(caught, n),
        disagreement=proportion(different, len(is_repeated_alike)),
        median_seconds=float(np.median(seconds)) if len(seconds) else float("nan"),
        is_flagged=is_flagged,
    )


def planted(
    pseudo_labels: Labels, labels: Labels, num_classes: int, count: int, rng: np.random.Generator
) -> tuple[Ids, Labels]:
    """Rows of known images to show with a deliberately wrong suggestion, and that suggestion; where the model is itself
    wrong its own pseudo-label is shown, which is the hardest to catch.
    """
    rows = rng.choice(len(labels), size=min(count, len(labels)), replace=False).astype(np.int64)
    shift = rng.integers(1, num_classes, len(rows))
    is_wrong = pseudo_labels[rows] != labels[rows]
    return rows, np.where(is_wrong, pseudo_labels[rows], (labels[rows] + shift) % num_classes)


def label_issues(labels: Labels, probs: Probs) -> tuple[Mask, NDArray[np.float64]]:
    """Given labels (n,) that are probably wrong, and how sound each label looks in [0, 1] (low: probably wrong).

    Confident learning (Northcutt et al. 2021, arXiv 1911.00068; the cleanlab library). probs (n, K) must come from a
    model that was not trained on these labels, or it repeats them. Fewer than two classes have no issue to find.
    """
    found, sound = np.zeros(len(labels), dtype=np.bool_), np.ones(len(labels))
    there = np.unique(labels)
    if len(there) < 2:
        return found, sound
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    compact, own = (
        np.searchsorted(there, labels),
        probs[:, there].astype(np.float64),
    )  # cleanlab wants every class there
    own /= np.maximum(own.sum(axis=1, keepdims=True), 1e-12)
    found = np.asarray(find_label_issues(compact, own, n_jobs=1), dtype=np.bool_)
    return found, np.asarray(get_label_quality_scores(compact, own), dtype=np.float64)
