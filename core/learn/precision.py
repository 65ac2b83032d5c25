"""Which device, and bf16 or fp32 on it: measured, because only some processors gain from bf16."""

import time
from contextlib import AbstractContextManager

import torch
from torch import nn

from core.base.errors import TrainingError

_STEPS = 3


def choose_device(name: str) -> torch.device:
    """The device by its name; auto takes CUDA where there is one. TrainingError where it cannot be had."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise TrainingError(f"There is no device called {name!r}: choose auto, cpu, cuda or cuda:N.") from error
    if device.type not in ("cpu", "cuda"):
        raise TrainingError(f"Winnow trains on cpu or cuda, not on {name!r}.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise TrainingError(f"{name} is not there: this machine has {torch.cuda.device_count()} CUDA devices.")
    return device


def autocast(device: torch.device, precision: str) -> AbstractContextManager[None]:
    """bfloat16 autocast where the precision is bf16, nothing otherwise."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")


def measure(model: nn.Module, shape: tuple[int, int, int, int], device: torch.device) -> dict[str, float]:
    """Seconds of one training step in fp32 and bf16, the best of three; the model's state is left as it was."""
    state = {name: value.clone() for name, value in model.state_dict().items()}
    images = torch.zeros(shape, device=device).contiguous(memory_format=torch.channels_last)
    seconds = {precision: _best(model, images, device, precision) for precision in ("fp32", "bf16")}
    model.load_state_dict(state)
    model.zero_grad(set_to_none=True)
    return seconds


def _best(model: nn.Module, images: torch.Tensor, device: torch.device, precision: str) -> float:
    times = []
    for _ in range(_STEPS + 1):
        begin = time.perf_counter()
        with autocast(device, precision):
            loss = model(images).float().logsumexp(1).mean()
        loss.backward()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - begin)
    return min(times[1:])
