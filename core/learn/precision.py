"""Which device, and bf16 or fp32 on it: measured, because only some processors gain from bf16."""

import math
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.base.errors import DataError, TrainingError
from core.learn.batches import channels_last
from core.store.arrays import read_json, write_json
from core.store.home import home

_STEPS = 5
_GAIN = 0.95  # bf16 has to be this much faster than fp32 to be worth its rounding

Shape = tuple[int, int, int, int]


def choose_device(name: str, local_rank: int = 0) -> torch.device:
    """The device by its name; auto takes CUDA where there is one. TrainingError where it cannot be had.

    local_rank: of several processes of one run on this machine, each takes its own GPU.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if local_rank and name == "cuda":
        name = f"cuda:{local_rank}"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise TrainingError(f"There is no device called {name!r}: choose auto, cpu, cuda or cuda:N.") from error
    if device.type not in ("cpu", "cuda"):
        raise TrainingError(f"Winnow trains on cpu or cuda, not on {name!r}: choose auto, cpu, cuda or cuda:N.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise TrainingError(
            f"{name} is not there: this machine has {torch.cuda.device_count()} CUDA devices. Choose auto or cpu."
        )
    return device


def autocast(device: torch.device, precision: str) -> AbstractContextManager[None]:
    """bfloat16 autocast where the precision is bf16, nothing otherwise."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")


def faster_precision(model: nn.Module, name: str, shape: Shape, device: torch.device) -> tuple[str, str]:
    """bf16 or fp32, and a sentence with both times; measured when this machine first trains such a model.

    Remembered in Winnow's own folder; where that cannot be read or written, measured each time.
    """
    file, key = home() / "precision.json", f"{name} {shape} on {_machine(device)}, torch {torch.__version__}"
    known = _known(file)
    if key not in known:
        known[key] = measure(model, shape, device)
        _remember(file, known)
    seconds = known[key]
    faster = "bf16" if seconds["bf16"] < _GAIN * seconds["fp32"] else "fp32"
    return faster, (
        f"{faster} was measured to be the faster here: {1000 * seconds['bf16']:.1f} ms a step in bf16, "
        f"{1000 * seconds['fp32']:.1f} ms in fp32."
    )


def measure(model: nn.Module, shape: Shape, device: torch.device) -> dict[str, float]:
    """Seconds of one training step in fp32 and bf16, the best of five; the model's state is left as it was."""
    state = {name: value.clone() for name, value in model.state_dict().items()}
    images = torch.rand(shape, generator=torch.Generator().manual_seed(0)).to(device)
    images = channels_last(images)
    seconds = {"fp32": math.inf, "bf16": math.inf}
    for number in range(_STEPS + 1):  # by turns, so that other work on the machine slows both; the first warms up
        for precision, best in seconds.items():
            found = _one(model, images, device, precision)
            seconds[precision] = min(best, found) if number else best
    model.load_state_dict(state)
    model.zero_grad(set_to_none=True)
    return seconds


def _one(model: nn.Module, images: torch.Tensor, device: torch.device, precision: str) -> float:
    begin = time.perf_counter()
    with autocast(device, precision):
        loss = model(images).float().logsumexp(1).mean()
    loss.backward()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - begin


def _machine(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{torch.backends.cpu.get_cpu_capability()} cpu with {torch.get_num_threads()} threads"


def _known(file: Path) -> dict[str, Any]:
    try:
        return read_json(file) if file.exists() else {}
    except DataError as error:
        print(error, flush=True)
        return {}


def _remember(file: Path, known: dict[str, Any]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, known)
    except (OSError, DataError) as error:
        print(f"What was measured cannot be remembered: {error}", flush=True)
