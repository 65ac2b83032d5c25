"""Memory of a training: kept from step to step; where it runs out, the same work in smaller pieces, and a word."""

import ctypes
import platform
from collections.abc import Callable

import torch

_WORDS = ("can't allocate memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # of glibc's malloc.h
_KEPT = 2**30  # bytes


def keep_freed() -> bool:
    """Keep up to a GiB of freed memory at hand for the next step; False where this is not glibc.

    Its malloc else maps each large tensor anew and gives it back when freed, so that the kernel clears the same pages
    in every step: up to a quarter of a step's time on the CPU (decision 0016). It holds for this process to its end.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(_M_MMAP_MAX, 0)) and bool(mallopt(_M_TRIM_THRESHOLD, _KEPT))


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on CUDA or on the CPU."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)


def chunk_size(height: int, width: int) -> int:
    """Images of that size that one forward pass without gradients takes: at most 512, and at most a megapixel."""
    return max(1, min(512, 2**20 // (height * width)))


def in_chunks(rows: slice, size: int, act: Callable[[slice], None]) -> int:
    """Let `act` work on `size` of the rows at a time; where memory runs out, on half as many from then on.

    It must leave nothing behind when it fails. Answers with the size it ended with; where a single row is too much, the
    error passes.
    """
    start = rows.start
    while start < rows.stop:
        chunk = slice(start, min(start + size, rows.stop))
        try:
            act(chunk)
        except (RuntimeError, MemoryError) as error:
            num = chunk.stop - chunk.start
            if not out_of_memory(error) or num == 1:
                raise
            size = num // 2
            print(f"Memory ran out at {num} images at a time: from here on {size}.", flush=True)
        else:
            start = chunk.stop
    return size


def remark(pieces: int, batch_size: int) -> str:
    """What a person is told about steps that go through in pieces; empty where they go through whole."""
    if pieces == 1:
        return ""
    return f"Memory ran out: each step now goes through in {pieces} pieces of the same batch of {batch_size}."
