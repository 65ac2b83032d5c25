"""What a run's arrays say: scores of the pool, calibration, risk of a selection, difference of two runs.

Each function opens a run's arrays, calls one pure function of `curate` and names the result; nothing is decided here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import Estimate, Ids, Labels, Mask, Splits
from core.curation.rules import checked_rule
from core.risk.comparison import Comparison, compare
from core.risk.error_estimates import CoverageErrorCurve, coverage_error_curve, error_of, threshold_for_error
from core.scoring.calibration import Reliability, expected_calibration_error, reliability
from core.scoring.scores import Scores, probabilities
from core.store.run_folder import RunFolder
from core.workspace.pool_index import PoolScores, scores_of


@dataclass(frozen=True)
class KnownScores:
    """Scores of the images whose label is known (val and hidden calibration), and whether the run is right on each."""

    ids: Ids  # (n,)
    scores: Scores
    labels: Labels  # (n,)
    is_right: Mask  # (n,)


@dataclass(frozen=True)
class CalibrationReport:
    """Reliability on val before and after dividing the logits by the temperature; ECE in [0, 1], low is good."""

    temperature: float
    before: Reliability
    after: Reliability
    ece_before: float
    ece_after: float
    n: int


@dataclass(frozen=True)
class Selection:
    """What a rule keeps of the pool, and what the hidden calibration items say about its error."""

    rule: str
    params: dict[str, object]
    mask: Mask  # (n,) over pool_ids
    pool_ids: Ids  # (n,)
    ids: Ids  # (count,) kept images
    labels: Labels  # (count,) their pseudo-labels
    coverage: float  # count / n, [0, 1]
    error: Estimate
    class_counts: NDArray[np.int64]  # (K,) kept images per pseudo-label

    @property
    def count(self) -> int:
        """How many images the rule keeps."""
        return len(self.ids)


@dataclass(frozen=True)
class RunComparison:
    """Two runs on the test images; positions in `comparison` refer to test_ids."""

    run_a: str
    run_b: str
    test_ids: Ids
    comparison: Comparison


def known_scores(folder: RunFolder, splits: Splits, labels: Labels) -> KnownScores:
    """Scores of val and hidden calibration images beside their labels."""
    ids = np.sort(np.concatenate([splits.val, splits.calibration]))
    scores = scores_of(folder, ids).scores
    return KnownScores(ids, scores, labels[ids], scores.pseudo_labels == labels[ids])


def calibration_report(folder: RunFolder, splits: Splits, labels: Labels) -> CalibrationReport:
    """How far confidence can be trusted on val, before and after temperature scaling."""
    temperature, known = folder.temperature(), labels[splits.val]
    logits = np.asarray(folder.logits()[splits.val])
    before, after = probabilities(logits, 1.0), probabilities(logits, temperature)
    return CalibrationReport(
        temperature,
        reliability(before, known),
        reliability(after, known),
        expected_calibration_error(before, known),
        expected_calibration_error(after, known),
        len(known),
    )


def coverage_error(pool: PoolScores, folder: RunFolder, hidden: Ids, labels: Labels) -> CoverageErrorCurve:
    """Coverage of the pool against error on the hidden calibration items, at every cut."""
    known = scores_of(folder, hidden).scores
    return coverage_error_curve(pool.scores.confidence, known.confidence, known.pseudo_labels == labels[hidden])


def cut_for_error(folder: RunFolder, hidden: Ids, labels: Labels, target: float) -> float | None:
    """Lowest confidence at which the hidden calibration items show at most the target error; None where no cut does."""
    known = scores_of(folder, hidden).scores
    return threshold_for_error(known.confidence, known.pseudo_labels == labels[hidden], target)


def select(pool: PoolScores, hidden: Ids, labels: Labels, rule: str, params: dict[str, object]) -> Selection:
    """Apply a rule to the pool and estimate its error from the hidden calibration items it keeps."""
    mask = checked_rule(rule, params)(pool.scores)
    kept = pool.ids[mask]
    pseudo_labels = pool.scores.pseudo_labels
    is_hidden = np.isin(pool.ids, hidden, assume_unique=True)
    estimate = error_of(mask[is_hidden], pseudo_labels[is_hidden], labels[pool.ids[is_hidden]])
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
    )


def compare_runs(folder_a: RunFolder, folder_b: RunFolder, splits: Splits, labels: Labels) -> RunComparison:
    """Paired comparison of two finished runs on test; InputError where the project has no test images."""
    test = splits.test
    if not len(test):
        raise InputError("This project has no test images: make it with a test part to compare runs.")
    result = compare(np.asarray(folder_a.logits()[test]), np.asarray(folder_b.logits()[test]), labels[test])
    return RunComparison(folder_a.id, folder_b.id, test, result)
