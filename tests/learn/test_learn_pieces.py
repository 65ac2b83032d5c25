"""The pieces of the engine room, each against an oracle or on hand-made numbers."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional
from torchvision.transforms.v2 import functional as oracle

from core.base.config import METHODS, MODELS, PROFILES, TrainConfig
from core.learn import augment, methods, models, schedules
from core.learn.batches import Batch, Part, Stream, Views
from core.learn.ema import AveragedModel


def images(count: int = 8, channels: int = 1, side: int = 16) -> torch.Tensor:
    return torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(0))


def drawn(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_every_name_in_the_settings_has_its_function() -> None:
    assert tuple(methods.METHODS) == METHODS
    assert tuple(models.MODELS) == MODELS
    assert tuple(augment.PROFILES) == PROFILES


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("channels", "side"), [(1, 8), (3, 28), (1, 33)])
def test_every_model_answers_with_a_logit_per_class(name: str, channels: int, side: int) -> None:
    model = models.build(name, 7, channels, side, side, seed=0).eval()
    features = model.features(images(2, channels, side))
    assert features.ndim == 2
    assert torch.equal(model.classify(features), model(images(2, channels, side)))
    assert model(images(2, channels, side)).shape == (2, 7)


@pytest.mark.parametrize("name", MODELS)
def test_a_seed_names_the_weights_and_leaves_the_global_generator_alone(name: str) -> None:
    before = torch.get_rng_state()
    one, same, other = (models.build(name, 3, 1, 8, 8, seed) for seed in (1, 1, 2))
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), same.parameters(), strict=True))
    assert any(not torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("name", ["natural", "digits"])
def test_two_images_of_a_batch_are_drawn_differently_and_a_seed_repeats_them(name: str) -> None:
    same = images(1).expand(6, -1, -1, -1)
    views = augment.PROFILES[name](same, drawn())
    assert len({view.numpy().tobytes() for view in views}) >= 5
    assert torch.equal(views, augment.PROFILES[name](same, drawn()))
    assert views.shape == same.shape
    assert views.min() >= 0
    assert views.max() <= 1 + 1e-6


def test_no_augmentation_leaves_images_alone() -> None:
    assert torch.equal(augment.none(images(), drawn()), images())


def test_a_shift_equals_a_crop_of_the_mirrored_image() -> None:
    picture = images(1)
    padded = np.pad(picture[0, 0].numpy(), 3, mode="reflect")
    moved = augment.shift(picture, torch.tensor([2]), torch.tensor([-3]))
    np.testing.assert_array_equal(moved[0, 0].numpy(), padded[3 + 2 : 3 + 2 + 16, 0:16])


def test_a_turn_equals_that_of_torchvision() -> None:
    picture = images(1, side=17)
    mine = augment.affine(picture, torch.tensor([math.radians(20)]), torch.zeros(1, 2))
    theirs = oracle.rotate(picture, -20, interpolation=oracle.InterpolationMode.BILINEAR)
    other = oracle.rotate(picture, 20, interpolation=oracle.InterpolationMode.BILINEAR)
    gaps = [float((mine - turned)[..., 4:-4, 4:-4].abs().max()) for turned in (theirs, other)]
    assert min(gaps) < 1e-4
    assert max(gaps) > 0.1


def test_digits_are_never_mirrored() -> None:
    picture = torch.zeros(1, 1, 16, 16)
    picture[..., 4:12, 2:6] = 1  # all on the left
    views = augment.digits(picture.expand(64, -1, -1, -1), drawn())
    assert (views[..., :8].sum((1, 2, 3)) > views[..., 8:].sum((1, 2, 3))).all()
    flipped = augment.natural(picture.expand(64, -1, -1, -1), drawn())
    is_left = flipped[..., :8].sum((1, 2, 3)) > flipped[..., 8:].sum((1, 2, 3))
    assert 16 < int(is_left.sum()) < 48


def part(count: int) -> Part:
    pixels = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 8, 8)
    return Part(pixels, torch.arange(count), torch.ones(count))


def test_a_stream_shows_every_image_once_before_any_again() -> None:
    stream = Stream(part(10), 4, drawn())
    rows = [int(r) for _ in range(5) for r in stream.next(lambda x: x.float()).labels]
    assert sorted(rows[:10]) == sorted(rows[10:]) == list(range(10))
    assert rows[:10] != rows[10:]


def test_a_stream_goes_on_where_it_stood() -> None:
    order = drawn()
    stream = Stream(part(10), 4, order)
    stream.next(lambda x: x)
    state, generator = stream.state_dict(), order.get_state()
    expected = [stream.next(lambda x: x).labels for _ in range(4)]
    order.set_state(generator)
    again = Stream(part(10), 4, order)
    again.load_state_dict(state)
    for rows in expected:
        assert torch.equal(rows, again.next(lambda x: x).labels)


def test_a_batch_is_never_larger_than_its_set() -> None:
    assert len(Stream(part(3), 64, drawn()).next(lambda x: x).labels) == 3


def views(labels: list[int], weights: list[float] | None = None) -> Views:
    return Views(torch.empty(0), torch.tensor(labels), torch.tensor(weights or [1.0] * len(labels)))


def test_cross_entropy_divides_by_all_images_whatever_their_weight() -> None:
    logits = torch.tensor([[0.0, 0.0], [0.0, 0.0]])
    assert methods.cross_entropy(logits, views([0, 1])).item() == pytest.approx(math.log(2))
    assert methods.cross_entropy(logits, views([0, 1], [1.0, 0.0])).item() == pytest.approx(math.log(2) / 2)


def test_a_reject_costs_minus_log_of_the_other_classes() -> None:
    logits = torch.log(torch.tensor([[0.7, 0.2, 0.1]]))
    assert methods.complementary(logits, views([0])).item() == pytest.approx(-math.log(0.3), rel=1e-5)
    assert methods.complementary(logits, views([2])).item() == pytest.approx(-math.log(0.9), rel=1e-5)


def test_a_reject_of_a_certain_class_stays_finite_and_pushes_it_down() -> None:
    logits = torch.tensor([[60.0, 0.0, 0.0]], requires_grad=True)
    loss = methods.complementary(logits, views([0]))
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == pytest.approx(60 - math.log(2), rel=1e-4)
    assert logits.grad is not None
    assert logits.grad[0, 0] > 0.9


def test_supervised_ignores_pseudo_labels() -> None:
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 3))
    labeled = Views(images(4, 1, 8), torch.tensor([0, 1, 2, 0]), torch.ones(4))
    pseudo = Views(images(2, 1, 8), torch.tensor([1, 1]), torch.ones(2))
    found = methods.supervised(model, Batch(labeled, pseudo, None))
    assert found.unlabeled.item() == 0
    assert found.labeled.item() == pytest.approx(functional.cross_entropy(model(labeled.images), labeled.labels).item())
    assert methods.self_training(model, Batch(labeled, pseudo, None)).unlabeled.item() > 0


def test_the_learning_rate_warms_up_and_follows_the_cosine() -> None:
    config = TrainConfig(learning_rate=0.1, warm_up_steps=10)
    assert schedules.learning_rate(0, 100, config) == pytest.approx(0.01)
    assert schedules.learning_rate(100, 100, config) == pytest.approx(0.1 * math.cos(7 * math.pi / 16))


@pytest.mark.parametrize(
    ("settings", "weights"),
    [
        ({"ramp": "none"}, {0: 2.0, 50: 2.0, 100: 2.0}),
        ({"ramp": "linear"}, {0: 0.0, 50: 1.0, 100: 2.0}),
        ({"ramp": "seed", "ramp_start": 20, "ramp_end": 60}, {0: 0.0, 20: 0.0, 40: 1.0, 60: 2.0, 100: 2.0}),
    ],
)
def test_the_ramps_reach_their_corners(settings: dict[str, object], weights: dict[int, float]) -> None:
    config = TrainConfig.checked({"epochs": 100, "unlabeled_weight": 2.0, **settings})
    assert {epoch: schedules.unlabeled_weight(epoch, config) for epoch in weights} == pytest.approx(weights)


def test_an_average_without_decay_is_the_model_and_buffers_are_copied() -> None:
    model = models.small_cnn(3, 1, 8, 8)
    plain, slow = AveragedModel(model, 0.0), AveragedModel(model, 0.9)
    first = next(model.parameters()).detach().clone()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1.0)
    model.train()(images(4, 1, 8))
    for average in (plain, slow):
        average.update(model, step=10**6)
    assert torch.allclose(next(plain.model.parameters()), first + 1.0)
    assert torch.allclose(next(slow.model.parameters()), first + 0.1, atol=1e-6)
    for mine, theirs in zip(slow.model.buffers(), model.buffers(), strict=True):
        assert torch.equal(mine, theirs)
