"""Review value: paired differences, stop advice, changed labels."""

import numpy as np
import pytest

from core.base.errors import InputError
from core.risk import review_value as v


def test_review_value_is_a_paired_difference_per_hundred_decisions() -> None:
    labels = np.zeros(1_000, dtype=np.int64)
    control, curated = labels.copy(), labels.copy()
    control[:100] = 1  # 90 % right
    curated[60:100] = 1  # 96 % right
    found = v.review_value(control, curated, labels, 300)
    assert found.per_100 == pytest.approx(6 / 3)
    assert found.low > 0
    assert found.is_measurable
    assert v.review_value(curated, control, labels, 300).per_100 == pytest.approx(-2)
    assert v.review_value(control, curated, labels, 600).low == pytest.approx(found.low / 2)


def test_random_changes_show_no_measurable_gain() -> None:
    rng, measured = np.random.default_rng(0), 0
    labels = np.zeros(1_000, dtype=np.int64)
    for _ in range(400):
        control, curated = (rng.random(1_000) < 0.1).astype(np.int64), (rng.random(1_000) < 0.1).astype(np.int64)
        found = v.review_value(control, curated, labels, 200)
        measured += found.is_measurable
    assert measured / 400 < 0.05
    assert "no measurable gain" in v.review_value(labels, labels, labels, 100).sentence


def test_no_decisions_or_test_images_raise_input_error() -> None:
    labels = np.zeros(3, dtype=np.int64)
    with pytest.raises(InputError, match="review some"):
        v.review_value(labels, labels, labels, 0)
    with pytest.raises(InputError, match="test images"):
        v.review_value(labels[:0], labels[:0], labels[:0], 10)


def test_stop_when_the_target_is_proven_and_labels_have_settled_or_when_nothing_is_gained() -> None:
    labels = np.zeros(100, dtype=np.int64)
    useless = v.review_value(labels, labels, labels, 100)
    assert v.stop_advice(0.001, 0.96, 0.95, None).is_enough
    assert not v.stop_advice(0.2, 0.96, 0.95, None).is_enough
    assert not v.stop_advice(0.001, 0.90, 0.95, None).is_enough
    assert v.stop_advice(0.001, 0.0, 0.95, useless).is_enough
    assert not v.stop_advice(float("nan"), 0.99, 0.95, useless).is_enough


def test_the_advice_names_no_share_where_no_audit_proved_one() -> None:
    assert v.stop_advice(0.2, 0.0, 0.95, None).reasons[0] == "no audit proves a share right yet; the target is 95.0 %"
    assert v.stop_advice(0.2, 0.5, 0.95, None).reasons[0] == "the audit proves 50.0 % right; the target is 95.0 %"


def test_flip_rate_counts_changed_labels() -> None:
    before, after = np.array([0, 1, 2, 3]), np.array([0, 1, 0, 0])
    assert v.flip_rate(before, after) == 0.5
    assert v.flip_rate(before, after, np.array([True, True, True, False])) == pytest.approx(1 / 3)
    assert np.isnan(v.flip_rate(before[:0], after[:0]))
