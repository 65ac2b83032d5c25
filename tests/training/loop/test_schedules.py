"""Learning rate and unlabeled weight follow their formulas."""

import math

import pytest

from core.base.config import TrainConfig
from core.training.loop.schedules import learning_rate, unlabeled_weight

PLAIN = TrainConfig(learning_rate=0.03, epochs=100, unlabeled_weight=2.0)


def having(**changes: object) -> TrainConfig:
    return PLAIN.model_copy(update=changes)


def test_the_learning_rate_falls_by_seven_sixteenths_of_a_half_turn() -> None:
    assert learning_rate(0, 800, PLAIN) == 0.03
    assert learning_rate(400, 800, PLAIN) == pytest.approx(0.03 * math.cos(7 * math.pi / 32))
    assert learning_rate(800, 800, PLAIN) == pytest.approx(0.03 * math.cos(7 * math.pi / 16))
    rates = [learning_rate(step, 800, PLAIN) for step in range(801)]
    assert rates == sorted(rates, reverse=True)


def test_warm_up_rises_linearly_and_meets_the_cosine() -> None:
    warm = having(warm_up_steps=10)
    assert learning_rate(0, 800, warm) == pytest.approx(0.003)
    assert learning_rate(4, 800, warm) == pytest.approx(0.5 * learning_rate(4, 800, PLAIN))
    assert learning_rate(9, 800, warm) == learning_rate(9, 800, PLAIN)


@pytest.mark.parametrize(
    ("ramp", "epoch", "expected"),
    [
        ("none", 0, 2.0),
        ("linear", 0, 0.0),
        ("linear", 25, 0.5),
        ("linear", 100, 2.0),
        ("seed", 20, 0.0),
        ("seed", 5, 0.0),
        ("seed", 40, 1.0),
        ("seed", 60, 2.0),
        ("seed", 99, 2.0),
        ("sigmoid", 20, 2.0 * math.exp(-5)),
        ("sigmoid", 40, 2.0 * math.exp(-1.25)),
        ("sigmoid", 60, 2.0),
    ],
)
def test_the_unlabeled_weight_follows_its_ramp(ramp: str, epoch: float, expected: float) -> None:
    ramped = having(ramp=ramp, ramp_start=20, ramp_end=60)
    assert unlabeled_weight(epoch, ramped) == pytest.approx(expected)
