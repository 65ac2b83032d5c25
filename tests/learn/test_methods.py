"""Laws of the losses, and the contract of every method."""

import math

import pytest
import torch
from torch import Tensor, nn

from core.base import config
from core.learn.batches import Batch, Views
from core.learn.methods import METHODS, complementary, cross_entropy, self_training, supervised

MODEL = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))


def views(num: int, weights: list[float] | None = None, seed: int = 0) -> Views:
    draws = torch.Generator().manual_seed(seed)
    images = torch.rand(num, 1, 2, 2, generator=draws)
    return Views(images, torch.arange(num) % 3, torch.ones(num) if weights is None else torch.tensor(weights))


def values(losses: object) -> dict[str, float]:
    return {name: float(value.detach()) for name, value in vars(losses).items()}


def test_the_catalogue_and_the_settings_name_the_same_methods() -> None:
    assert tuple(METHODS) == config.METHODS


@pytest.mark.parametrize("name", METHODS)
def test_every_method_answers_with_finite_terms_that_can_be_learned_from(name: str) -> None:
    losses = METHODS[name](MODEL, Batch(views(6), views(5, seed=1), views(4, seed=2)))
    (losses.labeled + losses.unlabeled + losses.rejected).backward()  # type: ignore[no-untyped-call]
    assert all(math.isfinite(value) for value in values(losses).values())
    assert 0 <= int(losses.num_right) <= 6


def test_self_training_without_a_pseudo_label_equals_supervised() -> None:
    batch = Batch(views(6), None, views(4, seed=2))
    assert values(self_training(MODEL, batch)) == values(supervised(MODEL, batch))


def test_supervised_leaves_pseudo_labels_out() -> None:
    batch = Batch(views(6), views(5, seed=1), None)
    assert values(supervised(MODEL, batch)) == values(supervised(MODEL, Batch(views(6), None, None)))
    assert values(self_training(MODEL, batch))["unlabeled"] > 0


def test_the_mean_runs_over_the_whole_batch_not_over_the_kept() -> None:
    all_kept, half_kept = views(2), views(2, [1.0, 0.0])
    logits = torch.tensor([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]])
    only_first = cross_entropy(logits[:1], views(1))
    assert float(cross_entropy(logits, half_kept)) == pytest.approx(float(only_first) / 2)
    assert float(cross_entropy(logits, all_kept)) > float(only_first) / 2


def rejected_as(label: int, logits: list[float]) -> tuple[Tensor, Tensor]:
    given = torch.tensor([logits], requires_grad=True)
    return given, complementary(given, Views(torch.empty(1), torch.tensor([label]), torch.ones(1)))


def test_a_reject_costs_the_log_of_what_is_left() -> None:
    _, loss = rejected_as(1, [math.log(0.2), math.log(0.5), math.log(0.3)])
    assert loss.item() == pytest.approx(-math.log(1 - 0.5))


def test_a_reject_pushes_its_class_down_even_where_the_model_is_certain() -> None:
    logits, loss = rejected_as(0, [200.0, 0.0, 0.0])
    loss.backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert torch.isfinite(loss)
    assert logits.grad[0, 0] > 0.99
    assert (logits.grad[0, 1:] < 0).all()
