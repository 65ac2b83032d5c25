"""Quality of given labels, by heads that are cross-validated on them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import Ids, Labels, Mask
from core.heads.fit import Features, fit_head, read_rows
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import HeadSettings
from core.scoring.calibration import fit_temperature

FOLDS = 5
LINEAR_LABELS = 6_000
"""Most labels for which a linear head joins the kernel head; above, the kernel head is alone."""

_LogProbs = NDArray[np.float64]


@dataclass(frozen=True)
class LabelQuality:
    """How well heads that have not seen a label agree with it.

    Attributes:
        log_probs: (n, K) natural logarithms of the mean held-out probabilities, 0 or less.
        self_confidence: (n,) probability of the given class, [0, 1]; low: probably wrong.
        quality: (n,) share of the given class against the most probable other one, [0, 1]; below .5 the heads disagree.
    """

    log_probs: _LogProbs
    self_confidence: NDArray[np.float64]
    quality: NDArray[np.float64]


def label_quality(
    features: Features, ids: Ids, labels: Labels, groups: Ids, num_classes: int, *, seed: int = 0
) -> LabelQuality:
    """Score given labels by heads that were fitted on the others, in two passes.

    The first pass cross-validates a kernel head; labels that it disagrees with are left out of the fits of the second,
    which averages a kernel and a linear head, so that wrong labels do not vouch for each other.

    Args:
        features: (N, D) of all images.
        ids: (n,) images with a label.
        labels: (n,) their classes, 0 to K - 1.
        groups: (n,) equal for images that must not be in different folds, such as copies.
        num_classes: K.
        seed: Draws the folds.

    Returns:
        Held-out probabilities and the quality of each label.

    Raises:
        InputError: There are labels of fewer than two classes, or features are not finite.
    """
    if len(np.unique(labels)) < 2:
        raise InputError("Label issues need labels of at least two classes: label some images of another class first.")
    rows, everything = read_rows(features, ids), np.ones(len(ids), dtype=np.bool_)
    folds = group_folds(labels, groups, min(FOLDS, len(np.unique(groups))), seed)
    first = _held_out(rows, labels, folds, everything, HeadSettings(seed=seed), num_classes)
    is_trusted = _kept_classes(first.argmax(axis=1) == labels, labels)
    kinds = ("kernel_ridge", "logistic") if len(ids) <= LINEAR_LABELS else ("kernel_ridge",)
    passes = [
        _held_out(rows, labels, folds, is_trusted, HeadSettings(kind=kind, seed=seed), num_classes) for kind in kinds
    ]
    log_probs = _normalized(np.mean(passes, axis=0))
    own = log_probs[np.arange(len(ids)), labels]
    others = log_probs.copy()
    others[np.arange(len(ids)), labels] = -np.inf
    return LabelQuality(log_probs, np.exp(own), 1 / (1 + np.exp(np.minimum(others.max(axis=1) - own, 700.0))))


def group_folds(labels: Labels, groups: Ids, folds: int, seed: int) -> list[Ids]:
    """Divide rows (n,) into folds that hold each class about equally often and never part a group."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    mixed = np.random.default_rng(seed).permutation(len(first))
    by_class = mixed[np.argsort(labels[first[mixed]], kind="stable")]
    fold_of = np.empty(len(first), dtype=np.int64)
    fold_of[by_class] = np.arange(len(first)) % folds
    return [np.flatnonzero(fold_of[inverse] == fold) for fold in range(folds)]


def _kept_classes(is_trusted: Mask, labels: Labels) -> Mask:
    """Trust all labels of a class of which hardly any is left, so that no class disappears."""
    given, left = np.bincount(labels), np.bincount(labels[is_trusted], minlength=int(labels.max()) + 1)
    is_lost = left < np.minimum(given, np.maximum(2, given // 10))
    return np.asarray(is_trusted | is_lost[labels])


def _held_out(
    rows: NDArray[np.float32],
    labels: Labels,
    folds: list[Ids],
    is_trusted: Mask,
    settings: HeadSettings,
    num_classes: int,
) -> _LogProbs:
    """Log probabilities (n, K) of every row by a head fitted on the trusted rows of the other folds."""
    logits, none = np.zeros((len(rows), num_classes), dtype=np.float32), np.empty(0, dtype=np.int64)
    for fold in folds:
        is_fitted = is_trusted.copy()
        is_fitted[fold] = False
        kept = np.flatnonzero(is_fitted)
        known = HeadLabels(kept, labels[kept], np.ones(len(kept), dtype=np.float32), none, none, num_classes)
        logits[fold] = fit_head(rows, known, settings).logits(rows[fold])
    temperature = fit_temperature(logits, labels)  # on all labels: the trusted ones alone look too easy
    return _normalized(logits / temperature)


def _normalized(values: NDArray[np.floating]) -> _LogProbs:
    wide = values.astype(np.float64)
    wide = wide - wide.max(axis=1, keepdims=True)
    return np.asarray(wide - np.log(np.exp(wide).sum(axis=1, keepdims=True)), dtype=np.float64)
