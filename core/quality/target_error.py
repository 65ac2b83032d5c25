"""Risk of one project: thresholds that keep a target error, and label issues. It opens arrays and calls `curate`.

Pool and calibration items are always looked at through the same window, the images still open: what was accepted or
decided has left both, so that the rest of the one still speaks for the rest of the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.base.types import Ids, Labels, Mask
from core.curation.class_balance import label_issues
from core.risk import risk_control
from core.risk.error_estimates import threshold_for_error
from core.risk.risk_control import ConformalThreshold, HighProbabilityThreshold
from core.scoring.scores import probabilities

if TYPE_CHECKING:
    from core.project import Project


@dataclass(frozen=True)
class LabelIssues:
    """Given labels that are probably wrong, the least sound first."""

    ids: Ids  # (n,)
    given: Labels  # (n,)
    suggested: Labels  # (n,) the run's own prediction
    sound: NDArray[np.float64]  # (n,) [0, 1], low: probably wrong
    num_checked: int  # labels the run was not trained on: val and the hidden calibration items


@dataclass(frozen=True)
class _Window:
    """Open pool images and open hidden calibration items under one run."""

    confidence: NDArray[np.float32]  # (m,)
    labels: Labels  # (m,) pseudo-labels
    known_confidence: NDArray[np.float32]  # (n,)
    known_labels: Labels  # (n,) pseudo-labels
    is_right: Mask  # (n,)
    num_classes: int


def conformal_threshold(project: "Project", run_id: str, target: float) -> ConformalThreshold:
    """The conformal cut of the open pool."""
    seen = _window(project, run_id)
    return risk_control.conformal_threshold(seen.confidence, seen.known_confidence, seen.is_right, target)


def conformal_thresholds_by_target(
    project: "Project", run_id: str, targets: Sequence[float]
) -> tuple[ConformalThreshold, ...]:
    """The conformal cut of the open pool at each target."""
    seen = _window(project, run_id)
    return risk_control.conformal_thresholds_by_target(seen.confidence, seen.known_confidence, seen.is_right, targets)


def conformal_thresholds_per_class(project: "Project", run_id: str, target: float) -> tuple[ConformalThreshold, ...]:
    """One conformal cut for each predicted class."""
    seen = _window(project, run_id)
    return risk_control.conformal_thresholds_per_class(
        seen.confidence, seen.labels, seen.known_confidence, seen.known_labels, seen.is_right, target, seen.num_classes
    )


def high_probability_threshold(
    project: "Project", run_id: str, target: float, delta: float
) -> HighProbabilityThreshold:
    """The high-probability version, by Learn then Test."""
    seen = _window(project, run_id)
    return risk_control.high_probability_threshold(seen.confidence, seen.known_confidence, seen.is_right, target, delta)


def plug_in(project: "Project", run_id: str, target: float) -> float | None:
    """The threshold whose estimated error meets the target, for comparison: it promises nothing."""
    seen = _window(project, run_id)
    return threshold_for_error(seen.known_confidence, seen.is_right, target)


def issues(project: "Project", run_id: str) -> LabelIssues:
    """Label issues among the labels that the run was not trained on."""
    splits, labels = project.splits, project.images.labels
    ids = np.sort(np.concatenate([splits.val, splits.calibration]))
    run = project.run(run_id)
    probs = probabilities(np.asarray(run.folder.logits()[ids]), run.temperature)
    found, sound = label_issues(labels[ids], probs)
    rows = np.flatnonzero(found)
    rows = rows[np.argsort(sound[rows], kind="stable")]
    return LabelIssues(ids[rows], labels[ids[rows]], probs[rows].argmax(axis=1).astype(np.int64), sound[rows], len(ids))


def _window(project: "Project", run_id: str) -> _Window:
    pool, is_open = project.scores(run_id), project.desk.is_open()[project.scores(run_id).ids]
    is_known = np.isin(pool.ids, project.splits.calibration, assume_unique=True)
    rows, known = np.flatnonzero(is_open & ~is_known), np.flatnonzero(is_open & is_known)
    scores = pool.scores
    return _Window(
        confidence=scores.confidence[rows],
        labels=scores.pseudo_labels[rows],
        known_confidence=scores.confidence[known],
        known_labels=scores.pseudo_labels[known],
        is_right=scores.pseudo_labels[known] == project.images.labels[pool.ids[known]],
        num_classes=scores.num_classes,
    )
