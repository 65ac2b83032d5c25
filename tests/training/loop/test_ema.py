"""The averaged model follows its formula."""

import pytest
import torch
from torch import nn

from core.training.loop.ema import AveragedModel


def constant(value: float) -> nn.Sequential:
    model = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1))
    for parameter in model.parameters():
        nn.init.constant_(parameter, value)
    for buffer in model.buffers():
        buffer.fill_(value)
    return model


@pytest.mark.parametrize(("step", "decay"), [(0, 0.1), (8, 0.5), (10_000, 0.9)])
def test_the_average_moves_by_one_minus_a_decay_that_warms_up(step: int, decay: float) -> None:
    average = AveragedModel(constant(0.0), 0.9)
    average.update(constant(1.0), step)
    assert [float(p) for p in average.model.parameters()] == pytest.approx([1 - decay] * 4)


def test_buffers_are_copied_not_averaged() -> None:
    average = AveragedModel(constant(0.0), 0.9)
    average.update(constant(3.0), 10_000)
    assert [float(b) for b in average.model.buffers()] == [3.0, 3.0, 3.0]


def test_without_decay_the_average_is_the_model() -> None:
    average = AveragedModel(constant(0.0), 0.0)
    average.update(constant(7.0), 0)
    assert [float(p) for p in average.model.parameters()] == [7.0] * 4


def test_the_average_is_a_copy_that_needs_no_gradient() -> None:
    model = constant(1.0)
    average = AveragedModel(model, 0.9)
    with torch.no_grad():
        next(model.parameters()).fill_(5.0)
    assert float(next(average.model.parameters())) == 1.0
    assert not any(p.requires_grad for p in average.model.parameters())
