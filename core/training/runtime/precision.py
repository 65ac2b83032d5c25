"""Device and precision of a training: bf16 or fp32 is measured, because only some processors gain from bf16."""

import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.base.config import TrainConfig
from core.base.errors import DataError, TrainingError
from core.store.files import home, read_json, write_json
from core.training.runtime import distributed
from core.training.runtime.devices import computes_bf16, full_name, has_autocast, synchronize
from core.training.runtime.tensors import channels_last

_STEPS = 5
_SLOW = 0.25  # seconds of two images; a step that takes longer is not repeated
_LIMIT = 2.0  # seconds for all steps together
_GAIN = 0.95  # largest time of bf16, as a share of fp32's, that is worth its rounding

Shape = tuple[int, int, int, int]


def autocast(device: torch.device, precision: str) -> AbstractContextManager[None]:
    """Context of bfloat16 autocast for bf16, of nothing for fp32; TrainingError where a device has no bf16 autocast."""
    if precision != "bf16":
        return nullcontext()
    if not has_autocast(device):
        raise TrainingError(f"{device} has no bf16 autocast in this PyTorch: set precision to fp32 or auto.")
    return torch.autocast(device.type, dtype=torch.bfloat16)


def chosen_precision(
    config: TrainConfig,
    model: nn.Module,
    num_labeled: int,
    image: Sequence[int],
    device: torch.device,
    on_measure: Callable[[], None] = lambda: None,
) -> tuple[str, str]:
    """Precision of a training: the one that its settings name, else the faster one; all ranks take the first one's.

    Args:
        config: Settings; precision, batch_size and model are used.
        model: The model, on its device; its state is left unchanged.
        num_labeled: Labeled images of the run.
        image: (H, W, C) of an image.
        device: Device of the model.
        on_measure: Called before the faster one is looked for.

    Returns:
        "bf16" or "fp32", and a sentence with both times; empty where nothing was measured.
    """
    if config.precision != "auto":
        return config.precision, ""
    on_measure()
    per_rank = min(num_labeled, config.batch_size) // distributed.world_size() or 1
    is_large = config.is_fine_tuned
    size = (min(8, per_rank) if is_large else per_rank, image[2], image[0], image[1])
    name = f"{config.model_name} {config.trained_part}" if is_large else config.model
    faster, measured = faster_precision(model, name, size, device)
    return "bf16" if distributed.broadcast_flag(faster == "bf16", device) else "fp32", measured


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
        return "fp32", "fp32 is taken without measuring: this device has no instructions for bf16."
    file, key = home() / "precision.json", f"{name} {shape} on {full_name(device)}, torch {torch.__version__}"
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


def measure(model: nn.Module, shape: Shape, device: torch.device) -> dict[str, float]:
    """Measure one training step in fp32 and bf16 within about two seconds; the model's state is left unchanged.

    The first step takes two images. Where it takes more than a quarter of a second, nothing is repeated; else as many
    images of the batch go through as the two seconds allow.

    Args:
        model: On the device.
        shape: (B, C, H, W) of the images.
        device: Where it runs.

    Returns:
        Precision → seconds, the best of up to five steps of the same number of images.
    """
    state = {name: value.clone() for name, value in model.state_dict().items()}
    images = torch.rand(shape, generator=torch.Generator().manual_seed(0)).to(device)
    few = channels_last(images[:2])
    if device.type != "cpu":  # its libraries are loaded in the first step
        for precision in ("fp32", "bf16"):
            _step_seconds(model, few, device, precision)
    seconds = {precision: _step_seconds(model, few, device, precision) for precision in ("fp32", "bf16")}
    slowest = max(seconds.values())
    if slowest <= _SLOW:
        affordable = int(len(few) * _LIMIT / sum(seconds.values()) / (_STEPS + 1))
        seconds = _best_of(model, channels_last(images[: max(len(few), affordable)]), device)
    model.load_state_dict(state)
    model.zero_grad(set_to_none=True)
    return seconds


def _best_of(model: nn.Module, images: torch.Tensor, device: torch.device) -> dict[str, float]:
    """Precision → seconds of the best step; the first one warms up, and no round begins after the limit."""
    seconds, begin = {"fp32": math.inf, "bf16": math.inf}, time.perf_counter()
    for number in range(_STEPS + 1):  # interleaved, so that other work slows both alike
        for precision, best in seconds.items():
            found = _step_seconds(model, images, device, precision)
            seconds[precision] = found if number <= 1 else min(best, found)
        if time.perf_counter() - begin > _LIMIT / 2:
            break
    return seconds


def _step_seconds(model: nn.Module, images: torch.Tensor, device: torch.device, precision: str) -> float:
    begin = time.perf_counter()
    with autocast(device, precision):
        loss = model(images).float().logsumexp(1).mean()
    loss.backward()
    synchronize(device)
    return time.perf_counter() - begin


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
