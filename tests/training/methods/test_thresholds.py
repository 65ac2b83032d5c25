"""Thresholds follow their papers' rules; their state is saved and restored."""

import math

import pytest
import torch
from torch import Tensor

from core.base.config import TrainConfig
from core.training.methods.thresholds import THRESHOLDS, FlexThreshold, FreeThreshold, SoftThreshold, Threshold

CPU = torch.device("cpu")
KINDS = {"fixmatch": Threshold, **THRESHOLDS}


def rows(*probs: tuple[float, ...]) -> Tensor:
    return torch.tensor(probs)


def settings(**changes: object) -> TrainConfig:
    return TrainConfig().model_copy(update={"threshold": 0.9, **changes})


def test_a_fixed_threshold_keeps_from_its_value_on() -> None:
    fixed = Threshold(settings(threshold=0.5), 2, 3, CPU)
    assert fixed.weights(rows((0.5, 0.5), (0.6, 0.4), (0.51, 0.49)), torch.arange(3)).tolist() == [1, 1, 1]
    higher = Threshold(settings(threshold=0.55), 2, 3, CPU)
    assert higher.current_weights(rows((0.5, 0.5), (0.6, 0.4))).tolist() == [0, 1]


# --- flexmatch ------------------------------------------------------------------------------------------------------


def test_flexmatch_lowers_the_threshold_of_classes_seldom_confident() -> None:
    flex = FlexThreshold(settings(), 2, 10, CPU)
    assert flex.per_class().tolist() == [0, 0]  # nothing learned yet: every class is open
    flex.update(rows((0.95, 0.05), (0.92, 0.08), (0.99, 0.01), (0.1, 0.9), (0.6, 0.4)), torch.arange(5))
    assert flex.counts.tolist() == [3, 1, 6]  # the last: never confident
    beta = [3 / 6, 1 / 6]  # over max(3, 6)
    assert flex.per_class().tolist() == pytest.approx([0.9 * b / (2 - b) for b in beta])

    of_three = FlexThreshold(settings(), 3, 10, CPU)
    of_three.update(rows(*[(0.98, 0.01, 0.01)] * 4, (0.01, 0.98, 0.01)), torch.arange(5))
    assert of_three.counts.tolist() == [4, 1, 0, 5]  # β = .8, .2 and 0: thresholds .6, .1 and 0
    assert of_three.per_class().tolist() == pytest.approx([0.9 * 0.8 / 1.2, 0.9 * 0.2 / 1.8, 0])
    given = rows((0.61, 0.3, 0.09), (0.59, 0.3, 0.11), (0.3, 0.4, 0.3), (0.3, 0.3, 0.4))
    assert of_three.current_weights(given).tolist() == [1, 0, 1, 1]
    of_three.counts = torch.tensor([5.0, 4.5, 1.0, 0.0])  # thresholds .9, .9 · .9 / 1.1 and .1
    given = rows((0.89, 0.1, 0.01), (0.91, 0.08, 0.01), (0.2, 0.73, 0.07), (0.2, 0.74, 0.06), (0.3, 0.3, 0.4))
    assert of_three.current_weights(given).tolist() == [0, 1, 0, 1, 1]


def test_flexmatch_moves_an_image_from_its_old_class_to_the_new() -> None:
    flex = FlexThreshold(settings(), 2, 4, CPU)
    flex.update(rows((0.95, 0.05), (0.95, 0.05)), torch.tensor([1, 3]))
    flex.update(rows((0.05, 0.95), (0.6, 0.4)), torch.tensor([1, 3]))
    assert flex.counts.tolist() == [1, 1, 2]
    assert flex.last.tolist() == [2, 1, 2, 0]


def test_flexmatch_counts_an_image_that_is_twice_in_a_batch_once() -> None:
    flex = FlexThreshold(settings(), 3, 4, CPU)
    flex.update(rows((0.95, 0.03, 0.02), (0.02, 0.95, 0.03), (0.95, 0.03, 0.02)), torch.tensor([2, 2, 0]))
    assert flex.counts.sum() == 4
    assert torch.equal(flex.counts, torch.bincount(flex.last, minlength=4).float())


def test_flexmatch_counts_stay_those_of_the_pool() -> None:
    flex, draws = FlexThreshold(settings(threshold=0.5), 4, 30, CPU), torch.Generator().manual_seed(0)
    for _ in range(50):
        probs = (3 * torch.randn(16, 4, generator=draws)).softmax(1)
        flex.update(probs, torch.randint(30, (16,), generator=draws))
        assert torch.equal(flex.counts, torch.bincount(flex.last, minlength=5).float())


def test_a_floor_holds_the_threshold_up() -> None:
    for kind in (FlexThreshold, FreeThreshold):
        assert (kind(settings(threshold_floor=0.8), 3, 5, CPU).per_class() >= 0.8 - 1e-7).all()


# --- freematch ------------------------------------------------------------------------------------------------------


def test_freematch_follows_the_mean_confidence_and_the_mean_probabilities() -> None:
    free = FreeThreshold(settings(), 2, 10, CPU)
    free.update(rows((0.9, 0.1), (0.7, 0.3)), torch.arange(2))
    assert float(free.common) == pytest.approx(0.999 * 0.5 + 0.001 * 0.8)
    assert free.mean_probs.tolist() == pytest.approx([0.999 * 0.5 + 0.001 * 0.8, 0.999 * 0.5 + 0.001 * 0.2])
    assert free.mix.tolist() == pytest.approx([0.999 * 0.5 + 0.001, 0.999 * 0.5])
    top = max(free.mean_probs.tolist())
    expected = [float(free.common) * p / top for p in free.mean_probs.tolist()]
    assert free.per_class().tolist() == pytest.approx(expected)


