"""Memory of a training: kept from step to step, and smaller pieces of the same work where it runs out."""

import ctypes
import platform
from collections.abc import Callable

import torch

_MESSAGES = ("can't allocate memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # of glibc's malloc.h
_KEPT = 2**30  # bytes


def keep_freed_memory() -> bool:
    """Let malloc keep up to 1 GiB of freed memory for this process.

    False where it is not glibc's.

    Otherwise it maps each large tensor anew, and the kernel clears the same pages in every step: up to a quarter of a
    step's time on the CPU (decision 0016).
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(_M_MMAP_MAX, 0)) and bool(mallopt(_M_TRIM_THRESHOLD, _KEPT))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on CUDA or on the CPU."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(message in str(error) for message in _MESSAGES)


def chunk_size(height: int, width: int) -> int:
    """Images of this size in one forward pass without gradients: at most 512, and at most 2^20 pixels."""
    return max(1, min(512, 2**20 // (height * width)))


def run_in_chunks(rows: slice, size: int, act: Callable[[slice], None]) -> int:
    """Call `act` on successive rows.

    Where memory runs out, on half as many at a time from then on.

    Args:
        rows: The rows to cover.
        size: Rows in a chunk at first, at least 1.
        act: Works on the rows of one chunk; it must leave nothing behind when it fails.

    Returns:
        Rows in a chunk at the end.

    Raises:
        RuntimeError: A single row is too much, or `act` failed for another reason; MemoryError likewise.

    """
    start = rows.start
    while start < rows.stop:
        chunk = slice(start, min(start + size, rows.stop))
        try:
            act(chunk)
        except (RuntimeError, MemoryError) as error:
            num = chunk.stop - chunk.start
            if not is_out_of_memory(error) or num == 1:
                raise
            size = num // 2
            print(f"Memory ran out at {num} images at a time: from here on {size}.", flush=True)
        else:
            start = chunk.stop
    return size


def memory_warning(pieces: int, batch_size: int) -> str:
    """A sentence about steps that take a batch in several pieces.

    Empty for one piece.
    """
    if pieces == 1:
        return ""
    return f"Memory ran out: each step now goes through in {pieces} pieces of the same batch of {batch_size}."


def memory_sentence(batch_size: int, unlabeled_ratio: int, num_ranks: int) -> str:
    """Say what to do where memory ran out for good.

    Args:
        batch_size: Labeled images per step.
        unlabeled_ratio: Unlabeled images per labeled one.
        num_ranks: Processes of the run.
    """
    several = f" or take fewer than {num_ranks} devices" if num_ranks > 1 else ""
    return (
        f"Memory ran out: lower batch_size (it is {batch_size}) or unlabeled_ratio (it is {unlabeled_ratio}), or "
        f"choose a smaller model{several}."
    )
