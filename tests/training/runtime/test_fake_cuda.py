"""Batches, augmentations, forward passes, losses and thresholds of every method on fake CUDA tensors.

PyTorch's fake tensors have the shapes, types and devices of a GPU's, compute nothing and refuse mixed devices. They
cannot reach, without a driver: the backward pass, a generator or an autocast of the device; and never what reads a
number (the losses of a line, accuracies, checkpoints).
"""

from typing import Any

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from core.base.config import NETWORK_METHODS as METHODS
from core.training.batches.part import Part
from core.training.batches.stream import Stream
from core.training.batches.train_data import TrainData
from core.training.loop.trainer import Trainer
from core.training.models.models import Classifier, build
from tests.training.toy_models import CONFIG, data

pytestmark = pytest.mark.filterwarnings("ignore:Accessing the data pointer of FakeTensor")  # torch's own deepcopy
CUDA = torch.device("cuda:0")


def on_cuda(value: Any, mode: FakeTensorMode) -> Any:
    """Move a toy part or tensor to the fake GPU."""
    if isinstance(value, Part):
        return Part(*(on_cuda(field, mode) for field in vars(value).values()))
    return mode.from_tensor(value).to(CUDA) if isinstance(value, torch.Tensor) else value


@pytest.fixture
def _no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator of the CPU stands for the GPU's, nothing is pinned, no gradient is computed: they need a driver.

    The model is moved once, since a fake one cannot be moved again.
    """
    monkeypatch.setattr(torch.Tensor, "backward", lambda _self: None)
    monkeypatch.setattr("core.training.loop.trainer.prepare_model", lambda model, *_: (model.train(), model))
    monkeypatch.setattr("core.training.loop.trainer.Generator", lambda _device="cpu": torch.Generator())
    monkeypatch.setattr("core.training.runtime.tensors.pins", lambda _device: False)


REAL = data()


def network() -> Classifier:
    return build("small_cnn", 3, 1, 8, 8, seed=0)


def training(method: str, profile: str, model: Classifier, mode: FakeTensorMode) -> Trainer:
    """Make a trainer on the fake GPU."""
    words = {"method": method, "model": "small_cnn", "profile": profile, "device": "cuda"}
    material = TrainData(**{name: on_cuda(value, mode) for name, value in vars(REAL).items()})
    return Trainer(CONFIG.model_copy(update=words), model.to(CUDA), material, CUDA, "fp32")


@pytest.mark.usefixtures("_no_driver")
@pytest.mark.parametrize("profile", ["natural", "digits"])
@pytest.mark.parametrize("method", METHODS)
def test_a_step_stays_on_the_gpu(method: str, profile: str) -> None:
    model = network()
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        one = training(method, profile, model, mode)
        for _ in range(2):
            one.train_step()
        tensors = [*one.model.parameters(), *one.average.model.buffers(), one._totals, one.monitor._sums]
        assert {value.device for value in tensors} == {CUDA}
        assert one.step == 2


@pytest.mark.usefixtures("_no_driver")
def test_an_index_left_on_the_cpu_in_arithmetic_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = Stream.draw
    monkeypatch.setattr(Stream, "draw", lambda self: (draw(self)[0], draw(self)[1].cpu()))
    model = network()
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        one = training("fixmatch", "natural", model, mode)
        with pytest.raises(RuntimeError, match=r"cuda:0.*cpu|cpu.*cuda:0"):
            one.train_step()
