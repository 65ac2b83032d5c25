"""Label issues: given labels that are probably wrong."""

import numpy as np
from numpy.typing import NDArray

from core.base.types import Labels, Mask, Probs


def find_label_issues(labels: Labels, probs: Probs) -> tuple[Mask, NDArray[np.float64]]:
    """Find given labels that are probably wrong, by confident learning.

    Args:
        labels: (n,) given labels.
        probs: (n, K) probabilities of a model that was not trained on these labels.

    Returns:
        (n,) whether each label is an issue, and its quality in [0, 1], low means probably wrong. With fewer than two
        classes there are no issues.

    Source: Northcutt et al. 2021, arXiv 1911.00068; the cleanlab library.
    """
    classes = np.unique(labels)
    if len(classes) < 2:
        return np.zeros(len(labels), dtype=np.bool_), np.ones(len(labels))
    from cleanlab import filter as cleanlab_filter
    from cleanlab.rank import get_label_quality_scores

    given = np.searchsorted(classes, labels)  # cleanlab needs every class to occur
    own_probs = probs[:, classes].astype(np.float64)
    own_probs /= np.maximum(own_probs.sum(axis=1, keepdims=True), 1e-12)
    is_issue = np.asarray(cleanlab_filter.find_label_issues(given, own_probs, n_jobs=1), dtype=np.bool_)
    return is_issue, np.asarray(get_label_quality_scores(given, own_probs), dtype=np.float64)
