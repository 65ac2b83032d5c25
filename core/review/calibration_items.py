"""Calibration items: images whose class is known and hidden, from which errors of the pool are computed."""

from dataclasses import dataclass

import numpy as np

from core.base.types import UNKNOWN, Ids, Labels, Mask, Splits

FROM_LABELS, FROM_POOL = "labels", "pool"
"""Origins of calibration items: given labels that the split hid, or random images of the pool answered blind."""


@dataclass(frozen=True)
class CalibrationItems:
    """Calibration images in use, whether or not they are still open.

    Attributes:
        ids: (n,) images, sorted.
        labels: (n,) their classes; UNKNOWN stands for none of the classes, so that every suggestion is wrong.
        origin: labels or pool.
        is_random_draw: Whether they were drawn at random from this pool.
        has_grown: Whether images came into the pool after the draw.
    """

    ids: Ids
    labels: Labels
    origin: str
    is_random_draw: bool
    has_grown: bool = False

    def where(self, mask: Mask) -> "CalibrationItems":
        """Return the items of a mask (n,)."""
        return CalibrationItems(self.ids[mask], self.labels[mask], self.origin, self.is_random_draw, self.has_grown)


def split_items(splits: Splits, labels: Labels) -> CalibrationItems:
    """Return the calibration items that the split hid.

    They are random draws from the pool where every unlabeled image has a hidden label: then one random division of the
    labeled images made both.

    Args:
        splits: The split.
        labels: (N,) given labels, UNKNOWN where not given.
    """
    ids, unlabeled = splits.calibration, splits.unlabeled
    is_random = bool(len(unlabeled)) and not bool((labels[unlabeled] == UNKNOWN).any())
    return CalibrationItems(ids, np.asarray(labels[ids]), FROM_LABELS, is_random)
