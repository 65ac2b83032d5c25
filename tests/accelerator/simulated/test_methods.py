"""Every method trains, scores and resumes on the simulated device: the CPU's numbers in fp32, close to them in bf16."""

import dataclasses
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from core.base.config import NETWORK_METHODS as METHODS
from core.store.files import read_json, write_json
from core.store.run_folder import RunFolder
from tests.training.small_datasets import TINY, make_project, make_run
from tests.training.test_worker import after_step, train

ON_DEVICE = TINY.model_copy(
    update={"device": "sim", "model": "tiny_cnn", "profile": "natural", "threshold": 0.5, "epochs": 2}
)
WAYS: dict[str, dict[str, Any]] = {
    "on_cpu": {"device": "cpu"},
    "on_device": {},
    "resumed": {},
    "in_bf16": {"precision": "bf16", "learning_rate": 0.001},
    "slow_on_cpu": {"device": "cpu", "learning_rate": 0.001},
}
"""Bf16 is compared at a low rate: at a higher one the smallest rounding grows from step to step."""
STOP = 3
"""Step after which a run is stopped, of the ten that it has."""


@dataclasses.dataclass(frozen=True)
class Trained:
    """Runs of one method."""

    on_cpu: RunFolder
    on_device: RunFolder
    resumed: RunFolder
    in_bf16: RunFolder
    slow_on_cpu: RunFolder
    seen: set[tuple[str, str, torch.dtype]]  # of each convolution and linear layer in bf16: name, device, type


@pytest.fixture(scope="module", params=METHODS)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Train every way once."""
    project, before = make_project(tmp_path_factory.mktemp("device") / "tiny"), signal.getsignal(signal.SIGTERM)
    config = ON_DEVICE.model_copy(update={"method": request.param})
    runs = {name: make_run(project, config.model_copy(update=changes), name) for name, changes in WAYS.items()}
    seen: set[tuple[str, str, torch.dtype]] = set()
    for name, folder in runs.items():
        with pytest.MonkeyPatch.context() as patch:
            if name == "resumed":
                after_step(patch, STOP, stop)
            with noted_layers(seen if name == "in_bf16" else set()):
                assert train(project, folder) == 0, folder.status().message
    assert runs["resumed"].status().state == "cancelled"
    assert train(project, runs["resumed"], is_resume=True) == 0, runs["resumed"].status().message
    signal.signal(signal.SIGTERM, before)  # the worker takes it for itself
    return Trained(**runs, seen=seen)


def stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def move(folder: RunFolder, device: str) -> None:
    """Let a run go on on another device."""
    facts = read_json(folder.path / "run.json")
    facts["config"]["device"] = device
    write_json(folder.path / "run.json", facts)


@contextmanager
def noted_layers(seen: set[tuple[str, str, torch.dtype]]) -> Iterator[None]:
    """Note what the convolutions and linear layers of all networks answer."""

    def note(module: nn.Module, _images: Any, found: torch.Tensor) -> None:
        if isinstance(module, nn.Conv2d | nn.Linear):
            seen.add((type(module).__name__, str(found.device), found.dtype))

    watch = nn.modules.module.register_module_forward_hook(note)
    yield
    watch.remove()


def test_logits_are_the_cpus_in_fp32(trained: Trained) -> None:
    assert (trained.on_device.status().device, trained.on_cpu.status().device) == ("sim:0", "cpu")
    np.testing.assert_allclose(trained.on_device.logits(), trained.on_cpu.logits(), atol=1e-3, rtol=1e-4)
    lines = [[line["loss"] for line in run.metrics()] for run in (trained.on_device, trained.on_cpu)]
    assert lines[0] == pytest.approx(lines[1], rel=1e-4)


def test_in_bf16_layers_answer_in_bf16_and_logits_are_near_the_cpus_fp32(trained: Trained) -> None:
    """The types are asserted: an autocast without rules for the device would leave fp32, and equal numbers."""
    assert trained.in_bf16.status().precision == "bf16"
    assert trained.seen == {(kind, "sim:0", torch.bfloat16) for kind in ("Conv2d", "Linear")}
    here, there = trained.in_bf16.logits(), trained.slow_on_cpu.logits()
    assert not np.array_equal(here, there)
    assert np.abs(here - there).mean() < 0.05 * np.abs(there).mean()


def test_a_stopped_run_resumes_to_the_same_logits(trained: Trained) -> None:
    np.testing.assert_array_equal(trained.resumed.logits(), trained.on_device.logits())


def test_a_run_stopped_on_the_device_resumes_on_the_cpu(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = ON_DEVICE.model_copy(update={"method": "softmatch"})
    moved = make_run(tiny, config, "001-moved")
    stayed = make_run(tiny, config.model_copy(update={"device": "cpu"}), "002-stayed")
    assert train(tiny, stayed) == 0
    with monkeypatch.context() as patch:
        after_step(patch, STOP, stop)
        assert train(tiny, moved) == 0
    move(moved, "cpu")
    assert train(tiny, moved, is_resume=True) == 0
    assert moved.status().device == "cpu"
    np.testing.assert_allclose(moved.logits(), stayed.logits(), atol=1e-3, rtol=1e-4)
