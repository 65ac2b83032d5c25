"""The bf16 measurement is remembered and never stops a training."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.base.errors import TrainingError
from core.training.models.models import build
from core.training.runtime import precision
from core.training.runtime.precision import Shape, autocast, faster_precision, measure

CPU = torch.device("cpu")
ROOT = Path(__file__).parents[3]
SHAPE = (2, 1, 8, 8)


def measured(monkeypatch: pytest.MonkeyPatch, bf16: float, fp32: float) -> list[Shape]:
    """Let the clock return these seconds; the list counts its calls."""
    asked: list[Shape] = []

    def answer(_model: torch.nn.Module, shape: Shape, _device: torch.device) -> dict[str, float]:
        asked.append(shape)
        return {"bf16": bf16, "fp32": fp32}

    monkeypatch.setattr(precision, "measure", answer)
    monkeypatch.setattr(precision, "computes_bf16", lambda _device: True)
    return asked


def test_measuring_leaves_weights_statistics_and_gradients_as_they_were() -> None:
    model = build("small_cnn", 3, 1, 8, 8, seed=0)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    seconds = measure(model, SHAPE, CPU)
    assert set(seconds) == {"fp32", "bf16"}
    assert min(seconds.values()) > 0
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("per_image", [1.0, 0.01, 0.0001])
def test_measuring_stops_after_a_slow_step_and_takes_two_seconds_at_most(
    monkeypatch: pytest.MonkeyPatch, per_image: float
) -> None:
    """By a clock that counts images: slow models get one step of two images, quick ones as many as fit."""
    taken: list[float] = []

    def step(_model: torch.nn.Module, images: torch.Tensor, _device: torch.device, name: str) -> float:
        taken.append(per_image * len(images) * (0.5 if name == "bf16" else 1))
        return taken[-1]

    monkeypatch.setattr(precision, "_step_seconds", step)
    monkeypatch.setattr("core.training.runtime.precision.time.perf_counter", lambda: sum(taken))
    seconds = measure(torch.nn.Linear(1, 1), (64, 1, 8, 8), CPU)
    assert seconds["bf16"] == pytest.approx(seconds["fp32"] / 2)
    if per_image == 1.0:
        assert len(taken) == 2
    else:
        assert sum(taken) <= 2
        assert len(taken) > 2


def test_a_precision_that_a_device_cannot_compute_in_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    autocast(CPU, "bf16")
    monkeypatch.setattr(precision, "has_autocast", lambda _device: False)
    autocast(CPU, "fp32")
    with pytest.raises(TrainingError, match=r"no bf16 autocast.*set precision to fp32"):
        autocast(CPU, "bf16")


@pytest.mark.parametrize(("bf16", "expected"), [(0.010, "bf16"), (0.0195, "fp32"), (0.040, "fp32")])
def test_bf16_has_to_be_clearly_faster(monkeypatch: pytest.MonkeyPatch, bf16: float, expected: str) -> None:
    measured(monkeypatch, bf16, 0.020)
    faster, sentence = faster_precision(torch.nn.Linear(1, 1), "mlp", SHAPE, CPU)
    assert faster == expected
    assert f"{1000 * bf16:.1f} ms a step in bf16, 20.0 ms in fp32" in sentence


def test_a_processor_without_bf16_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = measured(monkeypatch, 0.01, 0.02)
    monkeypatch.setattr(precision, "computes_bf16", lambda _device: False)
    faster, sentence = faster_precision(torch.nn.Linear(1, 1), "mlp", SHAPE, CPU)
    assert (faster, asked) == ("fp32", [])
    assert "no instructions for bf16" in sentence


def test_avx2_alone_has_no_bf16() -> None:
    code = "import torch; from core.training.runtime.devices import computes_bf16 as c; print(c(torch.device('cpu')))"
    environment = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2"}
    answer = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == str(platform.machine() not in ("x86_64", "AMD64"))


def test_a_machine_is_measured_once_per_model_and_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = measured(monkeypatch, 0.01, 0.02)
    model = torch.nn.Linear(1, 1)
    answers = {faster_precision(model, "mlp", SHAPE, CPU) for _ in range(3)}
    assert len(asked) == len(answers) == 1
    faster_precision(model, "mlp", (4, 1, 8, 8), CPU)
    faster_precision(model, "small_cnn", SHAPE, CPU)
    assert len(asked) == 3


def test_what_cannot_be_remembered_is_measured_each_time(
    winnow_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    winnow_home.write_text("a file where the folder should be")
    asked = measured(monkeypatch, 0.01, 0.02)
    for _ in range(2):
        assert faster_precision(torch.nn.Linear(1, 1), "mlp", SHAPE, CPU)[0] == "bf16"
    assert len(asked) == 2
    assert "cannot be remembered" in capsys.readouterr().out


def test_a_torn_memory_is_measured_anew(winnow_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    winnow_home.mkdir()
    (winnow_home / "precision.json").write_text('{"mlp')
    asked = measured(monkeypatch, 0.01, 0.02)
    for _ in range(2):
        faster_precision(torch.nn.Linear(1, 1), "mlp", SHAPE, CPU)
    assert len(asked) == 1
