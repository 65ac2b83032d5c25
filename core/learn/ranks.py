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


def local_rank() -> int:
    """Which of this machine's processes we are; each takes its own GPU."""
    return int(os.environ.get("LOCAL_RANK", "0"))


@contextmanager
def joined(device: torch.device) -> Iterator[None]:
    """Be one of the ranks while inside: nccl on CUDA, gloo on the CPU; alone where torchrun did not start us."""
    if not is_launched():
        yield
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield
    finally:
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
