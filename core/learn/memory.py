"""What happens when memory runs out: the same work in smaller pieces, and a word about it."""

from collections.abc import Callable

import torch

_WORDS = ("can't allocate memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on CUDA or on the CPU."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)


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
