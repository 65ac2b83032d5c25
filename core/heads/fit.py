"""Fit a head on stored features and score images with it."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.memmap import release_pages
from core.base.types import Ids, Labels, Logits
from core.heads import kernel_ridge, logistic
from core.heads.head_labels import HeadLabels, HeadRows, class_weights, log_priors
from core.heads.head_settings import HeadSettings
from core.heads.kernel_ridge import fit_kernel_ridge
from core.heads.label_propagation import propagate
from core.heads.logistic import fit_logistic

CHUNK = 4_096
"""Images scored at once; it bounds the memory to some tens of megabytes."""
_SCATTERED = 64
"""Rows apart from each other that are read before their pages are released."""

Features = NDArray[np.floating[Any]]


class Head(Protocol):
    """A fitted head that scores any features of the same extractor."""

    def logits(self, features: Features) -> Logits:
        """Score images: (n, D) features to (n, K) logits."""
        ...


def fit_head(features: Features, labels: HeadLabels, settings: HeadSettings) -> Head:
    """Fit a head; the same input gives the same bytes on the same machine.

    Args:
        features: (N, D) of all images, memory-mapped or not; only labeled and rejected rows are read.
        labels: What is known about them.
        settings: Kind, regularization, balance and seed.

    Returns:
        The head; label_propagation has none, see head_logits.

    Raises:
        InputError: A label or feature cannot be used, or the kind cannot score images that it has not seen.
    """
    known = labels.checked(len(features))
    if settings.kind == "label_propagation":
        raise InputError("label_propagation scores all images at once and leaves no head: choose another kind.")
    weights = known.weights.astype(np.float64)
    if settings.balance == "weights":
        weights = weights * class_weights(known.labels, known.num_classes)[known.labels]
    offsets = None
    if settings.balance == "logit_adjustment":
        offsets = log_priors(known.labels, known.weights, known.num_classes)
    rejected_rows, rows = read_rows(features, known.reject_ids), read_rows(features, known.ids)
    given = HeadRows(rows, known.labels, weights, rejected_rows, known.reject_labels, known.num_classes)
    shared: dict[str, Any] = {"reject_weight": settings.reject_weight, "offsets": offsets}
    if settings.kind == "logistic":
        strength = settings.strength or logistic.STRENGTH
        return fit_logistic(given, strength=strength, **shared)
    strength, seed = settings.strength or kernel_ridge.STRENGTH, settings.seed
    return fit_kernel_ridge(given, strength=strength, seed=seed, num_images=len(features), **shared)


def score_chunks(head: Head, features: Features, order: Ids | None = None) -> Iterator[tuple[Ids, Logits]]:
    """Score images chunk by chunk, those of the first page first.

    Args:
        head: A fitted head.
        features: (N, D).
        order: (n,) images in the order in which they are wanted; None takes all from the first on.

    Yields:
        Images (≤ CHUNK,) and their logits (≤ CHUNK, K).

    Raises:
        InputError: A feature is not finite.
    """
    ids = np.arange(len(features)) if order is None else order
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        yield chunk, head.logits(read_rows(features, chunk))


def score_head(features: Features, labels: HeadLabels, settings: HeadSettings) -> Iterator[tuple[Ids, Logits]]:
    """Fit a head of any kind and score all images, chunk by chunk.

    Args:
        features: (N, D) of all images.
        labels: What is known about them.
        settings: Of the head.

    Yields:
        Images (n,) and their logits (n, K); every image once.

    Raises:
        InputError: As in fit_head.
    """
    if settings.kind == "label_propagation":
        known = labels.checked(len(features))
        rows = read_rows(features, np.arange(len(features)))
        is_ignored = settings.reject_weight == 0
        rejected = (known.reject_ids[:0], known.reject_labels[:0]) if is_ignored else (
            known.reject_ids, known.reject_labels
        )  # fmt: skip
        weights = known.weights.astype(np.float64)
        if settings.balance != "none":
            weights = weights * class_weights(known.labels, known.num_classes)[known.labels]
        yield (
            np.arange(len(features)),
            propagate(
                rows, known.ids, known.labels, weights, rejected, known.num_classes, neighbors=settings.neighbors
            ),
        )
    else:
        yield from score_chunks(fit_head(features, labels, settings), features)


def head_logits(features: Features, labels: HeadLabels, settings: HeadSettings) -> Logits:
    """Fit a head of any kind and score all images: (N, D) features to (N, K) logits.

    Errors as in fit_head.
    """
    logits = np.empty((len(features), labels.num_classes), dtype=np.float32)
    for ids, part in score_head(features, labels, settings):
        logits[ids] = part
    return logits


def read_rows(features: Features, ids: Ids | Labels) -> NDArray[np.float32]:
    """Rows of the features as float32; pages of a mapped file are released again.

    InputError names the first image whose features are not finite.
    """
    rows = np.empty((len(ids), features.shape[1]), dtype=np.float32)
    is_run = len(ids) > 0 and int(ids[-1]) - int(ids[0]) + 1 == len(ids)
    step = max(1, len(ids)) if is_run else _SCATTERED  # the system reads and maps far more than a scattered row
    for start in range(0, len(ids), step):
        rows[start : start + step] = features[ids[start : start + step]]
        release_pages(features)  # its file cache keeps what it has room for
    if not np.isfinite(rows).all():
        image = int(np.asarray(ids)[~np.isfinite(rows).all(axis=1)][0])
        raise InputError(f"The features of image {image} are not finite: compute the features again.")
    return rows
