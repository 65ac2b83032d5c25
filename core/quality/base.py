"""Base class of the parts of the quality service."""

from typing import Any

import numpy as np

from core.base.types import Ids
from core.data.groups.group_numbers import one_per_group
from core.review.decisions import DecisionService
from core.workspace.workspace import Workspace


class QualityBase:
    """Part of the quality service: it holds the workspace and the decisions."""

    def __init__(self, workspace: Workspace, decisions: DecisionService) -> None:
        self._workspace, self._decisions = workspace, decisions
        self._checks: dict[str, Any] = {}  # run → what its pool check depends on, and the check

    def _one_per_new_group(self, ids: Ids) -> Ids:
        """Return one image of each group that neither trains nor calibrates; of every group where none is left.

        Args:
            ids: (n,) images, sorted.
        """
        groups = self._workspace.groups
        if groups is None or not len(ids):
            return ids
        of_image, known = groups.of_image, [self._decisions.trained_ids(), self._workspace.splits.calibration]
        is_new = ~np.isin(of_image[ids], of_image[np.concatenate(known)])
        ids = ids[is_new] if is_new.any() else ids
        chosen: Ids = ids[one_per_group(ids, of_image[ids])]
        return chosen
