"""Device and precision of a training: bf16 or fp32 is measured, because only some processors gain from bf16."""

import math
import platform
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.base.errors import DataError, TrainingError
from core.store.files import home, read_json, write_json
from core.training.runtime import distributed
from core.training.runtime.tensors import channels_last

_STEPS = 5
_GAIN = 0.95  # largest time of bf16, as a share of fp32's, that is worth its rounding

Shape = tuple[int, int, int, int]


def choose_device(wish: str) -> torch.device:
    """Device of this process (see device_name); TrainingError where it is not available."""
    return torch.device(device_name(wish, distributed.local_rank(), distributed.local_world_size(), _num_cuda()))


def device_name(wish: str, local_rank: int, num_local: int, num_cuda: int) -> str:
    """Name the device of one of a run's processes on this machine.

    Args:
        wish: auto (CUDA where there is one), cpu, cuda or cuda:N.
        local_rank: Number of the process on this machine.
        num_local: Number of the run's processes on this machine; each takes its own GPU.
        num_cuda: Number of CUDA devices of this machine.

    Returns:
        "cpu" or "cuda:N".

    Raises:
        TrainingError: The device is not available; the sentence says what to choose.

    """
    name, _, number = wish.partition(":")
    if name not in ("auto", "cpu", "cuda") or (":" in wish and (name != "cuda" or not number.isdecimal())):
        raise TrainingError(f"Winnow trains on cpu or cuda, not on {wish!r}: choose auto, cpu, cuda or cuda:N.")
    if name == "cpu" or (name == "auto" and not num_cuda):
        return "cpu"
    if not num_cuda or (number and int(number) >= num_cuda):
        raise TrainingError(f"{wish} is not there: this machine has {num_cuda} CUDA devices. Choose auto or cpu.")
    if number and num_local > 1:
        raise TrainingError(
            f"{wish} is one device, but the run asks for {num_local} processes here, each with a GPU of its own: "
            "choose cuda or auto, or devices = 1."
        )
    if num_local > num_cuda:
        raise TrainingError(
            f"The run asks for {num_local} processes here, each with a GPU of its own, but {num_cuda} CUDA devices are "
            f"there: set devices to {num_cuda} at most, or device to cpu."
        )
    return f"cuda:{int(number) if number else local_rank}"


def _num_cuda() -> int:
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def autocast(device: torch.device, precision: str) -> AbstractContextManager[None]:
    """Context of bfloat16 autocast for bf16, of nothing for fp32."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")


def faster_precision(model: nn.Module, name: str, shape: Shape, device: torch.device) -> tuple[str, str]:
    """Choose bf16 or fp32 by the time of one training step on this machine.

    The times are kept in Winnow's own folder; where it cannot be read or written, they are measured each time.

    Args:
        model: The model, on its device; its state is left unchanged.
        name: Name of the model, part of the key under which the times are kept.
        shape: Shape of a batch of images (b, C, H, W).
        device: Device of the model.

    Returns:
        "bf16" or "fp32", and a sentence with both times.

    """
    if not computes_bf16(device):
        return "fp32", "fp32 is taken without measuring: this processor has no instructions for bf16."
    file, key = home() / "precision.json", f"{name} {shape} on {_machine(device)}, torch {torch.__version__}"
    known = _read_times(file)
    if key not in known:
        known[key] = measure(model, shape, device)
        _write_times(file, known)
    seconds = known[key]
    faster = "bf16" if seconds["bf16"] < _GAIN * seconds["fp32"] else "fp32"
    return faster, (
        f"{faster} was measured to be the faster here: {1000 * seconds['bf16']:.1f} ms a step in bf16, "
        f"{1000 * seconds['fp32']:.1f} ms in fp32."
    )


def computes_bf16(device: torch.device) -> bool:
    """Tell whether bf16 is worth measuring on a device.

    An x86 processor with AVX2 alone emulates bf16, 4 to 40 times slower than fp32, so measuring it costs more than it
    can save. Every other device is measured.
    """
    if device.type != "cpu" or platform.machine() not in ("x86_64", "AMD64"):
        return True
    is_supported = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    return is_supported is None or bool(is_supported())


def measure(model: nn.Module, shape: Shape, device: torch.device) -> dict[str, float]:
    """Measure one training step in fp32 and bf16; the model's state is left unchanged.

    Args:
        model: On the device.
        shape: (B, C, H, W) of the images.
        device: Where it runs.

    Returns:
        Precision → seconds, the best of five.
    """
    state = {name: value.clone() for name, value in model.state_dict().items()}
    images = torch.rand(shape, generator=torch.Generator().manual_seed(0)).to(device)
    images = channels_last(images)
    seconds = {"fp32": math.inf, "bf16": math.inf}
    for number in range(_STEPS + 1):  # interleaved, so that other work slows both alike; the first step warms up
        for precision, best in seconds.items():
            found = _step_seconds(model, images, device, precision)
            seconds[precision] = min(best, found) if number else best
    model.load_state_dict(state)
    model.zero_grad(set_to_none=True)
    return seconds


def _step_seconds(model: nn.Module, images: torch.Tensor, device: torch.device, precision: str) -> float:
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


def _read_times(file: Path) -> dict[str, Any]:
    try:
        return read_json(file) if file.exists() else {}
    except DataError as error:
        print(error, flush=True)
        return {}


def _write_times(file: Path, known: dict[str, Any]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, known)
    except (OSError, DataError) as error:
        print(f"What was measured cannot be remembered: {error}", flush=True)
