"""Cross-validated accuracy of a head: what it says of new images, of noise, and of copies."""

import numpy as np
import pytest

from core.base.types import Ids, Labels
from core.heads.cross_validation import cross_validated
from core.heads.fit import fit_head
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import HeadSettings
from core.risk.error_estimates import proportion

NONE = np.empty(0, dtype=np.int64)


def head_labels(labels: Labels, num_classes: int = 3) -> HeadLabels:
    ids = np.arange(len(labels))
    return HeadLabels(ids, labels, np.ones(len(labels), np.float32), NONE, NONE, num_classes)


def clouds(num: int, rng: np.random.Generator) -> tuple[np.ndarray, Labels]:
    labels = rng.integers(0, 3, num)
    return (rng.normal(0, 1, (num, 8)) + 1.2 * np.eye(8)[labels]).astype(np.float32), labels


def test_the_interval_holds_the_accuracy_on_new_images_in_most_projects_and_the_mean_is_near() -> None:
    covered, said, true = 0, [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        (rows, labels), (others, truth) = clouds(40, rng), clouds(500, rng)
        known = head_labels(labels)
        right = cross_validated(rows, known, known.ids, HeadSettings(seed=seed))
        assert right is not None
        accuracy = float((fit_head(rows, known, HeadSettings()).logits(others).argmax(axis=1) == truth).mean())
        found = proportion(int(right.sum()), len(right))
        covered += found.low <= accuracy <= found.high
        said.append(found.value)
        true.append(accuracy)
    assert covered >= 0.8 * 60  # 90 to 94 % of 300 projects of 20 to 80 labels: the folds share labels
    assert np.mean(said) == pytest.approx(np.mean(true), abs=0.04)


def test_labels_without_meaning_are_named_right_by_chance_alone_and_so_are_copies_that_stay_together() -> None:
    rng = np.random.default_rng(0)
    rows, labels = rng.normal(0, 1, (60, 8)).astype(np.float32), rng.integers(0, 3, 60)
    twice: Ids = np.tile(np.arange(60), 2)
    known = head_labels(labels[twice])
    apart = cross_validated(rows[twice], known, known.ids, HeadSettings())
    together = cross_validated(rows[twice], known, twice, HeadSettings())
    assert apart is not None
    assert together is not None
    assert apart.mean() > 0.7  # each copy vouches for the other
    assert together.mean() < 0.55


@pytest.mark.parametrize(
    ("labels", "groups", "kind"),
    [
        ([0, 0, 0], [0, 1, 2], "kernel_ridge"),
        ([0, 1, 2], [7, 7, 7], "kernel_ridge"),
        ([0, 1, 2], [0, 1, 2], "label_propagation"),
    ],
)
def test_too_few_classes_or_groups_say_nothing(labels: list[int], groups: list[int], kind: str) -> None:
    rows = np.eye(3, dtype=np.float32)
    known = head_labels(np.array(labels))
    assert cross_validated(rows, known, np.array(groups), HeadSettings(kind=kind)) is None


def test_a_fold_whose_rest_has_one_class_is_named_as_that_class() -> None:
    known = head_labels(np.array([0, 1]), num_classes=2)
    right = cross_validated(np.eye(2, dtype=np.float32), known, known.ids, HeadSettings())
    assert right is not None
    assert right.tolist() == [False, False]
