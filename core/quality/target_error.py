"""Target error: thresholds from hidden calibration items.

Pool and calibration items are always looked at through the same window, the images still open: what was accepted or
decided has left both, so that the rest of the calibration items still represents the rest of the pool.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.types import Labels, Mask
from core.quality.base import QualityBase
from core.risk import risk_control
from core.risk.error_estimates import CoverageErrorCurve, coverage_error_curve, threshold_for_error
from core.risk.risk_control import ConformalThreshold, HighProbabilityThreshold
from core.workspace.pool_index import score_images


@dataclass(frozen=True)
class _Window:
    """Open pool images and open hidden calibration items under one run."""

    confidence: NDArray[np.float32]  # (m,)
    labels: Labels  # (m,) pseudo-labels
    known_confidence: NDArray[np.float32]  # (n,)
    known_labels: Labels  # (n,) pseudo-labels
    is_right: Mask  # (n,)
    num_classes: int


class TargetErrorThresholds(QualityBase):
    """Thresholds that keep a target error, and the estimates beside them."""

    def conformal_threshold(self, run_id: str, target: float) -> ConformalThreshold:
        """Lowest threshold at which, on average over draws, at most `target` of the newly accepted labels are wrong.

        Args:
            run_id: A finished run.
            target: RunRequest share of wrong labels among the accepted, in (0, 1).

        Returns:
            The threshold of the open pool; None in it where no threshold meets the target.

        Raises:
            RunError: The run has no scores yet.
            InputError: The target is out of range, or there are no hidden calibration items.

        Source: conformal selection, Jin & Candes 2023, arXiv 2210.01408.
        """
        seen = self._window(run_id)
        return risk_control.conformal_threshold(seen.confidence, seen.known_confidence, seen.is_right, target)

    def conformal_thresholds_by_target(self, run_id: str, targets: Sequence[float]) -> tuple[ConformalThreshold, ...]:
        """`conformal_threshold` at each of several targets at once: what a slider of the target error moves along."""
        seen = self._window(run_id)
        return risk_control.conformal_thresholds_by_target(
            seen.confidence, seen.known_confidence, seen.is_right, targets
        )

    def conformal_thresholds_per_class(self, run_id: str, target: float) -> tuple[ConformalThreshold, ...]:
        """`conformal_threshold` for each predicted class from its own items; K of them, in the order of the classes."""
        seen = self._window(run_id)
        return risk_control.conformal_thresholds_per_class(
            seen.confidence,
            seen.labels,
            seen.known_confidence,
            seen.known_labels,
            seen.is_right,
            target,
            seen.num_classes,
        )

    def high_probability_threshold(self, run_id: str, target: float, delta: float = 0.1) -> HighProbabilityThreshold:
        """Lowest threshold whose error is at most `target` with probability 1 - delta.

        Args:
            run_id: A finished run.
            target: RunRequest share of wrong labels among the accepted, in (0, 1).
            delta: Probability with which the error may be higher, in (0, 1).

        Source: Learn then Test, Angelopoulos et al. 2021, arXiv 2110.01052.
        """
        seen = self._window(run_id)
        return risk_control.high_probability_threshold(
            seen.confidence, seen.known_confidence, seen.is_right, target, delta
        )

    def plug_in_threshold(self, run_id: str, target: float) -> float | None:
        """Lowest threshold whose estimated error meets the target; an estimate that guarantees nothing.

        It looks at the same open calibration items as the conformal thresholds that it is compared with (decision
        0019). None where no threshold meets the target.
        """
        seen = self._window(run_id)
        return threshold_for_error(seen.known_confidence, seen.is_right, target)

    def coverage_error(self, run_id: str) -> CoverageErrorCurve:
        """Coverage of the pool and estimated error at every confidence threshold."""
        hidden = self._decisions.hidden_calibration()
        known = score_images(self._workspace.finished_run(run_id).folder, hidden).scores
        is_right = known.pseudo_labels == self._workspace.images.labels[hidden]
        return coverage_error_curve(self._workspace.scores(run_id).scores.confidence, known.confidence, is_right)

    def _window(self, run_id: str) -> _Window:
        pool = self._workspace.scores(run_id)
        is_open = self._decisions.is_open()[pool.ids]
        is_known = np.isin(pool.ids, self._workspace.splits.calibration, assume_unique=True)
        rows, known = np.flatnonzero(is_open & ~is_known), np.flatnonzero(is_open & is_known)
        scores = pool.scores
        return _Window(
            confidence=scores.confidence[rows],
            labels=scores.pseudo_labels[rows],
            known_confidence=scores.confidence[known],
            known_labels=scores.pseudo_labels[known],
            is_right=scores.pseudo_labels[known] == self._workspace.images.labels[pool.ids[known]],
            num_classes=scores.num_classes,
        )
