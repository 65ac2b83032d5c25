"""Every model of the catalogue keeps one contract."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision import models

from core.base import config
from core.base.errors import TrainingError
from core.training.models import torchvision_models
from core.training.models.models import MODELS, build, has_batch_norm, small_cnn, wrn


def test_the_catalogue_and_the_settings_name_the_same_models() -> None:
    assert (*MODELS, "backbone") == config.MODELS


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
    body = build("resnet18", 2, 3, side, side, seed=0).body.eval()
    shapes: list[torch.Size] = []
    body.get_submodule("layer4").register_forward_hook(lambda _module, _inputs, output: shapes.append(output.shape))
    body(torch.zeros(1, 3, side, side))
    assert shapes[0][2:] == expected


def test_wrn_28_2_has_the_size_of_the_papers() -> None:
    assert 1_450_000 < sum(p.numel() for p in wrn(10, 3, 32, 32).parameters()) < 1_500_000
    convolutions = [m for m in wrn(10, 3, 32, 32).modules() if isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3)]
    assert len(convolutions) == 25  # 28 layers: these, two shortcuts that widen and shrink, and the head
    assert wrn(10, 1, 28, 28, depth=16, widen=4).head.in_features == 256


@pytest.mark.parametrize("name", MODELS)
def test_training_twice_from_one_seed_is_the_same(name: str) -> None:
    """No dropout or stochastic depth: only our own generators draw."""
    found = []
    for _ in range(2):
        model = build(name, 3, 1, 8, 8, seed=0).train()
        loss = model(torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(1))).square().mean()
        loss.backward()
        assert model.head.weight.grad is not None
        found.append((float(loss.detach()), model.head.weight.grad))
    assert found[0][0] == found[1][0]
    assert torch.equal(found[0][1], found[1][1])


def test_batch_norm_is_seen_where_it_is() -> None:
    has = {name: has_batch_norm(build(name, 2, 1, 8, 8, seed=0)) for name in MODELS}
    assert [name for name, found in has.items() if not found] == ["mlp", "convnext_tiny", "vit_b_16"]


# --- pretrained weights ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
@pytest.mark.parametrize("channels", [1, 3])
def test_weights_of_torchvision_are_read_from_a_file(tmp_path: Path, channels: int, suffix: str) -> None:
    source = models.resnet18(weights=None).state_dict()
    path = tmp_path / f"weights.{suffix}"
    save_file(source, path) if suffix == "safetensors" else torch.save(source, path)
    body = build("resnet18", 5, channels, 28, 28, seed=0, options={"pretrained": str(path)}).body.state_dict()
    assert torch.equal(body["layer3.0.conv1.weight"], source["layer3.0.conv1.weight"])
    middle = source["conv1.weight"][:, :, 2:5, 2:5]
    torch.testing.assert_close(body["conv1.weight"], middle if channels == 3 else middle.sum(1, keepdim=True))


@pytest.mark.parametrize("name", [name for name in torchvision_models.BODIES if name != "resnet18"])
def test_every_body_takes_its_published_weights(name: str, tmp_path: Path) -> None:
    source = getattr(models, name)(weights=None).state_dict()
    torch.save(source, tmp_path / "weights.pth")
    options = {"pretrained": str(tmp_path / "weights.pth")}
    model = build(name, 5, 1, 40, 28, seed=0, options=options).eval()
    body = getattr(model.body, "body", model.body).state_dict()
    kept = [key for key in body if key in source and torch.equal(body[key], source[key])]
    assert len(kept) >= len(body) - 2  # all but the first convolution, and a vit's positions
    assert torch.isfinite(model(torch.rand(2, 1, 40, 28))).all()


def test_weights_of_another_model_are_a_sentence(tmp_path: Path) -> None:
    torch.save(models.resnet18(weights=None).state_dict(), tmp_path / "weights.pth")
    with pytest.raises(TrainingError, match=r"do not fit this model: \d+ of \d+ are missing"):
        build("resnet50", 5, 3, 32, 32, seed=0, options={"pretrained": str(tmp_path / "weights.pth")})


@pytest.mark.parametrize("content", [None, b"torn"])
def test_a_file_that_holds_no_weights_is_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "weights.pth"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TrainingError, match=r"weights\.pth (cannot be read|holds more)"):
        build("resnet18", 5, 3, 32, 32, seed=0, options={"pretrained": str(path)})


def test_a_file_that_would_run_code_is_not_loaded(tmp_path: Path) -> None:
    torch.save({"conv1.weight": print}, tmp_path / "weights.pth")
    with pytest.raises(TrainingError, match="holds more than weights"):
        build("resnet18", 5, 3, 32, 32, seed=0, options={"pretrained": str(tmp_path / "weights.pth")})


def test_without_a_network_the_sentence_says_where_to_put_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("no network")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(TrainingError, match=r"resnet18 are not here .*no network.*checkpoints.*resnet18-.*\.pth"):
        build("resnet18", 5, 3, 32, 32, seed=0, options={"pretrained": "imagenet"})


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_b0"])
def test_weights_in_torchvisions_cache_are_taken_without_a_network(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file under the published name is the cache; only downloads are checked by hash."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("nothing is to be downloaded")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    source = getattr(models, name)(weights=None).state_dict()
    place = tmp_path / "hub" / "checkpoints" / Path(torchvision_models.BODIES[name][1].url).name
    place.parent.mkdir(parents=True)
    torch.save(source, place)
    body = build(name, 5, 3, 32, 32, seed=0, options={"pretrained": "imagenet"}).body.state_dict()
    taken = [key for key in source if f"body.{key}" in body or key in body]
    assert len(taken) >= len(source) - 2  # all but the old head
    for key in taken[3:]:
        torch.testing.assert_close(body.get(key, body.get(f"body.{key}")), source[key])


def test_a_cached_file_that_would_run_code_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    place = tmp_path / "hub" / "checkpoints" / Path(torchvision_models.BODIES["resnet18"][1].url).name
    place.parent.mkdir(parents=True)
    torch.save({"conv1.weight": print}, place)
    with pytest.raises(TrainingError, match="resnet18 are not here"):
        build("resnet18", 5, 3, 32, 32, seed=0, options={"pretrained": "imagenet"})
