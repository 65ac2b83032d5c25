"""Every method trains, resumes and scores on a GPU.

Without a GPU these tests are skipped.
"""

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.base.config import NETWORK_METHODS as METHODS
from core.store.files import read_json
from core.training.batches.part import Part
from core.training.batches.train_data import TrainData
from core.training.loop.trainer import Trainer
from core.training.models.models import build
from tests.training.runtime.test_distributed import torchrun
from tests.training.small_datasets import TINY, make_run
from tests.training.test_worker import _own_signals, after_step, tiny, train
from tests.training.toy_models import CONFIG, data

__all__ = ["_own_signals", "tiny"]  # fixtures of the engine's tests
pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")]
ON_GPU = TINY.model_copy(update={"device": "cuda", "model": "small_cnn", "profile": "natural"})


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_every_method_trains_on_the_gpu(tiny: Path, method: str, precision: str) -> None:
    folder = make_run(tiny, ON_GPU.model_copy(update={"method": method, "precision": precision}))
    assert train(tiny, folder) == 0
    status = folder.status()
    assert (status.state, status.device.partition(":")[0], status.precision) == ("done", "cuda", precision)
    assert np.isfinite(folder.logits()).all()
    assert all(np.isfinite(line["loss"]) for line in folder.metrics())


@pytest.mark.parametrize("method", METHODS)
def test_a_run_that_was_stopped_on_the_gpu_resumes_to_the_same_accuracy(
    tiny: Path, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ON_GPU.model_copy(update={"method": method})
    whole, parts = make_run(tiny, config, "001-whole"), make_run(tiny, config, "002-parts")
    assert train(tiny, whole) == 0
    with monkeypatch.context() as patch:
        after_step(patch, 3, lambda: os.kill(os.getpid(), signal.SIGTERM))  # a request is looked for twice a second
        train(tiny, parts)
    assert parts.status().state == "cancelled"
    assert train(tiny, parts, is_resume=True) == 0
    assert [line["step"] for line in parts.metrics()] == [line["step"] for line in whole.metrics()]
    np.testing.assert_allclose(parts.logits(), whole.logits(), atol=0.05)


def test_the_same_weights_score_alike_on_gpu_and_cpu(tiny: Path) -> None:
    """A run at learning rate 0 keeps the seed's weights on every device."""
    frozen = ON_GPU.model_copy(update={"learning_rate": 1e-6, "epochs": 1})
    runs = [
        make_run(tiny, frozen.model_copy(update={"device": device}), f"00{number}-{device}")
        for number, device in enumerate(("cuda", "cpu"), start=1)
    ]
    assert [train(tiny, run) for run in runs] == [0, 0]
    np.testing.assert_allclose(runs[0].logits(), runs[1].logits(), atol=0.02)
    temperatures = [read_json(run.path / "calibration.json")["temperature"] for run in runs]
    assert temperatures[0] == pytest.approx(temperatures[1], rel=0.1)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA devices")
@pytest.mark.parametrize("method", ["fixmatch", "flexmatch", "freematch"])
def test_two_gpus_train_what_one_trains(tiny: Path, method: str) -> None:
    """NCCL and torch's synchronous batch norm, one process per GPU; equal to the GPU's rounding."""
    words = {"method": method, "precision": "fp32", "threshold": 0.5, "devices": 2}
    config = ON_GPU.model_copy(update=words)
    one, two = make_run(tiny, config, "001-one"), make_run(tiny, config, "002-two")
    assert train(tiny, one) == 0
    assert torchrun(tiny, two, 2).wait(300) == 0, two.log_tail(60)
    assert (two.status().state, two.status().device) == ("done", "2 x cuda")
    np.testing.assert_allclose(two.logits(), one.logits(), atol=0.05)


def on_gpu(value: Any) -> Any:
    """Move a toy part or tensor to the GPU."""
    if isinstance(value, Part):
        return Part(*(field.cuda() for field in vars(value).values()))
    return value.cuda() if isinstance(value, torch.Tensor) else value


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("profile", ["natural", "digits"])
def test_between_two_lines_no_step_waits_for_the_gpu(method: str, profile: str) -> None:
    """PyTorch raises at every copy or read that makes the host wait."""
    config = CONFIG.model_copy(update={"method": method, "profile": profile, "model": "small_cnn", "device": "cuda"})
    material = TrainData(**{name: on_gpu(value) for name, value in vars(data()).items()})
    device = torch.device("cuda:0")
    training = Trainer(config, build("small_cnn", 3, 1, 8, 8, seed=0), material, device, "bf16")
    training.train_step()  # what is made once may take its time
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(5):
            training.train_step()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert training.step == 6
