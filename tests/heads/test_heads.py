"""Heads: right on known answers, deterministic, and honest about labels that say "not this"."""

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from core.base.errors import InputError
from core.heads import kernel_ridge
from core.heads.fit import fit_head, head_logits, score_chunks
from core.heads.head_comparison import HeadComparison, compare_heads, simplest_within_error, stratified_folds
from core.heads.head_labels import HeadLabels, HeadRows, class_weights
from core.heads.head_settings import HeadSettings
from core.heads.label_propagation import _reduced
from core.heads.logistic import fit_logistic

KINDS = ("kernel_ridge", "logistic", "label_propagation")
NOTHING = np.array([], dtype=np.int64)


def blobs(num: int = 300, classes: int = 3, size: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features (num, size) around one center for each class, and the classes (num,)."""
    rng = np.random.default_rng(seed)
    labels = np.arange(num) % classes
    centers = rng.normal(0, 2, (classes, size))
    return (centers[labels] + rng.normal(0, 1, (num, size))).astype(np.float16), labels.astype(np.int64)


def known(
    labels: np.ndarray, ids: np.ndarray, rejected: tuple[tuple[int, int], ...] = (), weights: np.ndarray | None = None
) -> HeadLabels:
    pairs = np.array(rejected, dtype=np.int64).reshape(-1, 2)
    given = np.ones(len(ids), dtype=np.float32) if weights is None else weights.astype(np.float32)
    return HeadLabels(ids, labels[ids], given, pairs[:, 0], pairs[:, 1], int(labels.max()) + 1)


def accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    return float((logits.argmax(axis=1) == labels).mean())


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_names_what_it_has_not_seen(kind: str) -> None:
    features, labels = blobs()
    logits = head_logits(features, known(labels, np.arange(30)), HeadSettings.checked({"kind": kind}))
    assert logits.shape == (300, 3)
    assert logits.dtype == np.float32
    assert accuracy(logits[30:], labels[30:]) > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_input_gives_the_same_bytes(kind: str) -> None:
    features, labels = blobs()
    settings = HeadSettings.checked({"kind": kind})
    said = [head_logits(features, known(labels, np.arange(40), ((50, 1),)), settings).tobytes() for _ in range(2)]
    assert said[0] == said[1]


def test_logistic_regression_minimizes_what_scikit_learn_minimizes() -> None:
    features, labels = blobs()
    rows = features[:60].astype(np.float64)
    single = features.astype(np.float32)
    head = fit_logistic(HeadRows(single[:60], labels[:60], np.ones(60), single[:0], NOTHING, 3))
    inputs = (rows - rows.mean(axis=0)) / rows.std(axis=0) / np.sqrt(8)
    reference = LogisticRegression(C=10.0, tol=1e-8, max_iter=2000).fit(inputs, labels[:60])
    np.testing.assert_allclose(softmax(head.logits(features[:60]), axis=1), reference.predict_proba(inputs), atol=5e-3)


@pytest.mark.parametrize("kind", ["kernel_ridge", "logistic"])
def test_a_weight_of_two_is_an_image_given_twice(kind: str) -> None:
    """Without leave-one-out: an image given twice is no label that was left out."""
    features, labels = blobs(num=40)
    twice = np.concatenate([features, features[:5]])
    weights = np.ones(40)
    weights[:5] = 2
    settings = HeadSettings.checked({"kind": kind, "strength": 0.5})
    weighted = fit_head(features, known(labels, np.arange(40), weights=weights), settings)
    repeated = fit_head(twice, known(np.concatenate([labels, labels[:5]]), np.arange(45)), settings)
    if isinstance(weighted, kernel_ridge.KernelRidge):
        assert isinstance(repeated, kernel_ridge.KernelRidge)
        gamma = weighted.gamma
        targets = np.where(labels[:, None] == np.arange(3), 1.0, -1.0)
        one = kernel_ridge._exact(features.astype(np.float32), targets, weights / 0.5, gamma, 0)
        targets = np.concatenate([targets, targets[:5]])
        two = kernel_ridge._exact(twice.astype(np.float32), targets, np.full(45, 2.0), gamma, 0)
        new = blobs(num=20, seed=5)[0]
        np.testing.assert_allclose(
            kernel_ridge.rbf(new, one[0], gamma) @ one[1], kernel_ridge.rbf(new, two[0], gamma) @ two[1], atol=1e-4
        )
    else:  # standardization sees the repeated rows, so only the decisions are compared
        assert accuracy(weighted.logits(features), repeated.logits(features).argmax(axis=1)) > 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_a_rejected_label_becomes_unlikely(kind: str) -> None:
    features, labels = blobs(classes=4)
    settings = HeadSettings.checked({"kind": kind})
    before = softmax(head_logits(features, known(labels, np.arange(12)), settings), axis=1)
    image = int(np.argsort(np.abs(before[12:, 1] - 0.6))[0]) + 12  # of those in doubt
    after = softmax(head_logits(features, known(labels, np.arange(12), ((image, 1),)), settings), axis=1)
    assert after[image, 1] < 0.5 * before[image, 1]
    ignored = HeadSettings.checked({"kind": kind, "reject_weight": 0.0})
    again = softmax(head_logits(features, known(labels, np.arange(12), ((image, 1),)), ignored), axis=1)
    np.testing.assert_allclose(again, before, atol=1e-6)


def test_the_rejected_loss_has_the_gradient_of_its_value() -> None:
    from core.heads.logistic import _rejected_loss

    rng = np.random.default_rng(0)
    logits, classes = rng.normal(0, 1, (5, 4)), np.array([0, 1, 2, 3, 0])
    _, gradient = _rejected_loss(logits, classes)
    for row, column in np.ndindex(5, 4):
        moved = logits.copy()
        moved[row, column] += 1e-6
        slope = (_rejected_loss(moved, classes)[0] - _rejected_loss(logits, classes)[0]) / 1e-6
        assert slope == pytest.approx(gradient[row, column], abs=1e-5)


@pytest.mark.parametrize("balance", ["weights", "logit_adjustment"])
def test_balance_helps_a_rare_class(balance: str) -> None:
    rng = np.random.default_rng(1)
    labels = (rng.random(2000) < 0.5).astype(np.int64)
    features = (labels[:, None] * 1.2 + rng.normal(0, 1, (2000, 6))).astype(np.float32)
    rare = np.flatnonzero(labels == 1)[:6]
    ids = np.concatenate([np.flatnonzero(labels == 0)[:120], rare])
    recall = {}
    for choice in ("none", balance):
        settings = HeadSettings.checked({"kind": "logistic", "balance": choice})
        said = head_logits(features, known(labels, ids), settings).argmax(axis=1)
        recall[choice] = float((said[labels == 1] == 1).mean())
    assert recall[balance] > recall["none"] + 0.05
    assert class_weights(np.array([0, 0, 0, 1]), 3).tolist() == pytest.approx([2 / 3, 2.0, 0.0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", ["one class", "one image a class", "constant", "repeated", "thousand classes"])
def test_odd_labels_and_features_give_finite_logits(kind: str, case: str) -> None:
    features, labels = blobs(num=1200, classes=3)
    ids = np.arange(60)
    if case == "one class":
        labels = np.zeros_like(labels)
    elif case == "one image a class":
        ids = np.arange(3)
    elif case == "constant":
        features = np.ones_like(features)
    elif case == "repeated":
        features[:60] = features[0]
    else:
        labels, ids = np.arange(1200) % 1000, np.arange(1000)
    logits = head_logits(features, known(labels, ids), HeadSettings.checked({"kind": kind}))
    assert np.isfinite(logits).all()


def bad_labels() -> Iterator[tuple[str, HeadLabels]]:
    one = np.array([0])
    good = np.ones(1, dtype=np.float32)
    yield "at least one labeled image", HeadLabels(NOTHING, NOTHING, np.array([], np.float32), NOTHING, NOTHING, 2)
    yield "at least one labeled image", HeadLabels(one, one, np.zeros(1, np.float32), NOTHING, NOTHING, 2)
    yield "beyond the 300 images", HeadLabels(np.array([300]), one, good, NOTHING, NOTHING, 2)
    yield "beyond the 300 images", HeadLabels(one, one, good, np.array([-1]), one, 2)
    yield "beyond the 2 classes", HeadLabels(one, np.array([2]), good, NOTHING, NOTHING, 2)
    yield "finite and 0 or more", HeadLabels(one, one, np.array([np.nan], np.float32), NOTHING, NOTHING, 2)
    yield "equally many", HeadLabels(one, NOTHING, good, NOTHING, NOTHING, 2)


@pytest.mark.parametrize(("sentence", "labels"), list(bad_labels()))
@pytest.mark.parametrize("kind", KINDS)
def test_labels_that_cannot_be_used_are_a_sentence(kind: str, sentence: str, labels: HeadLabels) -> None:
    with pytest.raises(InputError, match=sentence):
        head_logits(blobs()[0], labels, HeadSettings.checked({"kind": kind}))


@pytest.mark.parametrize("kind", KINDS)
def test_features_that_are_not_finite_name_their_image(kind: str) -> None:
    features, labels = blobs()
    features[7] = np.nan
    with pytest.raises(InputError, match="features of image 7 are not finite"):
        head_logits(features, known(labels, np.arange(30)), HeadSettings.checked({"kind": kind}))


def test_images_are_scored_in_the_order_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.heads.fit.CHUNK", 50)
    features, labels = blobs()
    head, order = fit_head(features, known(labels, np.arange(30)), HeadSettings()), np.arange(300)[::-1]
    chunks = list(score_chunks(head, features, order))
    assert [len(ids) for ids, _ in chunks] == [50] * 6
    assert chunks[0][0].tolist() == order[:50].tolist()
    np.testing.assert_allclose(chunks[0][1], head.logits(features[order[:50]]), atol=1e-5)


def test_comparison_prefers_the_features_that_tell_the_classes_apart() -> None:
    features, labels = blobs()
    noise = np.random.default_rng(0).normal(0, 1, features.shape).astype(np.float16)
    settings = [HeadSettings.checked({"kind": kind}) for kind in KINDS]
    table = compare_heads({"noise": noise, "blobs": features}, known(labels, np.arange(60)), settings)
    assert [line.extractor for line in table] == ["blobs"] * 3 + ["noise"] * 3
    assert table[0].accuracy > 0.9
    assert table[-1].accuracy < 0.6
    assert {line.num_labels for line in table} == {60}


def test_folds_hold_every_label_once_and_each_class_evenly() -> None:
    labels = np.repeat([0, 1, 2], [10, 10, 5])
    folds = stratified_folds(labels, 5, seed=3)
    assert sorted(np.concatenate(folds).tolist()) == list(range(25))
    assert all(np.bincount(labels[fold]).tolist() == [2, 2, 1] for fold in folds)


def test_features_of_other_images_are_not_compared() -> None:
    features, labels = blobs()
    with pytest.raises(InputError, match="same images"):
        compare_heads({"a": features, "b": features[:5]}, known(labels, np.arange(9)), [HeadSettings()])


@pytest.mark.parametrize(("hog_accuracy", "chosen"), [(0.87, ("hog", "logistic")), (0.86, ("net", "kernel_ridge"))])
def test_the_simplest_pair_within_one_standard_error_of_the_best_is_chosen(
    hog_accuracy: float, chosen: tuple[str, str]
) -> None:
    lines = [
        HeadComparison("net", "logistic", 0.90, 0.03, 100),
        HeadComparison("net", "kernel_ridge", 0.88, 0.03, 100),
        HeadComparison("hog", "logistic", hog_accuracy, 0.03, 100),
        HeadComparison("hog", "kernel_ridge", 0.70, 0.05, 100),
    ]
    found = simplest_within_error(lines, ("hog", "net"), ("kernel_ridge", "logistic"))
    assert (found.extractor, found.kind) == chosen


@pytest.mark.parametrize("num", [50, 200])
def test_reduction_keeps_the_distances_along_the_directions_of_largest_variance(num: int) -> None:
    features = np.random.default_rng(0).normal(size=(num, 100)).astype(np.float32) * np.geomspace(1, 1e-3, 100)
    reduced = _reduced(features.astype(np.float32))
    centered = features - features.mean(axis=0)
    _, values, vectors = np.linalg.svd(centered, full_matrices=False)
    expected = centered @ vectors[: min(num, 64)].T
    assert len(values) == min(num, 100)
    np.testing.assert_allclose(reduced @ reduced.T, expected @ expected.T, atol=1e-3)
