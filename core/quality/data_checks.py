"""Guards of one project: images that belong to no class, classes that a rule prefers, duplicates across splits."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import HUMAN_LABELS, SPLIT_NAMES, Ids
from core.curation.class_balance import ClassShare, class_shares
from core.data.splits import exact_duplicates
from core.scoring.ood import OUTLIER_SCORES, conformal_p_values, is_foreign, knn_distance

if TYPE_CHECKING:
    from core.project import Project

OUTLIERS = (*OUTLIER_SCORES, "knn")


@dataclass(frozen=True)
class Foreign:
    """Pool images called foreign, the least usual first."""

    ids: Ids  # (n,)
    p_values: NDArray[np.float64]  # (n,) conformal, among the val images
    num_pool: int
    num_val: int


def foreign(project: "Project", run_id: str, score: str, false_alarms: float) -> Foreign:
    """Pool images whose outlier score is as high as that of a share `false_alarms` of val images, or higher."""
    if score not in OUTLIERS:
        raise InputError(f"There is no outlier score called {score!r}. There are: {', '.join(OUTLIERS)}.")
    if not 0 <= false_alarms <= 1:
        raise InputError(f"The share of false alarms must lie from 0 to 1 (got {false_alarms}).")
    pool, val = project.scores(run_id).ids, project.splits.val
    high, usual = _scores(project, run_id, score, pool), _scores(project, run_id, score, val)
    p_values = conformal_p_values(high, usual)
    rows = np.flatnonzero(is_foreign(p_values, false_alarms))
    rows = rows[np.lexsort((-high[rows], p_values[rows]))]
    return Foreign(pool[rows], p_values[rows], len(pool), len(val))


def shares(project: "Project", run_id: str, rule: str, params: dict[str, Any], factor: float) -> tuple[ClassShare, ...]:
    """Classes of what a rule keeps beside the labeled images' classes."""
    return class_shares(project.select(run_id, rule, **params).labels, labeled_counts(project), factor)


def labeled_counts(project: "Project") -> NDArray[np.int64]:
    """Labeled images per class, (K,): the prior that a selection's class mix is held against."""
    labels = project.images.labels[project.splits.labeled]
    return np.bincount(labels, minlength=len(project.class_names))


def familiar_ids(project: "Project") -> Ids:
    """Images known to belong to a class, sorted: the labeled ones, and unlabeled ones that a person accepted or
    relabeled and nobody took back. Others are near or far from these (kNN).

    Hidden calibration items stay out even where they were reviewed: they are what the distances are measured on.
    """
    verified = np.flatnonzero(np.isin(project.desk.state().verdict, HUMAN_LABELS))
    return np.union1d(project.splits.labeled, np.intersect1d(verified, project.splits.unlabeled))


def leaks(project: "Project") -> list[Ids]:
    """Groups of images with the same pixels that lie in more than one split; empty where nothing leaks."""
    groups, part = exact_duplicates(project.images.pixels), np.full(len(project.images.labels), -1)
    for number, name in enumerate(SPLIT_NAMES):
        part[getattr(project.splits, name)] = number
    inside = np.flatnonzero(part >= 0)
    order = inside[np.argsort(groups[inside], kind="stable")]
    same = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    return [ids for ids in same if len(np.unique(part[ids])) > 1]


def _scores(project: "Project", run_id: str, score: str, ids: Ids) -> NDArray[np.float32]:
    run = project.run(run_id)
    if score == "knn":
        features, bank = run.folder.features(), familiar_ids(project)
        return knn_distance(np.asarray(features[ids]), np.asarray(features[bank]), k=min(5, len(bank)))
    return OUTLIER_SCORES[score](np.asarray(run.folder.logits()[ids]), run.temperature)
