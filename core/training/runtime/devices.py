"""Devices: what torch finds, which one a process takes, and what a device can do; no backend's name decides.

An accelerator is whatever torch.accelerator reports: CUDA and ROCm (both called cuda), mps, xpu, or a backend that
another package brings.

    python -m core.training.runtime.devices        prints what is here, as JSON
"""

import functools
import json
import os
import platform
import sys
from typing import Any

import torch

from core.base.errors import TrainingError
from core.training.runtime import distributed

_PINNED = ("cuda", "xpu")  # their copies from pinned memory keep that memory until they are done


def accelerators() -> list[str]:
    """Names of this machine's accelerators, such as cuda:0 and cuda:1, mps:0 or xpu:0; empty where there is none."""
    if not torch.accelerator.is_available():
        return []
    found = torch.accelerator.current_accelerator()
    return [f"{found.type}:{number}" for number in range(torch.accelerator.device_count())] if found else []


def choose_device(wish: str) -> torch.device:
    """Device of this process (see device_name); TrainingError where it is not available."""
    return torch.device(device_name(wish, distributed.local_rank(), distributed.local_world_size(), accelerators()))


def device_name(wish: str, local_rank: int, num_local: int, found: list[str]) -> str:
    """Name the device of one of a run's processes on this machine.

    Args:
        wish: auto (an accelerator where there is one), cpu, or an accelerator's name such as cuda, mps, xpu or cuda:1.
        local_rank: Number of the process on this machine.
        num_local: Number of the run's processes on this machine; each takes its own accelerator.
        found: Names of this machine's accelerators, all of one kind.

    Returns:
        "cpu" or a name out of `found`.

    Raises:
        TrainingError: The device is not available; the sentence says what to choose.

    """
    kind, _, number = wish.partition(":")
    here = found[0].partition(":")[0] if found else ""
    is_whole = number.isdecimal() if ":" in wish else True
    if not is_whole or not kind.isidentifier() or (kind in ("auto", "cpu") and ":" in wish):
        raise TrainingError(f"{wish!r} is not the name of a device: choose auto, cpu, cuda, cuda:N, mps or xpu.")
    if kind == "cpu" or (kind == "auto" and not found):
        return "cpu"
    if kind not in ("auto", here) or (number and int(number) >= len(found)):
        there = f"has {', '.join(found)}" if found else "has no accelerator that this PyTorch can use"
        raise TrainingError(f"{wish} is not there: this machine {there}. Choose auto or cpu.")
    if number and num_local > 1:
        raise TrainingError(
            f"{wish} is one device, but the run asks for {num_local} processes here, each with an accelerator of its "
            f"own: choose {kind} or auto, or devices = 1."
        )
    if num_local > len(found):
        raise TrainingError(
            f"The run asks for {num_local} processes here, each with an accelerator of its own, but {len(found)} "
            f"({', '.join(found)}) are there: set devices to {len(found)} at most, or device to cpu."
        )
    return f"{here}:{int(number) if number else local_rank}"


def has_autocast(device: torch.device) -> bool:
    """Whether torch can compute in bf16 on a device, be it slowly."""
    return bool(torch.amp.is_autocast_available(device.type))


def computes_bf16(device: torch.device) -> bool:
    """Tell whether a device has instructions for bf16, so that measuring it can pay.

    An x86 processor without AVX512-bf16 and AMX emulates bf16, 4 to 40 times slower than fp32; a CUDA device before
    Ampere does so too.
    """
    if not has_autocast(device):
        return False
    if device.type != "cpu":
        asked = getattr(torch.get_device_module(device), "is_bf16_supported", None)
        if asked is None:
            return True
        return bool(asked(including_emulation=False) if device.type in _PINNED else asked())
    if platform.machine() not in ("x86_64", "AMD64"):
        return True
    is_supported = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    return is_supported is None or bool(is_supported())


def pins(device: torch.device) -> bool:
    """Whether main memory can be pinned for copies to a device, so that the host need not wait for them."""
    return device.type in _PINNED and _can_pin()


@functools.cache
def _can_pin() -> bool:
    try:
        return bool(torch.empty(1).pin_memory().is_pinned())
    except (RuntimeError, NotImplementedError):
        return False


def synchronize(device: torch.device) -> None:
    """Wait until a device has done all that was asked of it."""
    module = torch.get_device_module(device)
    if device.type != "cpu" and hasattr(module, "synchronize"):
        module.synchronize()


def free_bytes(device: torch.device) -> int:
    """Bytes of memory that are free on a device; of main memory where the device does not tell."""
    module = torch.get_device_module(device)
    if hasattr(module, "recommended_max_memory"):  # mps shares main memory with the processor
        free = module.recommended_max_memory() - module.driver_allocated_memory()
        return int(max(0, min(free, _free_main_memory())))
    if device.type != "cpu" and hasattr(module, "mem_get_info"):
        return int(module.mem_get_info(device)[0])
    return _free_main_memory()


def _free_main_memory() -> int:
    pages = "SC_AVPHYS_PAGES" if "SC_AVPHYS_PAGES" in os.sysconf_names else "SC_PHYS_PAGES"  # macOS knows the second
    return os.sysconf(pages) * os.sysconf("SC_PAGE_SIZE")


def full_name(device: torch.device) -> str:
    """A device's name as its maker gives it; of the CPU, its instructions and threads."""
    if device.type == "cpu":
        return f"{torch.backends.cpu.get_cpu_capability()} cpu with {torch.get_num_threads()} threads"
    asked = getattr(torch.get_device_module(device), "get_device_name", None)
    return str(asked(device)) if asked else device.type


def report() -> dict[str, Any]:
    """What is here and what a run would use with device = auto and precision = auto."""
    found, chosen = accelerators(), choose_device("auto")
    return {
        "torch": str(torch.__version__), "accelerators": {name: full_name(torch.device(name)) for name in found},
        "cpu": full_name(torch.device("cpu")), "device": str(chosen), "free_bytes": free_bytes(chosen),
        "measures_bf16": computes_bf16(chosen),
    }  # fmt: skip


if __name__ == "__main__":
    json.dump(report(), sys.stdout)
