"""Tests of images under a run: on its features and on its predicted probabilities."""

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DataError
from core.base.types import Ids, Labels
from core.risk.shift.two_sample import TwoSampleTest, two_sample_test
from core.risk.shift.validity import CLASS_MIX, LEAST_ITEMS, OTHER
from core.scoring.scores import confidence, probabilities
from core.store.run_folder import RunFolder

_MOST_CLASSES = 50  # probabilities of more classes are replaced by the largest ones

Rows = NDArray[np.floating]


def shift_kind(folder: RunFolder, known: Ids, pool: Ids, tests: list[TwoSampleTest]) -> str:
    """Call a rejected difference a class mix where images of the pool's mix show none."""
    if len(known) < LEAST_ITEMS:
        return OTHER
    level = tests[0].level
    again = [score_test(folder, known, pool, level)]
    features = feature_test(folder, known, pool, level)
    again += [] if features is None else [features]
    return OTHER if any(test.is_rejected for test in again) else CLASS_MIX


def score_test(folder: RunFolder, known: Ids, pool: Ids, level: float) -> TwoSampleTest:
    """Test the predicted probabilities of two sets of images."""
    return two_sample_test(_score_rows(folder, known), _score_rows(folder, pool), level=level)


def feature_test(folder: RunFolder, known: Ids, pool: Ids, level: float) -> TwoSampleTest | None:
    """Test the features; None where the run has none, or they are not finite."""
    try:
        features = folder.features()
    except DataError:
        return None
    a, b = (np.asarray(features[ids], dtype=np.float32) for ids in (known, pool))
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return None
    return two_sample_test(a, b, level=level)


def _score_rows(folder: RunFolder, ids: Ids) -> Rows:
    """Predicted probabilities, with the confidence; of many classes only the largest, falling."""
    probs = probabilities(np.asarray(folder.logits()[ids]), folder.temperature())
    if probs.shape[1] > _MOST_CLASSES:
        return -np.sort(-probs, axis=1)[:, :5]
    return np.column_stack([probs, confidence(probs)])


def predicted_classes(logits: Rows, ids: Ids) -> Labels:
    """Return the predicted classes of some images, read in parts."""
    return np.concatenate(
        [np.asarray(logits[ids[start : start + 65_536]]).argmax(axis=1) for start in range(0, len(ids), 65_536)]
        or [np.empty(0, dtype=np.int64)]
    )
