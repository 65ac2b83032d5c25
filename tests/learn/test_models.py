"""Contract of every model in the catalogue."""

import pytest
import torch

from core.base import config
from core.learn.models import MODELS, build, resnet18, small_cnn


def test_the_catalogue_and_the_settings_name_the_same_models() -> None:
    assert tuple(MODELS) == config.MODELS


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("channels", "height", "width"), [(1, 8, 8), (3, 9, 13)])
def test_a_model_gives_features_and_one_logit_a_class(name: str, channels: int, height: int, width: int) -> None:
    model = build(name, 5, channels, height, width, seed=0).eval()
    images = torch.rand(2, channels, height, width)
    features = model.features(images)
    assert features.shape == (2, model.head.in_features)
    assert model.classify(features).shape == (2, 5)
    torch.testing.assert_close(model.classify(features), model(images))


@pytest.mark.parametrize("name", MODELS)
def test_weights_come_from_the_seed_alone(name: str) -> None:
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    first, again, other = (build(name, 3, 1, 8, 8, seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])


def test_the_small_cnn_is_small() -> None:
    assert 100_000 < sum(p.numel() for p in small_cnn(10, 1, 28, 28).parameters()) < 300_000


@pytest.mark.parametrize(("side", "expected"), [(32, (4, 4)), (96, (3, 3))])
def test_resnet_keeps_small_images_large_enough_to_see(side: int, expected: tuple[int, int]) -> None:
    body = resnet18(2, 3, side, side).body.eval()
    shapes: list[torch.Size] = []
    body.get_submodule("layer4").register_forward_hook(lambda _module, _inputs, output: shapes.append(output.shape))
    body(torch.zeros(1, 3, side, side))
    assert shapes[0][2:] == expected
