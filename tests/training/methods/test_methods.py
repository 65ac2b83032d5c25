"""Losses follow their papers' formulas, and every method keeps one contract."""

import copy
import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from core.base import config
from core.base.config import TrainConfig
from core.training.batches.batch import Batch, PoolViews, Views
from core.training.methods.losses import complementary, cross_entropy, fairness_loss, squared_error, targets
from core.training.methods.methods import (
    METHODS,
    SECOND_VIEWS,
    Losses,
    State,
    distillation,
    fixmatch,
    mean_teacher,
    pseudo_label,
    self_training,
    supervised,
)
from core.training.methods.thresholds import THRESHOLDS, Threshold
from core.training.models.models import has_batch_norm

torch.manual_seed(0)
MODEL = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
NORMED = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(4), nn.Linear(4, 3))
CPU = torch.device("cpu")
TEACHER = torch.rand(40, 3, generator=torch.Generator().manual_seed(9)).softmax(1)
"""What a head says of forty images of the pool."""


def views(num: int, weights: list[float] | None = None, seed: int = 0) -> Views:
    draws = torch.Generator().manual_seed(seed)
    images = torch.rand(num, 1, 2, 2, generator=draws)
    return Views(images, torch.arange(num) % 3, torch.ones(num) if weights is None else torch.tensor(weights))


def pool(num: int = 5, seed: int = 4) -> PoolViews:
    draws = torch.Generator().manual_seed(seed)
    weak, strong = torch.rand(2, num, 1, 2, 2, generator=draws)
    return PoolViews(weak, strong, torch.arange(num))


def state(method: str = "fixmatch", model: nn.Module = MODEL, average: nn.Module = MODEL, **changes: object) -> State:
    settings = TrainConfig().model_copy(update={"method": method, "threshold": 0.35, **changes})
    threshold = THRESHOLDS.get(method, Threshold)(settings, 3, 20, CPU)
    return State(model, model, average, threshold, settings, TEACHER)


def values(losses: Losses) -> dict[str, float]:
    return {name: float(value.detach()) for name, value in vars(losses).items() if isinstance(value, Tensor)}


def test_the_catalogue_and_the_settings_name_the_same_methods() -> None:
    assert tuple(METHODS) == config.NETWORK_METHODS
    assert set(THRESHOLDS) < set(SECOND_VIEWS) < set(METHODS)


@pytest.mark.parametrize("model", [MODEL, NORMED], ids=["plain", "batch norm"])
@pytest.mark.parametrize("name", METHODS)
def test_every_method_answers_with_finite_terms_that_can_be_learned_from(name: str, model: nn.Module) -> None:
    batch = Batch(views(6), views(5, seed=1), views(4, seed=2), pool())
    losses = METHODS[name](batch, state(name, model))
    (losses.labeled + losses.pseudo + losses.pool + losses.rejected + losses.regulariser).backward()  # type: ignore[no-untyped-call]
    assert all(math.isfinite(value) for value in values(losses).values())
    assert 0 <= int(losses.num_right) <= 6
    assert (losses.pseudo_labels is not None) == (name in SECOND_VIEWS)
    assert values(losses)["rejected"] > 0  # a person's rejects train in every method


@pytest.mark.parametrize("name", [name for name in METHODS if name != "supervised"])
def test_every_method_but_supervised_learns_curated_pseudo_labels_by_their_weights(name: str) -> None:
    full = METHODS[name](Batch(views(6), views(5, seed=1)), state(name))
    half = METHODS[name](Batch(views(6), views(5, [0.5] * 5, seed=1)), state(name))
    assert values(full)["pseudo"] == pytest.approx(2 * values(half)["pseudo"])
    assert values(full)["pseudo"] > 0


@pytest.mark.parametrize("name", METHODS)
def test_without_pool_and_pseudo_labels_every_method_equals_supervised(name: str) -> None:
    batch = Batch(views(6), None, views(4, seed=2))
    assert values(METHODS[name](batch, state(name))) == values(supervised(batch, state()))


def test_supervised_leaves_pseudo_labels_and_the_pool_out() -> None:
    whole = supervised(Batch(views(6), views(5, seed=1), None, pool()), state())
    assert values(whole) == values(supervised(Batch(views(6)), state()))
    assert values(self_training(Batch(views(6), views(5, seed=1)), state()))["pseudo"] > 0


