"""Queues of given labels: doubtful labels, and contradictions."""

import numpy as np

from core.base.errors import InputError
from core.base.types import Ids
from core.labels.contradictions import contradictions
from core.labels.label_check import ISSUES
from core.store.files import load_arrays
from core.workspace.workspace import CHECKS, LABEL_ISSUES, Workspace

CONTRADICTIONS = "contradictions"
GIVEN_QUEUES: dict[str, str] = {
    LABEL_ISSUES: "given labels, those first that cross-validated heads doubt most; of run label_issues only",
    CONTRADICTIONS: "equal or nearly equal images with different given labels, by group; of run label_issues only",
}
"""Queues of the run label_issues, with what each shows first."""


def given_order(workspace: Workspace, run_id: str, ranking: str, ids: Ids) -> Ids:
    """Return rows of given labels in the order of a queue.

    Args:
        workspace: The project.
        run_id: The run whose queue is asked for.
        ranking: One of GIVEN_QUEUES.
        ids: (n,) images with a given label, sorted.

    Returns:
        Rows of ids; of contradictions only those in one.

    Raises:
        InputError: The run is not that of the given labels.
    """
    if run_id != LABEL_ISSUES:
        raise InputError(f"{ranking} is a queue of the given labels: open it as run {LABEL_ISSUES}.")
    if ranking == CONTRADICTIONS:
        groups = contradictions(workspace).groups[ids]
        rows = np.flatnonzero(groups >= 0)
        return np.asarray(rows[np.argsort(groups[rows], kind="stable")])
    stored = load_arrays(workspace.path / CHECKS / LABEL_ISSUES / ISSUES)
    quality = np.ones(len(ids))
    quality[np.searchsorted(ids, stored["ids"])] = stored["quality"]
    return np.argsort(quality, kind="stable")