def test_freematch_keeps_from_each_classs_own_threshold_on() -> None:
    free = FreeThreshold(settings(), 2, 10, CPU)
    free.common, free.mean_probs = torch.tensor(0.9), torch.tensor([0.6, 0.4])  # thresholds .9 and .9 · .4 / .6 = .6
    given = rows((0.89, 0.11), (0.91, 0.09), (0.41, 0.59), (0.39, 0.61))
    assert free.current_weights(given).tolist() == [0, 1, 0, 1]
    raised = FreeThreshold(settings(threshold_floor=0.95), 2, 10, CPU)
    raised.common, raised.mean_probs = free.common, free.mean_probs
    assert raised.current_weights(rows((0.94, 0.06), (0.96, 0.04), (0.06, 0.94), (0.04, 0.96))).tolist() == [0, 1, 0, 1]


# --- softmatch ------------------------------------------------------------------------------------------------------


def test_softmatch_falls_off_below_the_mean_as_a_bell() -> None:
    soft = SoftThreshold(settings(), 2, 10, CPU)
    soft.mean, soft.variance = torch.tensor(0.8), torch.tensor(0.01)
    weights = soft.current_weights(rows((0.9, 0.1), (0.8, 0.2), (0.7, 0.3))).tolist()
    assert weights == pytest.approx([1, 1, math.exp(-(0.1**2) / (2 * 0.01 / 4))], abs=1e-4)


def test_softmatch_moves_mean_and_variance_of_aligned_confidence() -> None:
    soft = SoftThreshold(settings(), 2, 10, CPU)
    soft.update(rows((0.9, 0.1), (0.7, 0.3)), torch.arange(2))
    aligned = []
    for one in (0.9, 0.7):
        first, second = one / soft.mean_probs[0], (1 - one) / soft.mean_probs[1]
        aligned.append(float(max(first, second) / (first + second)))
    mean = sum(aligned) / 2
    assert float(soft.mean) == pytest.approx(0.999 * 0.5 + 0.001 * mean)
    assert float(soft.variance) == pytest.approx(0.999 + 0.001 * sum((a - mean) ** 2 for a in aligned), abs=1e-6)


def test_alignment_lifts_a_class_that_is_rarely_predicted() -> None:
    soft = SoftThreshold(settings(), 2, 10, CPU)
    soft.mean_probs = torch.tensor([0.9, 0.1])
    often, rarely = soft._aligned(rows((0.8, 0.2), (0.2, 0.8))).tolist()
    assert rarely > 0.8 > often or (often < 0.8 and rarely > 0.9)


# --- all ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_a_restored_state_goes_on_as_the_saved_one(name: str) -> None:
    draws = torch.Generator().manual_seed(3)
    batches = [((4 * torch.randn(6, 3, generator=draws)).softmax(1), torch.arange(6) + n) for n in range(6)]
    whole, first, second = (KINDS[name](settings(threshold=0.5), 3, 20, CPU) for _ in range(3))
    for probs, of in batches:
        whole.weights(probs, of)
    for probs, of in batches[:3]:
        first.weights(probs, of)
    second.load_state_dict({key: value.clone() for key, value in first.state_dict().items()})
    for probs, of in batches[3:]:
        second.weights(probs, of)
    assert whole.state_dict().keys() == second.state_dict().keys()
    assert all(torch.equal(value, second.state_dict()[key]) for key, value in whole.state_dict().items())


@pytest.mark.parametrize("name", KINDS)
def test_going_back_to_a_mark_and_moving_again_moves_once(name: str) -> None:
    probs, of = (3 * torch.eye(4)).softmax(1), torch.arange(4)
    once, twice = (KINDS[name](settings(threshold=0.5), 4, 9, CPU) for _ in range(2))
    once.update(probs, of)
    mark = twice.rollback_state()
    twice.update(probs, of)
    twice.load_state_dict(twice.state_dict() | mark)
    twice.update(probs, of)
    assert all(torch.equal(value, twice.state_dict()[key]) for key, value in once.state_dict().items())


@pytest.mark.parametrize("name", KINDS)
def test_weights_lie_between_zero_and_one(name: str) -> None:
    kind = KINDS[name](settings(), 5, 50, CPU)
    draws = torch.Generator().manual_seed(1)
    for _ in range(20):
        found = kind.weights(
            (3 * torch.randn(8, 5, generator=draws)).softmax(1), torch.randint(50, (8,), generator=draws)
        )
        assert found.shape == (8,)
        assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("kind", [FreeThreshold, SoftThreshold])
def test_the_memory_of_the_averages_is_a_setting(kind: type[FreeThreshold | SoftThreshold]) -> None:
    probs = rows((0.9, 0.1), (0.8, 0.2), (0.6, 0.4))
    for memory in (0.0, 0.5, 0.99):
        moved = kind(settings(threshold_memory=memory), 2, 3, CPU)
        moved.update(probs, torch.arange(3))
        expected = memory * 0.5 + (1 - memory) * probs.mean(0)
        assert moved.mean_probs.tolist() == pytest.approx(expected.tolist())
