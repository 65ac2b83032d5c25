"""The engine on a GPU: every method trains, resumes and scores there. Without one these tests are skipped."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.base.config import METHODS
from core.store.arrays import read_json
from tests.learn.test_engine import _own_signals, after_step, tiny, train
from tests.learn.tiny_world import TINY, make_run

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
    after_step(monkeypatch, 3, parts.request_cancel)
    train(tiny, parts)
    monkeypatch.undo()
    assert parts.status().state == "cancelled"
    parts.clear_cancel()
    assert train(tiny, parts, is_resume=True) == 0
    assert [line["step"] for line in parts.metrics()] == [line["step"] for line in whole.metrics()]
    np.testing.assert_allclose(parts.logits(), whole.logits(), atol=0.05)


def test_the_same_weights_score_alike_on_gpu_and_cpu(tiny: Path) -> None:
    """A run at learning rate nought keeps the seed's weights, whatever the device."""
    frozen = ON_GPU.model_copy(update={"learning_rate": 1e-6, "epochs": 1})
    runs = [
        make_run(tiny, frozen.model_copy(update={"device": device}), f"00{number}-{device}")
        for number, device in enumerate(("cuda", "cpu"), start=1)
    ]
    assert [train(tiny, run) for run in runs] == [0, 0]
    np.testing.assert_allclose(runs[0].logits(), runs[1].logits(), atol=0.02)
    temperatures = [read_json(run.path / "calibration.json")["temperature"] for run in runs]
    assert temperatures[0] == pytest.approx(temperatures[1], rel=0.1)
