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
from core.training.runtime.precision import Shape, choose_device, device_name, faster_precision, measure

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


def test_avx2_alone_has_no_bf16_and_other_devices_are_measured() -> None:
    code = "import torch; from core.training.runtime.precision import computes_bf16 as c; print(c(torch.device('cpu')))"
    environment = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2"}
    answer = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == str(platform.machine() not in ("x86_64", "AMD64"))
    assert precision.computes_bf16(torch.device("cuda:0"))


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


# --- the device -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "local_rank", "num_local", "num_cuda", "expected"),
    [
        ("auto", 0, 1, 0, "cpu"),
        ("auto", 1, 2, 0, "cpu"),
        ("auto", 0, 1, 2, "cuda:0"),
        ("cpu", 1, 4, 2, "cpu"),
        ("cuda", 0, 1, 1, "cuda:0"),
        ("cuda", 0, 2, 2, "cuda:0"),
        ("auto", 1, 2, 2, "cuda:1"),
        ("cuda", 3, 4, 8, "cuda:3"),
        ("cuda:1", 0, 1, 2, "cuda:1"),
    ],
)
def test_each_process_of_a_run_gets_a_device_of_its_own_by_number(
    wish: str, local_rank: int, num_local: int, num_cuda: int, expected: str
) -> None:
    """The first of several has a number too: torch.cuda.set_device needs one."""
    assert device_name(wish, local_rank, num_local, num_cuda) == expected


@pytest.mark.parametrize(
    ("wish", "num_local", "num_cuda", "sentence"),
    [
        ("cuda", 1, 0, "cuda is not there: this machine has 0 CUDA devices"),
        ("cuda:2", 1, 2, "cuda:2 is not there: this machine has 2 CUDA devices"),
        ("cuda:0", 2, 2, "cuda:0 is one device, but the run asks for 2 processes here"),
        ("cuda", 4, 2, "asks for 4 processes here.*2 CUDA devices are there: set devices to 2 at most"),
        ("auto", 2, 1, "set devices to 1 at most, or device to cpu"),
        ("mps", 1, 0, "not on 'mps': choose auto"),
        ("cuda:-1", 1, 2, "not on 'cuda:-1'"),
        ("cuda:", 1, 2, "not on 'cuda:'"),
        ("cpu:0", 1, 2, "not on 'cpu:0'"),
    ],
)
def test_a_device_that_cannot_be_had_is_a_sentence(wish: str, num_local: int, num_cuda: int, sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        device_name(wish, 0, num_local, num_cuda)


def test_the_place_among_the_processes_is_torchruns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "_num_cuda", lambda: 2)
    for name, value in {"WORLD_SIZE": "4", "RANK": "3", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    assert choose_device("auto") == torch.device("cuda:1")
    with pytest.raises(TrainingError, match="asks for 2 processes here"):
        choose_device("cuda:0")