def test_the_mean_runs_over_the_whole_batch_not_over_the_kept() -> None:
    all_kept, half_kept = views(2), views(2, [1.0, 0.0])
    logits = torch.tensor([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]])
    only_first = cross_entropy(logits[:1], views(1))
    assert float(cross_entropy(logits, half_kept)) == pytest.approx(float(only_first) / 2)
    assert float(cross_entropy(logits, all_kept)) > float(only_first) / 2


# --- pseudo_label, fixmatch and its kin -----------------------------------------------------------------------------


def by_hand(logits: Tensor, labels: Tensor) -> Tensor:
    return -logits.log_softmax(1).gather(1, labels[:, None])[:, 0]


def test_pseudo_label_learns_on_the_weak_view_what_the_model_says_of_it() -> None:
    batch = Batch(views(6), pool=pool())
    logits = MODEL(pool().weak)
    expected = by_hand(logits, logits.argmax(1)).mean().detach()
    assert values(pseudo_label(batch, state("pseudo_label")))["pool"] == pytest.approx(float(expected), abs=1e-6)


def test_distillation_learns_the_heads_probabilities_of_each_row_on_the_weak_view() -> None:
    batch = replace(pool(), rows=torch.tensor([3, 0, 4, 1, 30]))
    found = distillation(Batch(views(6), pool=batch), state("distillation"))
    targets = TEACHER[[3, 0, 4, 1, 30]]
    expected = -(targets * MODEL(batch.weak).log_softmax(1)).sum(1).mean().detach()
    assert values(found)["pool"] == pytest.approx(float(expected), abs=1e-6)
    assert found.pseudo_labels is not None
    assert torch.equal(found.pseudo_labels.probs, targets)


def test_fixmatch_learns_the_strong_view_of_confident_images_and_divides_by_all() -> None:
    losses = fixmatch(Batch(views(6), pool=pool(40)), state(threshold=0.38))
    probs = MODEL(pool(40).weak).softmax(1)
    kept = probs.amax(1) >= 0.38
    assert 0 < int(kept.sum()) < 40
    expected = (kept * by_hand(MODEL(pool(40).strong), probs.argmax(1))).sum() / 40
    assert values(losses)["pool"] == pytest.approx(float(expected.detach()), abs=1e-6)
    assert losses.pseudo_labels is not None
    assert losses.pseudo_labels.weights.tolist() == kept.float().tolist()


def test_fixmatch_at_threshold_zero_keeps_all_and_at_one_none() -> None:
    everything = fixmatch(Batch(views(6), pool=pool()), state(threshold=0.0))
    nothing = fixmatch(Batch(views(6), pool=pool()), state(threshold=1.0))
    weak = MODEL(pool().weak).argmax(1)
    assert values(everything)["pool"] == pytest.approx(float(by_hand(MODEL(pool().strong), weak).mean().detach()))
    assert values(nothing)["pool"] == 0.0


def test_with_equal_views_and_no_threshold_fixmatch_equals_pseudo_label() -> None:
    same = PoolViews(pool().weak, pool().weak, pool().rows)
    one = fixmatch(Batch(views(6), pool=same), state(threshold=0.0))
    two = pseudo_label(Batch(views(6), pool=same), state("pseudo_label"))
    assert values(one)["pool"] == pytest.approx(values(two)["pool"])


def test_the_weak_view_gets_no_gradient() -> None:
    weak = pool().weak.clone().requires_grad_()
    for model in (MODEL, copy.deepcopy(NORMED).eval()):
        losses = fixmatch(
            Batch(views(6), pool=PoolViews(weak, pool().strong, pool().rows)), state(model=model, threshold=0)
        )
        losses.pool.backward()  # type: ignore[no-untyped-call]
        assert weak.grad is None or not weak.grad.any()


def test_a_pass_of_its_own_for_the_weak_view_changes_no_gradient() -> None:
    """Without batch norm, a separate no-grad pass equals one joint pass."""
    found = []
    for joint in (False, True):
        MODEL.zero_grad()
        batch = Batch(views(6), pool=pool())
        if joint:
            logits = MODEL(torch.cat([batch.labeled.images, pool().weak, pool().strong]))
            weak, strong = logits[6:11].detach(), logits[11:]
            loss = cross_entropy(logits[:6], batch.labeled)
            loss = loss + ((weak.softmax(1).amax(1) >= 0.35) * by_hand(strong, weak.argmax(1))).mean()
        else:
            losses = fixmatch(batch, state())
            loss = losses.labeled + losses.pool
        loss.backward()  # type: ignore[no-untyped-call]
        found.append([p.grad.clone() for p in MODEL.parameters() if p.grad is not None])
    for one, two in zip(*found, strict=True):
        torch.testing.assert_close(one, two)


