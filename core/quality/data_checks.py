"""Data checks: probable label errors, class shares of a selection, images in two splits."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.types import SPLIT_NAMES, Ids, Labels
from core.curation.class_balance import ClassShare, class_shares
from core.curation.rules import checked_rule
from core.data.splits import exact_duplicates
from core.quality.base import QualityBase
from core.risk.label_issues import find_label_issues
from core.scoring.scores import probabilities
from core.similarity.near_duplicates import NearDuplicates, near_duplicates


@dataclass(frozen=True)
class LabelIssues:
    """Given labels that are probably wrong, the most suspicious first."""

    ids: Ids  # (n,)
    given: Labels  # (n,)
    suggested: Labels  # (n,) the run's own prediction
    sound: NDArray[np.float64]  # (n,) [0, 1], low: probably wrong
    num_checked: int  # labels the run was not trained on: val and the hidden calibration items


class DataChecks(QualityBase):
    """Checks of given labels, selections and splits."""

    def label_issues(self, run_id: str) -> LabelIssues:
        """Find given labels of val and calibration images that are probably wrong.

        Args:
            run_id: A finished run.

        Returns:
            The labels that confident learning calls wrong, the most suspicious first.

        Raises:
            InputError: There is no such run.
            DataError: The run's predictions cannot be read.

        Source: Northcutt et al. 2021, arXiv 1911.00068.
        """
        splits, labels = self._workspace.splits, self._workspace.images.labels
        ids = np.sort(np.concatenate([splits.val, splits.calibration]))
        run = self._workspace.run(run_id)
        probs = probabilities(np.asarray(run.folder.logits()[ids]), run.temperature)
        is_issue, sound = find_label_issues(labels[ids], probs)
        rows = np.flatnonzero(is_issue)
        rows = rows[np.argsort(sound[rows], kind="stable")]
        suggested = probs[rows].argmax(axis=1).astype(np.int64)
        return LabelIssues(ids[rows], labels[ids[rows]], suggested, sound[rows], len(ids))

    def class_shares(self, run_id: str, rule: str, *, factor: float = 2.0, **params: Any) -> tuple[ClassShare, ...]:
        """Compare the class shares of a selection with those of the labeled images.

        Args:
            run_id: A finished run.
            rule: One of RULES.
            factor: A class is over when its share is above factor times its share of the labeled images; at least 1.
            params: Parameters of the rule.

        Returns:
            One share for each class, in the order of the classes.

        Raises:
            RunError: The run has no scores yet.
            ConfigError: There is no such rule, or a parameter does not fit.
            InputError: The factor is below 1.
        """
        pool = self._workspace.scores(run_id)
        kept = pool.scores.pseudo_labels[checked_rule(rule, params)(pool.scores)]
        return class_shares(kept, self._workspace.labeled_counts(), factor)

    def near_duplicates(self) -> NearDuplicates:
        """Find stacks of images whose thumbnails are nearly the same, and those that cross splits.

        Returns:
            The stacks of the whole project, the largest first, with the leaks from the labeled images.
        """
        return near_duplicates(self._workspace)

    def split_leakage(self) -> list[Ids]:
        """Find groups of images with equal pixels in more than one split.

        Returns:
            Ids of each group, (size,) each; empty where no split shares an image with another.
        """
        images, splits = self._workspace.images, self._workspace.splits
        groups, part = exact_duplicates(images.pixels), np.full(len(images.labels), -1)
        for number, name in enumerate(SPLIT_NAMES):
            part[getattr(splits, name)] = number
        inside = np.flatnonzero(part >= 0)
        order = inside[np.argsort(groups[inside], kind="stable")]
        same = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
        return [ids for ids in same if len(np.unique(part[ids])) > 1]
