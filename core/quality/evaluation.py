"""Evaluation of runs: calibration, and selections with their estimated error."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.types import Estimate, Ids, Labels, Mask
from core.curation.rules import checked_rule
from core.quality.base import QualityBase
from core.review.calibration_items import CalibrationItems
from core.risk.error_estimates import error_of
from core.risk.shift.validity import ESTIMATED, PoolCheck
from core.scoring.calibration import Reliability, expected_calibration_error, reliability
from core.scoring.scores import Scores, probabilities
from core.workspace.pool_index import PoolScores, score_images


@dataclass(frozen=True)
class KnownScores:
    """Scores of images with a known label (val and hidden calibration)."""

    ids: Ids  # (n,)
    scores: Scores
    labels: Labels  # (n,)
    is_right: Mask  # (n,)


@dataclass(frozen=True)
class CalibrationReport:
    """Reliability on val before and after temperature scaling; low ECE is good."""

    temperature: float
    before: Reliability
    after: Reliability
    ece_before: float
    ece_after: float
    n: int


@dataclass(frozen=True)
class Selection:
    """Images that a rule keeps of the pool, with their estimated error."""

    rule: str
    params: dict[str, object]
    mask: Mask  # (n,) over pool_ids
    pool_ids: Ids  # (n,)
    ids: Ids  # (count,) kept images
    labels: Labels  # (count,) their pseudo-labels
    coverage: float  # count / n, [0, 1]
    error: Estimate
    class_counts: NDArray[np.int64]  # (K,) kept images per pseudo-label
    state: str = ESTIMATED  # of the error: guaranteed, estimated or not valid here
    reason: str = ""  # why, a sentence

    @property
    def count(self) -> int:
        """Number of images kept."""
        return len(self.ids)


class Evaluation(QualityBase):
    """Scores of images with known labels, and calibration of a run."""

    def known_scores(self, run_id: str) -> KnownScores:
        """Score the images whose labels are known (val and hidden calibration).

        Args:
            run_id: A finished run.

        Returns:
            Ids, scores, labels, and whether the run is right on each.

        Raises:
            RunError: The run has no predictions yet.
        """
        (val, val_labels), items = self._decisions.val_items(), self._decisions.calibration()
        ids, labels = np.concatenate([val, items.ids]), np.concatenate([val_labels, items.labels])
        order = np.argsort(ids, kind="stable")
        ids, labels = ids[order], labels[order]
        scores = score_images(self._workspace.finished_run(run_id).folder, ids).scores
        return KnownScores(ids, scores, labels, scores.pseudo_labels == labels)

    def calibration_report(self, run_id: str) -> CalibrationReport:
        """Measure the reliability of confidence on val before and after temperature scaling.

        Args:
            run_id: A finished run.

        Returns:
            The temperature, and reliability bins and ECE before and after it.

        Raises:
            RunError: The run has no predictions yet.
        """
        folder, (val, known) = self._workspace.finished_run(run_id).folder, self._decisions.val_items()
        temperature = folder.temperature()
        logits = np.asarray(folder.logits()[val])
        before, after = probabilities(logits, 1.0), probabilities(logits, temperature)
        return CalibrationReport(
            temperature,
            reliability(before, known),
            reliability(after, known),
            expected_calibration_error(before, known),
            expected_calibration_error(after, known),
            len(known),
        )


def select(
    pool: PoolScores, hidden: CalibrationItems, check: PoolCheck, rule: str, params: dict[str, object]
) -> Selection:
    """Apply a rule to the pool and estimate its error.

    Args:
        pool: Scores of the pool.
        hidden: The hidden calibration items, which give the estimate.
        check: Whether they are like the pool.
        rule: One of RULES.
        params: Parameters of the rule.

    Returns:
        What the rule keeps, its coverage, and its error with a Clopper-Pearson interval.

    Raises:
        ConfigError: There is no such rule, or a parameter does not fit.
        InputError: The run has no suggestions yet.
    """
    pool.check_suggestions()
    mask = checked_rule(rule, params)(pool.scores)
    kept = pool.ids[mask]
    pseudo_labels = pool.scores.pseudo_labels
    is_hidden = np.isin(pool.ids, hidden.ids, assume_unique=True)
    estimate = error_of(mask[is_hidden], pseudo_labels[is_hidden], hidden.labels)
    return Selection(
        rule=rule,
        params=params,
        mask=mask,
        pool_ids=pool.ids,
        ids=kept,
        labels=pseudo_labels[mask],
        coverage=len(kept) / max(1, len(pool.ids)),
        error=estimate,
        class_counts=np.bincount(pseudo_labels[mask], minlength=pool.scores.num_classes),
        state=check.state,
        reason=check.reason,
    )