@pytest.mark.parametrize(("weak_pass", "seen"), [("joint", [16]), ("own", [5, 11])])
def test_with_batch_norm_the_weak_view_goes_through_with_the_others_or_alone(weak_pass: str, seen: list[int]) -> None:
    """Batch statistics come from all 6 + 5 + 5 images, or from the 5 weak ones apart."""
    norm, head = nn.BatchNorm1d(4), nn.Linear(4, 3)
    model = nn.Sequential(nn.Flatten(), norm, head).train()
    sizes: list[int] = []
    norm.register_forward_hook(lambda _module, given, _found: sizes.append(len(given[0])))
    losses = fixmatch(Batch(views(6), pool=pool()), state(model=model, weak_pass=weak_pass, threshold=0.0))
    assert sizes == seen
    losses.pool.backward()  # type: ignore[no-untyped-call]
    assert head.weight.grad is not None
    assert head.weight.grad.any()


def test_the_order_of_a_joint_batch_changes_nothing() -> None:
    """Interleaving images changes no logit in one joint pass, with or without batch norm."""
    assert has_batch_norm(NORMED)
    NORMED.train()
    images = torch.cat([views(6).images, pool().weak, pool().strong])
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(NORMED(images[order]), NORMED(images)[order])


def test_sharpened_targets_are_the_tempered_softmax_and_hard_ones_the_class() -> None:
    logits = torch.tensor([[2.0, 1.0, 0.0]])
    assert targets(logits, TrainConfig()).tolist() == [0]
    expected = torch.tensor([[4.0, 2.0, 0.0]]).exp()
    torch.testing.assert_close(targets(logits, TrainConfig(sharpening=0.5)), expected / expected.sum())


# --- mean_teacher -------------------------------------------------------------------------------------------------


def test_mean_teacher_is_the_squared_difference_to_the_average_models_probabilities() -> None:
    teacher = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    losses = mean_teacher(Batch(views(6), pool=pool()), state("mean_teacher", average=teacher))
    expected = ((MODEL(pool().weak).softmax(1) - teacher(pool().strong).softmax(1)) ** 2).mean()
    assert values(losses)["pool"] == pytest.approx(float(expected.detach()), abs=1e-6)
    assert float(squared_error(torch.tensor([[0.0, 0.0]]), torch.tensor([[1.0, 0.0]]))) == pytest.approx(0.25)


def test_a_teacher_that_agrees_costs_nothing() -> None:
    same = PoolViews(pool().weak, pool().weak, pool().rows)
    losses = mean_teacher(Batch(views(6), pool=same), state("mean_teacher"))
    assert values(losses)["pool"] == pytest.approx(0, abs=1e-10)


# --- freematch's fairness -------------------------------------------------------------------------------------------


def test_fairness_is_the_papers_formula_on_hand_made_numbers() -> None:
    probs = torch.tensor([[0.6, 0.4], [0.7, 0.3], [0.2, 0.8], [0.9, 0.1]])
    weights = torch.tensor([1.0, 1.0, 1.0, 0.0])
    mean, hist = torch.tensor([0.5, 0.5]), torch.tensor([2 / 3, 1 / 3])
    found = mean / hist / (mean / hist).sum()
    moving, mix = torch.tensor([0.6, 0.4]), torch.tensor([0.5, 0.5])
    expected = (moving / mix / (moving / mix).sum() * found.log()).sum()
    assert float(fairness_loss(probs.log(), weights, moving, mix)) == pytest.approx(float(expected), abs=1e-6)


def test_fairness_of_nothing_kept_is_nothing() -> None:
    half = torch.tensor([0.5, 0.5])
    logits = torch.zeros(3, 2, requires_grad=True)
    loss = fairness_loss(logits, torch.zeros(3), half, half)
    loss.backward()  # type: ignore[no-untyped-call]
    assert float(loss.detach()) == 0.0
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


# --- rejects ------------------------------------------------------------------------------------------------------


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
