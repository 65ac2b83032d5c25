"""The monitor's counts equal a calculation on paper."""

import math

import pytest
import torch
from torch import Tensor

from core.base.types import UNKNOWN
from core.training.loop.monitor import PoolMonitor, divergence
from core.training.methods.methods import PseudoLabels

TRUTH = torch.tensor([0, 0, 1, 1, UNKNOWN, 2])
PRIOR = torch.tensor([0.5, 0.25, 0.25])


def pseudo_labels(labels: list[int], weights: list[float], rows: list[int]) -> PseudoLabels:
    probs: Tensor = torch.full((len(labels), 3), 0.1)
    probs[torch.arange(len(labels)), torch.tensor(labels)] = 0.8
    return PseudoLabels(probs, torch.tensor(weights), torch.tensor(rows))


def test_the_numbers_of_a_batch_are_those_counted_by_hand() -> None:
    monitor = PoolMonitor(TRUTH, PRIOR)
    counts = monitor.count(pseudo_labels([0, 1, 1, 2], [1.0, 1.0, 0.5, 0.0], [0, 1, 2, 4]))  # right, wrong, right, ?
    line = monitor.metrics(counts)
    assert line["mask_rate"] == pytest.approx(2.5 / 4)
    assert line["pool_accuracy"] == pytest.approx(2 / 3)
    assert line["pool_kept_accuracy"] == pytest.approx(1.5 / 2.5)  # by weight
    assert line["class_mix"] == pytest.approx([1 / 2.5, 1.5 / 2.5, 0])
    expected = 0.4 * math.log2(0.4 / 0.5) + 0.6 * math.log2(0.6 / 0.25)
    assert line["kl_to_prior"] == pytest.approx(expected, abs=1e-3)  # the prior is smoothed by 1e-4
    assert line["flip_rate"] is None  # nobody has been seen twice


def test_a_flip_is_another_label_than_at_the_last_look() -> None:
    monitor = PoolMonitor(TRUTH, PRIOR)
    monitor.count(pseudo_labels([0, 1, 2], [1.0, 1.0, 1.0], [0, 1, 4]))
    counts = monitor.count(pseudo_labels([0, 0, 1, 2], [1.0, 1.0, 1.0, 1.0], [0, 1, 4, 5]))  # 2 of 3 flipped
    assert monitor.metrics(counts)["flip_rate"] == pytest.approx(2 / 3)
    assert monitor.end_epoch()["flip_rate"] == pytest.approx(2 / 3)
    monitor.count(pseudo_labels([0, 0], [1.0, 1.0], [0, 1]))
    assert monitor.end_epoch()["flip_rate"] == 0  # counted anew, against labels of the epoch before


def test_once_all_were_drawn_the_accuracy_is_the_whole_pools_latest() -> None:
    monitor = PoolMonitor(TRUTH, PRIOR)
    monitor.count(pseudo_labels([0, 1, 1], [1.0, 0.0, 1.0], [0, 1, 2]))
    line = monitor.end_epoch()
    assert line["pool_accuracy"] == pytest.approx(2 / 3)  # of those drawn
    monitor.count(pseudo_labels([0, 0, 1], [0.0, 0.0, 1.0], [3, 4, 5]))  # wrong, unknown, wrong
    line = monitor.end_epoch()
    assert line["pool_accuracy"] == pytest.approx(2 / 5)  # rows 0 and 2 of the five that are known
    assert line["pool_kept_accuracy"] == 0  # of this epoch: row 5 alone
    monitor.count(pseudo_labels([0], [1.0], [1]))
    assert monitor.end_epoch()["pool_accuracy"] == pytest.approx(3 / 5)  # row 1 was relabeled


def test_nothing_seen_and_nothing_kept_give_no_numbers_that_are_none() -> None:
    monitor = PoolMonitor(TRUTH, PRIOR)
    assert monitor.end_epoch() == {}
    monitor.count(pseudo_labels([1], [0.0], [2]))
    line = monitor.end_epoch()
    assert (line["mask_rate"], line["class_mix"], line["kl_to_prior"]) == (0, None, None)
    assert (line["pool_accuracy"], line["pool_kept_accuracy"]) == (1, None)


def test_divergence_is_in_bits_and_finite_where_the_prior_has_no_such_class() -> None:
    assert divergence([0.5, 0.25, 0.25], [0.5, 0.25, 0.25]) == pytest.approx(0, abs=1e-6)
    assert divergence([1.0, 0.0], [0.5, 0.5]) == pytest.approx(1, abs=1e-3)
    assert divergence([0.0, 1.0], [1.0, 0.0]) == pytest.approx(math.log2(1.0002 / 1e-4), abs=1e-3)
