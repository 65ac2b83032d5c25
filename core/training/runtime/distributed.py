"""Collectives over the processes (ranks) that train one run together; alone, each of them does nothing.

A batch is that of all ranks together: each rank draws the same rows and the same augmentation, and keeps its share.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
from torch import Tensor, distributed

TIMEOUT = timedelta(minutes=10)
"""How long a rank waits for the others before it fails."""


def world_size() -> int:
    """Number of ranks; 1 without torchrun."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Number of this rank, 0 … world_size - 1.

    Rank 0 writes the run folder.
    """
    return distributed.get_rank() if distributed.is_initialized() else 0


def is_launched() -> bool:
    """Whether torchrun started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def is_first() -> bool:
    """Whether this process is rank 0, known also before the process group exists."""
    return not is_launched() or int(os.environ.get("RANK", "0")) == 0


def local_rank() -> int:
    """Number of this process on this machine; each takes its own GPU."""
    return int(os.environ.get("LOCAL_RANK", "0")) if is_launched() else 0


def local_world_size() -> int:
    """Number of the run's processes on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if is_launched() else 1


@contextmanager
def process_group(device: torch.device) -> Iterator[None]:
    """Join the process group: the device's own backend (nccl on CUDA), else gloo.

    Do nothing without torchrun.

    After an exception the group is not destroyed: that would wait for ranks which are waiting for this one.
    """
    if not is_launched():
        yield
        return
    backend = distributed.Backend.default_device_backend_map.get(device.type, "gloo")
    if device.type != "cpu":
        torch.accelerator.set_device_index(device)
    is_own = backend != "gloo"
    distributed.init_process_group(backend, timeout=TIMEOUT, device_id=device if is_own else None)
    yield
    distributed.destroy_process_group()


def local_share(values: Tensor) -> Tensor:
    """Rows of this rank of a batch (B, …).

    Shares differ by one row at most, and may be empty.
    """
    return values if world_size() == 1 else values.tensor_split(world_size())[rank()]


def local_span(total: int) -> slice:
    """Contiguous share of this rank of `total` rows."""
    return slice(total * rank() // world_size(), total * (rank() + 1) // world_size())


def gather(values: Tensor) -> Tensor:
    """Rows (B, …) of all ranks in their order, from the same number (b, …) on each.

    Without gradient.
    """
    if world_size() == 1:
        return values
    found = [torch.empty_like(values) for _ in range(world_size())]
    distributed.all_gather(found, values.contiguous())
    return torch.cat(found)


def sum_over_ranks(values: Tensor) -> Tensor:
    """Sum of a tensor over all ranks, in place; without gradient."""
    if world_size() > 1:
        distributed.all_reduce(values)
    return values


class _Sum(torch.autograd.Function):
    """Sum over ranks.

    Its gradient is summed as well, since every rank's loss depends on it.
    """

    @staticmethod
    def forward(_context: object, values: Tensor) -> Tensor:
        found = values.clone()
        distributed.all_reduce(found)
        return found

    @staticmethod
    def backward(_context: object, gradient: Tensor) -> Tensor:
        found = gradient.clone()
        distributed.all_reduce(found)
        return found


def sum_over_ranks_with_gradient(values: Tensor) -> Tensor:
    """Sum of a tensor over all ranks, as a term of a loss that every rank computes from it.

    The gradient is summed too, so that DistributedDataParallel's mean over ranks is the loss's own gradient.
    """
    found: Tensor = _Sum.apply(values) if world_size() > 1 else values
    return found


def broadcast_flag(flag: bool, device: torch.device) -> bool:
    """The flag of rank 0; every rank has to call this."""
    if world_size() == 1:
        return flag
    value = torch.tensor([int(flag)], device=device)
    distributed.broadcast(value, 0)
    return bool(value)


def barrier() -> None:
    """Wait until every rank has called this."""
    if world_size() > 1:
        distributed.barrier()
