"""Class balance of a selection: class shares, and a cap on each class."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import Labels, Mask, PerImage


@dataclass(frozen=True)
class ClassShare:
    """Share of one class in a selection and among the labeled images."""

    label: int
    count: int  # images kept
    share: float  # count / all kept, [0, 1]
    prior: float  # share among the labeled images, [0, 1]
    is_over: bool  # count is above the cap


def class_shares(pseudo_labels: Labels, prior_counts: NDArray[np.int64], factor: float = 2.0) -> tuple[ClassShare, ...]:
    """Compare the classes of a selection with those of the labeled images.

    Args:
        pseudo_labels: (n,) classes of the kept images.
        prior_counts: (K,) labeled images per class.
        factor: A class is over its cap above factor times its share of the labeled images; at least 1.

    Returns:
        One share per class, in the order of the classes.

    Raises:
        InputError: The factor is below 1.
    """
    count = np.bincount(pseudo_labels, minlength=len(prior_counts))
    caps, total, labeled = class_caps(len(pseudo_labels), prior_counts, factor), len(pseudo_labels), prior_counts.sum()
    return tuple(
        ClassShare(k, int(n), n / max(1, total), prior_counts[k] / max(1, labeled), bool(n > caps[k]))
        for k, n in enumerate(count)
    )


def class_caps(num_kept: int, prior_counts: NDArray[np.int64], factor: float = 2.0) -> NDArray[np.int64]:
    """Compute the highest number of images of each class in a selection.

    It is factor · num_kept · labeled share of the class, rounded up.

    Args:
        num_kept: Images in the selection.
        prior_counts: (K,) labeled images per class.
        factor: At least 1.

    Returns:
        (K,) caps.

    Raises:
        InputError: The factor is below 1.
    """
    if not factor >= 1:
        raise InputError(
            f"The cap must be at least 1 times a class's share (got {factor}): below, some image fits nowhere."
        )
    caps = np.ceil(factor * num_kept * prior_counts / max(1, prior_counts.sum()))
    return np.asarray(caps, dtype=np.int64)


def cap_classes(mask: Mask, confidence: PerImage, pseudo_labels: Labels, caps: NDArray[np.int64]) -> Mask:
    """Leave out the least confident images of each class above its cap.

    Args:
        mask: (n,) kept images.
        confidence: (n,) in [0, 1], high means sure.
        pseudo_labels: (n,) predicted classes.
        caps: (K,) most images of each class.

    Returns:
        (n,) images that are still kept; ties are left out from the back.
    """
    kept, answer = np.flatnonzero(mask), mask.copy()
    labels = pseudo_labels[kept]
    for label in np.flatnonzero(np.bincount(labels, minlength=len(caps)) > caps):
        rows, cap = kept[labels == label], int(caps[label])
        answer[rows] = False
        if cap:
            values = confidence[rows]
            least = np.partition(values, len(values) - cap)[len(values) - cap]
            above = np.flatnonzero(values > least)
            answer[rows[above]] = True
            answer[rows[np.flatnonzero(values == least)[: cap - len(above)]]] = True  # ties by position
    return answer
