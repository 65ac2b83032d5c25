"""Where the device has no memory for a tensor, work goes through in halves; the error is the device's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.features.compute import compute_features
from core.training.backbone_worker import find, torch_compute
from core.training.models.models import build
from core.training.predict import predict
from tests.accelerator.simulated.test_methods import ON_DEVICE
from tests.training.models.test_backbone_worker import images, request, weights
from tests.training.separable import make_images
from tests.training.small_datasets import make_run
from tests.training.test_worker import train
from tests.training.toy_models import CPU

__all__ = ["images", "weights"]  # fixtures of the backbone's tests
SIM = torch.device("sim:0")


@pytest.fixture
def device() -> Iterator[Any]:
    """The device's module, whose largest tensor is set back afterwards."""
    module: Any = torch.get_device_module("sim")
    yield module
    module.largest = type(module).largest


def test_a_step_takes_its_batch_in_pieces_and_the_run_goes_through(tiny: Path, device: Any) -> None:
    """The first convolution answers each of a batch's 8 + 2 x 16 images with 16 x 4 x 4 floats: 40 KiB."""
    device.largest = 25_000
    folder = make_run(tiny, ON_DEVICE.model_copy(update={"method": "fixmatch"}))
    assert train(tiny, folder) == 0, folder.status().message
    assert torch.load(folder.checkpoint_path, weights_only=True)["trainer"]["pieces"] in (2, 4)
    assert np.isfinite(folder.logits()).all()


def test_scoring_halves_its_chunks_until_they_fit(device: Any, capsys: pytest.CaptureFixture[str]) -> None:
    found = []
    for place, largest in ((CPU, 2**62), (SIM, 2**62), (SIM, 700_000)):
        device.largest = largest
        out = np.empty((150, 3), np.float32), np.empty((150, 128), np.float16)
        model = build("small_cnn", 3, 1, 8, 8, seed=0)
        normal = tuple(torch.full((1, 1, 1, 1), value, device=place) for value in (0.4, 0.2))
        predict(model, make_images().pixels, normal, place, "fp32", out, lambda _: None)  # type: ignore[arg-type]
        found.append(out[0])
    assert "Memory ran out at 150 images at a time: from here on 75." in capsys.readouterr().out
    for logits in found[1:]:
        np.testing.assert_allclose(logits, found[0], atol=1e-5)


def test_features_are_the_cpus_whole_and_in_halves(
    weights: Path, images: Path, tmp_path: Path, device: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Found on this machine, computed by a process of its own, and here with less memory."""
    extractor = find(request(weights, side=32))
    assert (extractor.runner, extractor.devices) == ("torch", ("sim:0",))
    pixels = np.load(images / "pixels.npy")
    expected = torch_compute(extractor, 1, CPU)(pixels)
    stored = compute_features(extractor, images, tmp_path / "features").values
    np.testing.assert_allclose(stored, expected, atol=1e-3, rtol=1e-3)
    device.largest = 600_000
    halved = torch_compute(extractor, 1, SIM)(pixels)
    assert "Memory ran out at 40 images at a time: from here on 20." in capsys.readouterr().out
    np.testing.assert_allclose(halved, expected, atol=1e-4)
