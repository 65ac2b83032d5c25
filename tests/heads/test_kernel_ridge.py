"""Kernel ridge: what scikit-learn solves, left-out labels, landmarks, and rejected labels."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.kernel_ridge import KernelRidge as Reference

from core.heads import kernel_ridge
from core.heads.fit import fit_head, head_logits
from core.heads.head_settings import HeadSettings
from core.heads.kernel_ridge import kernel_width
from tests.heads.test_heads import blobs, known


def test_kernel_ridge_solves_what_scikit_learn_solves() -> None:
    features, labels = blobs()
    rows = features[:40].astype(np.float32)
    targets = np.where(labels[:40, None] == np.arange(3), 1.0, -1.0)
    reference = Reference(alpha=0.1, kernel="rbf", gamma=kernel_width(rows)).fit(rows, targets)
    head = fit_head(features, known(labels, np.arange(40)), HeadSettings())
    assert isinstance(head, kernel_ridge.KernelRidge)
    np.testing.assert_allclose(
        head.logits(features[40:]) * head.temperature, reference.predict(features[40:].astype(np.float32)), atol=1e-4
    )


def test_leave_one_out_is_what_refitting_without_each_label_gives() -> None:
    features, labels = blobs(num=30)
    rows, targets = features.astype(np.float32), np.where(labels[:, None] == np.arange(3), 1.0, -1.0)
    gamma, precision = kernel_width(rows), np.full(30, 10.0)
    *_, left_out = kernel_ridge._exact(rows, targets, precision, gamma, 0)
    *_, by_landmarks = kernel_ridge._landmarks(rows, targets, precision, gamma, 0, num=30)
    for place in (0, 7, 29):
        others = np.delete(np.arange(30), place)
        points, coefficients, *_ = kernel_ridge._exact(rows[others], targets[others], precision[others], gamma, 0)
        refitted = kernel_ridge.rbf(rows[[place]], points, gamma) @ coefficients
        np.testing.assert_allclose(left_out[place], refitted[0], atol=1e-5)
        np.testing.assert_allclose(by_landmarks[place], refitted[0], atol=1e-3)


def test_landmarks_that_are_all_labels_give_the_exact_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = blobs()
    exact = head_logits(features, known(labels, np.arange(60)), HeadSettings())
    monkeypatch.setattr(kernel_ridge, "EXACT_LABELS", 10)
    np.testing.assert_allclose(
        softmax(head_logits(features, known(labels, np.arange(60)), HeadSettings()), axis=1), softmax(exact, axis=1),
        atol=5e-3,
    )  # fmt: skip


def test_landmarks_are_the_labels_of_most_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = blobs()
    monkeypatch.setattr(kernel_ridge, "EXACT_LABELS", 10)
    monkeypatch.setattr(kernel_ridge, "NUM_LANDMARKS", 20)
    weights = np.where(np.arange(60) % 3 == 0, 1.0, 0.1).astype(np.float32)
    head = fit_head(features, known(labels, np.arange(60), weights=weights), HeadSettings())
    assert isinstance(head, kernel_ridge.KernelRidge)
    np.testing.assert_array_equal(head.points, features[:60:3].astype(np.float32))


def test_a_large_pool_is_scored_with_fewer_points(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = blobs()
    monkeypatch.setattr(kernel_ridge, "LEAST_POINTS", 15)
    monkeypatch.setattr(kernel_ridge, "SCORED_PAIRS", 25.0 * len(features))
    head = fit_head(features, known(labels, np.arange(60)), HeadSettings())
    assert isinstance(head, kernel_ridge.KernelRidge)
    assert head.points.shape == (25, features.shape[1])
    monkeypatch.setattr(kernel_ridge, "SCORED_PAIRS", 5.0 * len(features))
    fewest = fit_head(features, known(labels, np.arange(60)), HeadSettings())
    assert isinstance(fewest, kernel_ridge.KernelRidge)
    assert len(fewest.points) == 15
    assert (fewest.logits(features).argmax(axis=1) == labels).mean() > 0.9


def test_a_rejection_leaves_the_other_classes_of_kernel_ridge_as_they_were() -> None:
    features, labels = blobs(classes=4)
    without = fit_head(features, known(labels, np.arange(20)), HeadSettings())
    rejecting = fit_head(features, known(labels, np.arange(20), ((101, 1),)), HeadSettings())
    others = [0, 2, 3]
    assert labels[101] == 1
    np.testing.assert_allclose(rejecting.logits(features)[:, others], without.logits(features)[:, others], atol=2e-3)
    assert rejecting.logits(features[[101]])[0, 1] < without.logits(features[[101]])[0, 1] - 0.5
