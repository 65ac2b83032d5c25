"""Cross-validated accuracy of a head over its own labels, where held-out images are too few to say anything."""

from dataclasses import replace

import numpy as np

from core.base.types import Ids, Mask
from core.heads.fit import Features, fit_head, read_rows
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import HeadSettings
from core.heads.label_quality import FOLDS, group_folds

LEAST_VAL = 50
"""Val images from which they speak for themselves: at 85 % right their interval reaches 10 points to either side."""
MOST_LABELS = 2_000
"""Labels that are cross-validated at most; of more, so many are drawn at random."""


def cross_validated(features: Features, labels: HeadLabels, groups: Ids, settings: HeadSettings) -> Mask | None:
    """Mark the labels that a head names right which was fitted on the labels of other folds.

    Folds hold each class about equally often and never part a group. The head of a fold has seen fewer labels than the
    one that is used, so the share of right ones is a little too low rather than too high.

    Args:
        features: (N, D) of all images.
        labels: Labels of single images, each with its class; rejected ones help every fold.
        groups: (n,) equal for images that must not be in different folds, such as copies.
        settings: Of the head; label propagation has none and is not cross-validated.

    Returns:
        Whether each label is named right, (n,); None where there are fewer than two classes or groups.
    """
    groups_left = np.unique(groups)
    if settings.kind == "label_propagation" or len(np.unique(labels.labels)) < 2 or len(groups_left) < 2:
        return None
    right = np.zeros(len(labels.ids), dtype=np.bool_)
    for fold in group_folds(labels.labels, groups, min(FOLDS, len(groups_left)), settings.seed):
        rest = np.setdiff1d(np.arange(len(labels.ids)), fold)
        known = replace(labels, ids=labels.ids[rest], labels=labels.labels[rest], weights=labels.weights[rest])
        if len(np.unique(known.labels)) < 2:
            right[fold] = labels.labels[fold] == known.labels[0]
            continue
        logits = fit_head(features, known, settings).logits(read_rows(features, labels.ids[fold]))
        right[fold] = logits.argmax(axis=1) == labels.labels[fold]
    return right
