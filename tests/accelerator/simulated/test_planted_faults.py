"""Faults that the CPU forgives, planted one by one: each is refused on the simulated device.

Without the fault the same run goes through, or the fault would not be what failed it.
"""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch

from core.training.batches.stream import Stream
from core.training.loop import trainer
from core.training.loop.monitor import PoolMonitor
from core.training.worker import TrainingWorker
from tests.accelerator.simulated.test_methods import ON_DEVICE, STOP, noted_layers, stop
from tests.training.small_datasets import make_run
from tests.training.test_worker import after_step, train

FIXMATCH = ON_DEVICE.model_copy(update={"method": "fixmatch"})
Plant = Callable[[pytest.MonkeyPatch], None]


def rows_left_on_the_cpu(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Stream, "draw", lambda self: (rows := self._rows(), self.source.take(rows)))


def generator_of_the_cpu(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(trainer, "Generator", lambda _device="cpu": torch.Generator())


def state_left_where_the_file_was_read(patch: pytest.MonkeyPatch) -> None:
    def load(self: PoolMonitor, state: dict[str, torch.Tensor]) -> None:
        self._last, self._mix, self._sums = (state[name] for name in ("last", "mix", "sums"))

    patch.setattr(PoolMonitor, "load_state_dict", load)


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (rows_left_on_the_cpu, "same device, but found cpu and sim:0"),
        (generator_of_the_cpu, "Expected a sim:0 device type for generator but found cpu"),
        (state_left_where_the_file_was_read, "same device, but found cpu and sim:0"),
    ],
)
@pytest.mark.parametrize("device", ["sim", "cpu"])
def test_a_device_fault_fails_the_run_there_and_goes_unseen_on_the_cpu(
    tiny: Path, plant: Plant, sentence: str, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run(tiny, FIXMATCH.model_copy(update={"device": device}))
    with monkeypatch.context() as patch:
        after_step(patch, STOP, stop)
        assert train(tiny, folder) == 0
    assert folder.status().state == "cancelled"  # half a run without a fault
    plant(monkeypatch)
    code = train(tiny, folder, is_resume=True)
    assert code == (1 if device == "sim" else 0)
    assert (sentence in folder.status().message) == (device == "sim"), folder.status().message


def test_a_context_without_rules_for_the_device_leaves_fp32(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What asserts the types in test_methods would see it; the losses would not tell."""
    for name, context in {"of the CPU": torch.autocast("cpu", torch.bfloat16), "none": nullcontext()}.items():
        monkeypatch.setattr(trainer, "autocast", lambda *_, context=context: context)
        seen: set[tuple[str, str, torch.dtype]] = set()
        one = make_run(tiny, FIXMATCH.model_copy(update={"precision": "bf16", "epochs": 1}), name)
        monkeypatch.setattr(TrainingWorker, "_finish", lambda *_: None)
        with noted_layers(seen):
            assert train(tiny, one) == 0, one.status().message
        assert {dtype for _, _, dtype in seen} == {torch.float32}
        assert np.isfinite(one.metrics()[-1]["loss"])
