"""The processes that train one run together (ranks); alone, every function here does nothing.

Batches are those of all ranks together: each draws the same rows and the same augmentation, and keeps its share.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
from torch import Tensor, distributed

PATIENCE = timedelta(minutes=10)
"""How long a rank waits for the others before it gives up."""


def world() -> int:
    """Number of ranks; 1 when alone."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Which of them we are, 0 … world - 1; rank 0 writes the run folder."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def is_launched() -> bool:
    """Whether torchrun started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def is_first() -> bool:
    """Whether we are the one process that writes the run folder; known before the ranks have met, and after."""
    return not is_launched() or int(os.environ.get("RANK", "0")) == 0


def local_rank() -> int:
    """Which of this machine's processes we are; each takes its own GPU."""
    return int(os.environ.get("LOCAL_RANK", "0")) if is_launched() else 0


def num_local() -> int:
    """How many of the run's processes are on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if is_launched() else 1


@contextmanager
def joined(device: torch.device) -> Iterator[None]:
    """Be one of the ranks while inside: nccl on CUDA, gloo on the CPU; alone where torchrun did not start us.

    Whoever leaves by an exception says no goodbye: it would wait for ranks that are waiting for it.
    """
    if not is_launched():
        yield
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
        distributed.init_process_group("nccl", timeout=PATIENCE, device_id=device)
    else:
        distributed.init_process_group("gloo", timeout=PATIENCE)
    yield
    distributed.destroy_process_group()


def share(values: Tensor) -> Tensor:
    """Our rows of a batch (B, …) of all ranks; shares differ by one row at most, and may be empty."""
    return values if world() == 1 else values.tensor_split(world())[rank()]


def span(total: int) -> slice:
    """Our contiguous share of so many rows."""
    return slice(total * rank() // world(), total * (rank() + 1) // world())


def gathered(values: Tensor) -> Tensor:
    """The rows (b, …) of all ranks, (B, …), in the order of the ranks; equally many each, without gradient."""
    if world() == 1:
        return values
    found = [torch.empty_like(values) for _ in range(world())]
    distributed.all_gather(found, values.contiguous())
    return torch.cat(found)


def summed(values: Tensor) -> Tensor:
    """The sum of a tensor over all ranks."""
    if world() > 1:
        distributed.all_reduce(values)
    return values


class _Sum(torch.autograd.Function):
    """Sum over ranks; so is the gradient, since every rank's loss depends on it."""

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


def summed_with_gradient(values: Tensor) -> Tensor:
    """The sum over all ranks, as a term of a loss that every rank computes from it.

    The gradient is summed too, so that the mean over ranks, which DistributedDataParallel takes, is the loss's own.
    """
    found: Tensor = _Sum.apply(values) if world() > 1 else values
    return found


def agreed(wish: bool, device: torch.device) -> bool:
    """What rank 0 wishes; every rank has to ask."""
    if world() == 1:
        return wish
    said = torch.tensor([int(wish)], device=device)
    distributed.broadcast(said, 0)
    return bool(said)


def together() -> None:
    """Wait until every rank has come here."""
    if world() > 1:
        distributed.barrier()
