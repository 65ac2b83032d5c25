"""Intervals over groups cover where images of one group are alike, and are never narrower than the plain ones."""

import numpy as np

from core.risk.clustered import clustered_interval, clustered_proportion
from core.risk.comparison import compare, paired_difference, paired_interval
from core.risk.error_estimates import proportion


def test_the_interval_of_a_difference_covers_the_truth_where_the_plain_one_does_not() -> None:
    rng = np.random.default_rng(0)
    plain_hits = clustered_hits = 0
    for _ in range(400):  # 30 groups of 20 images, each gained or lost as a whole
        groups = np.repeat(np.arange(30), 20)
        change = np.repeat(rng.choice([-1.0, 0.0, 1.0], 30, p=[0.2, 0.6, 0.2]), 20)
        plain = paired_interval(int((change > 0).sum()), int((change < 0).sum()), 600)
        low, high = clustered_interval(change, groups, plain)
        assert low <= plain[0] <= plain[1] <= high
        plain_hits += plain[0] <= 0 <= plain[1]
        clustered_hits += low <= 0 <= high
    assert clustered_hits >= 0.93 * 400
    assert plain_hits < 0.6 * 400


def test_images_alone_get_nearly_the_plain_interval() -> None:
    change = np.random.default_rng(1).choice([-1.0, 0.0, 1.0], 2_000, p=[0.1, 0.8, 0.1])
    plain = paired_interval(int((change > 0).sum()), int((change < 0).sum()), 2_000)
    assert np.allclose(clustered_interval(change, np.arange(2_000), plain), plain, atol=0.002)


def test_runs_that_never_differ_are_known_as_well_as_one_image_of_each_group_tells() -> None:
    change, groups = np.zeros(600), np.repeat(np.arange(30), 20)
    low, high = clustered_interval(change, groups, paired_interval(0, 0, 600))
    assert high - low > 3 * (paired_interval(0, 0, 600)[1] - paired_interval(0, 0, 600)[0])
    assert clustered_interval(change, np.zeros(600, dtype=np.int64), (0.0, 0.0)) == (-1.0, 1.0)


def test_a_proportion_over_groups_is_that_of_fewer_images() -> None:
    is_hit, groups = np.repeat([True, False, True, True] * 10, 10), np.repeat(np.arange(40), 10)
    found, plain, few = clustered_proportion(is_hit, groups), proportion(300, 400), proportion(30, 40)
    assert (found.value, found.n) == (plain.value, plain.n)
    assert found.low < plain.low
    assert found.high > plain.high
    assert abs(found.low - few.low) < 0.02
    assert abs(found.high - few.high) < 0.02
    everything = clustered_proportion(np.ones(400, dtype=np.bool_), groups)
    assert everything.low == proportion(40, 40).low


def test_a_comparison_over_groups_keeps_the_counts_and_widens_intervals_and_p() -> None:
    rng = np.random.default_rng(2)
    labels, groups = np.repeat(rng.integers(0, 2, 20), 10), np.repeat(np.arange(20), 10)
    before, after = (
        np.eye(2, dtype=np.float32)[np.where(np.repeat(rng.random(20) < p, 10), labels, 1 - labels)] for p in (0.5, 0.9)
    )
    plain, over = compare(before, after, labels), compare(before, after, labels, groups)
    assert (over.gained, over.lost, over.difference) == (plain.gained, plain.lost, plain.difference)
    assert over.num_groups == 20
    assert plain.num_groups == 0
    assert over.high - over.low > 2 * (plain.high - plain.low)
    assert over.p_value > plain.p_value
    assert over.paired.interval == (over.low, over.high)
    assert "200 test images of 20 groups" in over.paired.sentence()
    paired = paired_difference(over.predictions_a, over.predictions_b, labels, groups)
    assert paired.interval == over.paired.interval
