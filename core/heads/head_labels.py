"""Labels that a head is fitted on, their features, and weights for uneven classes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import CuratedSet, Ids, Labels, LabelSource


@dataclass(frozen=True)
class HeadLabels:
    """Labels of some images, and labels that were rejected.

    Attributes:
        ids: (n,) images with a label, each once.
        labels: (n,) their classes, 0 to num_classes - 1.
        weights: (n,) weights, 0 or more.
        reject_ids: (m,) images with a rejected label; an image may stand here for several classes.
        reject_labels: (m,) classes that they are not.
        num_classes: K, at least 1.
    """

    ids: Ids
    labels: Labels
    weights: NDArray[np.float32]
    reject_ids: Ids
    reject_labels: Labels
    num_classes: int

    def checked(self, num_images: int) -> "HeadLabels":
        """Check the labels against the images; those of weight 0 are left out.

        Args:
            num_images: Rows of the features.

        Raises:
            InputError: There is no label, or an image, a class or a weight is out of range.
        """
        if len({len(self.ids), len(self.labels), len(self.weights)}) != 1 or len(self.reject_ids) != len(
            self.reject_labels
        ):
            raise InputError("Images, labels and weights of a head must be equally many.")
        for ids in (self.ids, self.reject_ids):
            if len(ids) and not 0 <= ids.min() <= ids.max() < num_images:
                raise InputError(f"A head's labels name an image beyond the {num_images:,} images with features.")
        for labels in (self.labels, self.reject_labels):
            if len(labels) and not 0 <= labels.min() <= labels.max() < self.num_classes:
                raise InputError(f"A head's labels name a class beyond the {self.num_classes:,} classes.")
        if not np.isfinite(self.weights).all() or (self.weights < 0).any():
            raise InputError("The weights of a head's labels must be finite and 0 or more.")
        kept = self.weights > 0
        if not kept.any():
            raise InputError("A head needs at least one labeled image: decide some images first.")
        return HeadLabels(
            self.ids[kept],
            self.labels[kept].astype(np.int64),
            self.weights[kept],
            self.reject_ids,
            self.reject_labels.astype(np.int64),
            self.num_classes,
        )


@dataclass(frozen=True)
class HeadRows:
    """Features of the labeled and rejected images, and what is known of them: the input of a fit.

    Attributes:
        rows: (n, D) features of the labeled images.
        labels: (n,) their classes, 0 to num_classes - 1.
        weights: (n,) weights, above 0.
        rejected_rows: (m, D) features of the images with a rejected label.
        rejected_labels: (m,) classes that they are not.
        num_classes: K, at least 1.
    """

    rows: NDArray[np.float32]
    labels: Labels
    weights: NDArray[np.float64]
    rejected_rows: NDArray[np.float32]
    rejected_labels: Labels
    num_classes: int


def class_weights(labels: Labels, num_classes: int) -> NDArray[np.float64]:
    """Weigh classes so that each counts the same: n / (K_present · n_k).

    0 for a class without labels.

    Args:
        labels: (n,) classes.
        num_classes: K.

    Returns:
        (K,) weights; their mean over the labels is 1.
    """
    counts = np.bincount(labels, minlength=num_classes).astype(np.float64)
    present = counts > 0
    return np.where(present, len(labels) / np.maximum(counts, 1) / present.sum(), 0.0)


def log_priors(labels: Labels, weights: NDArray[np.float32], num_classes: int) -> NDArray[np.float64]:
    """Logarithm of each class's share of the labels, each class counted with one label more.

    Source: Menon et al. 2021, arXiv 2007.07314; taken off the logits, they make rare classes as likely as others.

    Args:
        labels: (n,) classes.
        weights: (n,) weights.
        num_classes: K.

    Returns:
        (K,) log shares, 0 or less.
    """
    counts = np.bincount(labels, weights=weights, minlength=num_classes) + 1.0
    return np.asarray(np.log(counts / counts.sum()), dtype=np.float64)


MOST_BULK = 10_000
"""Labels accepted in bulk that a head is fitted on; of more, so many are drawn at random."""


def head_labels(curated: CuratedSet, num_classes: int, bulk_weight: float = 1.0) -> HeadLabels:
    """Labels of a head from a curated set.

    Args:
        curated: Frozen labels.
        num_classes: K.
        bulk_weight: Weight of labels that were accepted in bulk, beside 1 of the others.

    Returns:
        All labels of single images, at most MOST_BULK of those accepted in bulk, and the rejected ones; the same for
        the same labels.
    """
    bulk = np.flatnonzero(curated.sources == LabelSource.BULK)
    is_kept = np.ones(len(curated.ids), dtype=np.bool_)
    if len(bulk) > MOST_BULK:
        is_kept[bulk] = False
        is_kept[np.random.default_rng(0).choice(bulk, MOST_BULK, replace=False)] = True
    weights = np.where(curated.sources == LabelSource.BULK, bulk_weight, 1.0) * curated.weights
    return HeadLabels(
        curated.ids[is_kept], curated.labels[is_kept], weights[is_kept].astype(np.float32), curated.reject_ids,
        curated.reject_labels, num_classes,
    )  # fmt: skip
