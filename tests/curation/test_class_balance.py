"""Laws of outliers, guards and value."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import beta

from core.base.errors import InputError
from core.curation import class_balance as g
from core.risk import review_value as v
from core.scoring import ood as o


def test_outlier_scores_are_high_for_an_image_of_no_class() -> None:
    logits = np.array([[9, 0, 0], [0.1, 0, 0.1]], dtype=np.float32)
    for score in o.LOGIT_SCORES.values():
        familiar, foreign = score(logits, 1.0)
        assert foreign > familiar
    assert o.LOGIT_SCORES["energy"](logits, 2.0) == pytest.approx(-2 * logsumexp(logits / 2, axis=1), rel=1e-5)


def test_the_distance_to_the_kth_neighbor_by_hand() -> None:
    reference = np.array([[1, 0], [0, 3], [-1, 0]])
    found = o.knn_distance(np.array([[5.0, 0.0], [0.0, -2.0]]), reference, k=2)
    assert found == pytest.approx([np.sqrt(2), np.sqrt(2)], abs=1e-6)
    assert o.knn_distance(np.array([[5.0, 0.0]]), reference, k=1) == pytest.approx([0], abs=1e-3)
    with pytest.raises(InputError, match="3 labeled"):
        o.knn_distance(reference, reference, k=4)


def test_conformal_p_values_by_hand() -> None:
    known = np.array([0.1, 0.2, 0.3, 0.4], dtype=np.float32)
    found = o.conformal_p_values(np.array([0.05, 0.3, 0.9], dtype=np.float32), known)
    assert found.tolist() == [1.0, 0.6, 0.2]
    assert o.conformal_p_values(np.ones(2, dtype=np.float32), np.empty(0, dtype=np.float32)).tolist() == [1, 1]


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2])
def test_familiar_images_are_called_foreign_at_the_rate_of_the_slider(rate: float) -> None:
    rng, called = np.random.default_rng(0), []
    for _ in range(400):
        known, new = rng.normal(size=99).astype(np.float32), rng.normal(size=200).astype(np.float32)
        called.append(o.is_ood(o.conformal_p_values(new, known), rate).mean())
    assert abs(np.mean(called) - rate) < 4 * np.std(called) / np.sqrt(400)


def test_auroc_counts_pairs() -> None:
    foreign, familiar = np.array([3, 1], dtype=np.float32), np.array([0, 1, 2], dtype=np.float32)
    assert o.auroc(foreign, familiar) == pytest.approx((3 + 1.5) / 6)
    assert np.isnan(o.auroc(foreign[:0], familiar))


def test_a_class_above_its_cap_is_named_and_the_cap_keeps_its_surest_images() -> None:
    labels = np.array([0] * 8 + [1] * 2)
    sure = np.linspace(0.5, 0.95, 10).astype(np.float32)
    shares = g.class_shares(labels, np.array([50, 50]), factor=1.2)
    assert [(s.count, s.share, s.prior, s.is_over) for s in shares] == [(8, 0.8, 0.5, True), (2, 0.2, 0.5, False)]
    kept = g.capped(np.ones(10, dtype=np.bool_), sure, labels, g.class_caps(10, np.array([50, 50]), 1.2))
    assert np.flatnonzero(kept).tolist() == [2, 3, 4, 5, 6, 7, 8, 9]
    with pytest.raises(InputError, match="at least 1"):
        g.class_caps(10, np.array([1, 1]), 0.5)


def test_a_cap_only_takes_away_and_leaves_a_balanced_selection_alone() -> None:
    rng = np.random.default_rng(0)
    mask, labels = rng.random(300) < 0.5, rng.integers(0, 5, 300)
    sure, prior = rng.random(300).astype(np.float32), np.array([10, 20, 30, 20, 20])
    kept = g.capped(mask, sure, labels, g.class_caps(int(mask.sum()), prior, 1.0))
    assert not (kept & ~mask).any()
    assert (np.bincount(labels[kept], minlength=5) <= g.class_caps(int(mask.sum()), prior, 1.0)).all()
    assert g.capped(mask, sure, labels, g.class_caps(int(mask.sum()), prior, 10.0)).tolist() == mask.tolist()


def decisions(num: int, catch_rate: float, rng: np.random.Generator) -> g.RubberStamp:
    """A reviewer of num decisions, one in eight with a wrong suggestion."""
    is_planted = np.arange(num) % 8 == 7
    caught = rng.random(int(is_planted.sum())) < catch_rate
    return g.rubber_stamp(caught, np.ones(0, dtype=np.bool_), [0.4] * num)


def test_a_reviewer_who_always_accepts_is_flagged_within_40_decisions_and_one_who_looks_is_not() -> None:
    rng = np.random.default_rng(0)
    assert decisions(40, 0.0, rng).is_flagged
    assert not decisions(32, 0.0, rng).is_flagged
    assert np.mean([decisions(40, 0.9, rng).is_flagged for _ in range(1_000)]) < 0.01


def test_the_rubber_stamp_says_how_much_it_has_seen() -> None:
    found = g.rubber_stamp(np.array([True, False]), np.array([True, True, False, True]), [1.0, 3.0, 9.0])
    assert (found.caught.count, found.caught.n, found.disagreement.value, found.median_seconds) == (1, 2, 0.25, 3.0)
    nothing = g.rubber_stamp(np.empty(0, np.bool_), np.empty(0, np.bool_), [])
    assert not nothing.is_flagged
    assert np.isnan(nothing.median_seconds)


def test_a_planted_suggestion_is_always_wrong_and_the_models_own_mistake_where_it_makes_one() -> None:
    rng = np.random.default_rng(0)
    labels, guesses = rng.integers(0, 4, 300), rng.integers(0, 4, 300)
    rows, shown = g.planted(guesses, labels, 4, 100, rng)
    assert len(set(rows.tolist())) == 100
    assert (shown != labels[rows]).all()
    is_mistake = guesses[rows] != labels[rows]
    assert (shown == guesses[rows])[is_mistake].all()


def test_label_issues_find_the_labels_that_were_changed_even_when_a_class_is_missing() -> None:
    rng = np.random.default_rng(0)
    truth = rng.choice([0, 1, 3], 400)
    probs = np.full((400, 4), 0.03, dtype=np.float32)
    probs[np.arange(400), truth] = 0.91
    given = truth.copy()
    changed = rng.choice(400, 20, replace=False)
    given[changed] = np.array([1, 3, 0, 0])[truth[changed]]
    found, sound = g.label_issues(given, probs)
    assert set(np.flatnonzero(found)) == set(changed)
    assert sound[changed].max() < np.delete(sound, changed).min()
    assert not g.label_issues(np.zeros(5, dtype=np.int64), probs[:5])[0].any()


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


def test_clicks_that_change_nothing_but_luck_show_no_measurable_gain() -> None:
    rng, measured = np.random.default_rng(0), 0
    labels = np.zeros(1_000, dtype=np.int64)
    for _ in range(400):
        control, curated = (rng.random(1_000) < 0.1).astype(np.int64), (rng.random(1_000) < 0.1).astype(np.int64)
        found = v.review_value(control, curated, labels, 200)
        measured += found.is_measurable
    assert measured / 400 < 0.05
    assert "no measurable gain" in v.review_value(labels, labels, labels, 100).sentence


def test_a_value_without_decisions_or_test_images_is_a_sentence() -> None:
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


def test_flip_rate_counts_changed_labels() -> None:
    before, after = np.array([0, 1, 2, 3]), np.array([0, 1, 0, 0])
    assert v.flip_rate(before, after) == 0.5
    assert v.flip_rate(before, after, np.array([True, True, True, False])) == pytest.approx(1 / 3)
    assert np.isnan(v.flip_rate(before[:0], after[:0]))


def test_beta_quantiles_are_those_of_the_interval_shown() -> None:
    assert g.rubber_stamp(np.zeros(5, np.bool_), np.ones(0, np.bool_), []).caught.high == pytest.approx(
        beta.ppf(0.975, 1, 5)
    )
