"""Arrays mapped from files: what a page has read of them need not stay in the process's memory."""

import mmap
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

_open: WeakSet[mmap.mmap] = WeakSet()


def open_mapped(path: Path) -> NDArray[Any]:
    """One .npy file, read-only and mapped where it holds anything; numpy's own errors where it is missing or damaged.

    A plain array over the mapping: numpy's memmap class makes a new object for every single number that is read.
    """
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if isinstance(array, np.memmap):
        _open.add(array._mmap)  # type: ignore[attr-defined]
    return np.asarray(array)


def release_mapped() -> None:
    """Give back the memory in which mapped files lie; what is read next comes from the system's file cache."""
    for mapping in list(_open):
        with suppress(OSError, ValueError, AttributeError):  # closed meanwhile, or a system without madvise
            mapping.madvise(mmap.MADV_DONTNEED)
