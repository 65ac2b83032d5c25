"""Target error: thresholds from hidden calibration items.

Pool and calibration items are both restricted to open images. Decided images leave both, so the open calibration items
still represent the open pool.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.base.types import Labels, Mask
from core.quality.calibration.pool_draw import PoolDraws
from core.risk import risk_control
from core.risk.error_estimates import CoverageErrorCurve, coverage_error_curve, threshold_for_error
from core.risk.risk_control import ConformalThreshold, HighProbabilityThreshold
from core.risk.shift.class_mix import effective_size, item_weights
from core.risk.shift.validity import ESTIMATED, OTHER
from core.risk.shift.weighted_threshold import weighted_conformal_threshold
from core.workspace.pool_index import score_images

_Found = TypeVar("_Found", ConformalThreshold, HighProbabilityThreshold)


@dataclass(frozen=True)
class _Window:
    """Open pool images and open hidden calibration items under one run."""

    confidence: NDArray[np.float32]  # (m,)
    labels: Labels  # (m,) pseudo-labels
    known_confidence: NDArray[np.float32]  # (n,)
    known_labels: Labels  # (n,) pseudo-labels
    known_classes: Labels  # (n,) their classes
    is_right: Mask  # (n,)
    num_classes: int
    whole: tuple[NDArray[np.float32], Labels] | None = None  # of all open images, where those above are one of a group


class TargetErrorThresholds(PoolDraws):
    """Thresholds that keep a target error, and estimates beside them."""

    def conformal_threshold(self, run_id: str, target: float) -> ConformalThreshold:
        """Find the lowest threshold whose expected error is at most the target.

        The expectation is over draws of the calibration items; the error is that of the newly accepted labels.

        Args:
            run_id: A finished run.
            target: Highest share of wrong labels among the accepted, in (0, 1).

        Returns:
            The threshold of the open pool; None in it where no threshold meets the target.

        Raises:
            RunError: The run has no scores yet.
            InputError: The target is out of range.

        Source: conformal selection, Jin & Candes 2023, arXiv 2210.01408.
        """
        seen = self._window(run_id)
        found = risk_control.conformal_threshold(seen.confidence, seen.known_confidence, seen.is_right, target)
        return replace(_counted(found, seen), **self._state(run_id))

    def conformal_thresholds_by_target(self, run_id: str, targets: Sequence[float]) -> tuple[ConformalThreshold, ...]:
        """Find the conformal threshold of each of several targets.

        Args:
            run_id: A finished run.
            targets: Target errors, each in (0, 1).

        Returns:
            One result of `conformal_threshold` for each target, in the same order.

        Raises:
            RunError: The run has no scores yet.
            InputError: A target is out of range.
        """
        seen = self._window(run_id)
        found = risk_control.conformal_thresholds_by_target(
            seen.confidence, seen.known_confidence, seen.is_right, targets
        )
        state = self._state(run_id)
        return tuple(replace(_counted(item, seen), **state) for item in found)

    def conformal_thresholds_per_class(self, run_id: str, target: float) -> tuple[ConformalThreshold, ...]:
        """Find the conformal threshold of each predicted class from its own items.

        Args:
            run_id: A finished run.
            target: Highest share of wrong labels among the accepted of each class, in (0, 1).

        Returns:
            K results of `conformal_threshold`, in the order of the classes.

        Raises:
            RunError: The run has no scores yet.
            InputError: The target is out of range.
        """
        seen = self._window(run_id)
        found = risk_control.conformal_thresholds_per_class(
            seen.confidence,
            seen.labels,
            seen.known_confidence,
            seen.known_labels,
            seen.is_right,
            target,
            seen.num_classes,
        )
        state = self._state(run_id)
        return tuple(replace(_counted(item, seen, label), **state) for label, item in enumerate(found))

    def high_probability_threshold(self, run_id: str, target: float, delta: float = 0.1) -> HighProbabilityThreshold:
        """Find the lowest threshold that meets the target with probability 1 - delta.

        Args:
            run_id: A finished run.
            target: Highest share of wrong labels among the accepted, in (0, 1).
            delta: Probability with which the error may be higher, in (0, 1).

        Returns:
            The threshold; None in it where no threshold meets the target.

        Raises:
            RunError: The run has no scores yet.
            InputError: The target or delta is out of range.

        Source: Learn then Test, Angelopoulos et al. 2021, arXiv 2110.01052.
        """
        seen = self._window(run_id)
        found = risk_control.high_probability_threshold(
            seen.confidence, seen.known_confidence, seen.is_right, target, delta
        )
        return replace(_counted(found, seen), **self._state(run_id))

    def plug_in_threshold(self, run_id: str, target: float) -> float | None:
        """Find the lowest threshold whose estimated error meets the target; no guarantee.

        It uses the same open calibration items as the conformal thresholds (decision 0019).

        Args:
            run_id: A finished run.
            target: Highest estimated share of wrong labels among the accepted, in (0, 1).

        Returns:
            The threshold, a confidence in [0, 1]; None where no threshold meets the target.

        Raises:
            RunError: The run has no scores yet.
        """
        seen = self._window(run_id)
        return threshold_for_error(seen.known_confidence, seen.is_right, target)

    def coverage_error(self, run_id: str) -> CoverageErrorCurve:
        """Compute pool coverage and estimated error at every confidence threshold.

        Args:
            run_id: A finished run.

        Returns:
            The curve, over all pool images; the error comes from the hidden calibration items.

        Raises:
            RunError: The run has no scores yet.
        """
        hidden = self._decisions.hidden_items()
        known = score_images(self._workspace.finished_run(run_id).folder, hidden.ids).scores
        is_right = known.pseudo_labels == hidden.labels
        curve = coverage_error_curve(self._workspace.scores(run_id).scores.confidence, known.confidence, is_right)
        return replace(curve, **self._state(run_id))

    def class_mix_threshold(self, run_id: str, target: float) -> ConformalThreshold:
        """Find the lowest threshold for a pool that differs in its class mix alone; approximate.

        Calibration items count by how much more frequent their class seems to be in the pool.

        Args:
            run_id: A finished run.
            target: Highest share of wrong labels among the accepted, in (0, 1).

        Returns:
            The threshold; its state is never guaranteed, as the weights are estimated.

        Raises:
            RunError: The run has no scores yet.
            InputError: The target is out of range.

        Source: weighted conformal selection, Jin & Candes 2023; weights: Lipton et al. 2018, arXiv 1802.03916.
        """
        return self.class_mix_thresholds_by_target(run_id, [target])[0]

    def class_mix_thresholds_by_target(self, run_id: str, targets: Sequence[float]) -> tuple[ConformalThreshold, ...]:
        """Find the class-mix threshold of each of several targets; approximate.

        Args:
            run_id: A finished run.
            targets: Target errors, each in (0, 1).

        Returns:
            One result of `class_mix_threshold` for each target, in the same order.

        Raises:
            RunError: The run has no scores yet.
            InputError: A target is out of range.
        """
        seen, check = self._window(run_id), self.pool_check(run_id)
        shares = np.array(check.class_weights or np.ones(seen.num_classes))
        weights = item_weights(seen.known_classes, shares)
        state, reason = check.state, check.reason
        if check.shift != OTHER:
            state = ESTIMATED
            reason = (
                f"weights for the pool's class mix are estimated, so the target is kept approximately; "
                f"{len(weights):,} calibration images weigh as much as {effective_size(weights):,.0f}."
            )
        pool, known = np.sort(seen.confidence), (seen.known_confidence, seen.is_right, weights)
        found = [weighted_conformal_threshold(pool, *known, target) for target in targets]
        return tuple(replace(_counted(item, seen), state=state, reason=reason) for item in found)

    def _state(self, run_id: str) -> dict[str, Any]:
        check = self.pool_check(run_id)
        return {"state": check.state, "reason": check.reason}

    def _window(self, run_id: str) -> _Window:
        pool = self._workspace.scores(run_id)
        pool.check_suggestions()
        is_open = self._decisions.is_open()[pool.ids]
        items = self._decisions.history(run_id).calibration()
        given = np.union1d(items.ids, self._workspace.splits.calibration)
        rows = np.flatnonzero(is_open & ~np.isin(pool.ids, given, assume_unique=True))
        known = np.searchsorted(pool.ids, items.ids)
        is_hidden = is_open[known]
        known, classes = known[is_hidden], items.labels[is_hidden]
        scores, every = pool.scores, rows
        if items.by_group:
            rows = np.searchsorted(pool.ids, self._one_per_new_group(pool.ids[rows]))
        return _Window(
            confidence=scores.confidence[rows],
            labels=scores.pseudo_labels[rows],
            known_confidence=scores.confidence[known],
            known_labels=scores.pseudo_labels[known],
            known_classes=classes,
            is_right=scores.pseudo_labels[known] == classes,
            num_classes=scores.num_classes,
            whole=(scores.confidence[every], scores.pseudo_labels[every]) if items.by_group else None,
        )


def _counted(found: _Found, seen: _Window, label: int | None = None) -> _Found:
    """Return a threshold with the counts of all open images, where one image of each group gave it.

    Args:
        found: The threshold.
        seen: What it was found on.
        label: Predicted class that it is for; None for all.
    """
    if seen.whole is None:
        return found
    confidence, labels = seen.whole
    confidence = confidence if label is None else confidence[labels == label]
    kept = 0 if found.threshold is None else int((confidence >= found.threshold).sum())
    return replace(found, num_kept=kept, num_pool=len(confidence), by_group=True)
