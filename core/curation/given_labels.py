"""Given labels as decisions have corrected them."""

import numpy as np

from core.base.types import UNKNOWN, Labels, LabelState, Verdict

_NAMES_CLASS = (Verdict.ACCEPT, Verdict.RELABEL, Verdict.BULK_ACCEPT)


def corrected_labels(given: Labels, state: LabelState) -> Labels:
    """Apply decisions about given labels.

    An accepted or corrected class replaces the given one; "none of the classes" withdraws it; a rejected suggestion,
    skip and unsure keep it.

    Args:
        given: (N,) labels as they were given, UNKNOWN where not.
        state: The replayed decisions about given labels.

    Returns:
        (N,) labels, UNKNOWN where not given or withdrawn.
    """
    labels = np.where(np.isin(state.verdict, _NAMES_CLASS), state.label, given)
    return np.where(state.verdict == Verdict.NONE, UNKNOWN, labels).astype(np.int64)
