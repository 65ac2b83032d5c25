"""Memory-mapped arrays whose pages can be released again."""

import mmap
import struct
import tokenize
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

ARRAY_DAMAGE = (
    OSError, ValueError, EOFError, KeyError, TypeError, AttributeError, SyntaxError, NotImplementedError, RuntimeError,
    MemoryError, OverflowError, struct.error, tokenize.TokenError, zlib.error, zipfile.BadZipFile,
)  # fmt: skip
"""What numpy raises where a .npy or .npz file is damaged."""
_open: WeakSet[mmap.mmap] = WeakSet()


def open_mapped(path: Path) -> NDArray[Any]:
    """Open one .npy file read-only, memory-mapped unless it is empty.

    The result is a plain array over the mapping: numpy's memmap class makes a new object for every number that is read.

    Args:
        path: The file.

    Returns:
        The array, read-only.

    Raises:
        OSError: The file is missing or cannot be read.
        ValueError: The file is damaged.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError:
        raise
    except ARRAY_DAMAGE as error:
        raise ValueError(str(error) or type(error).__name__) from error
    if isinstance(array, np.memmap):
        _open.add(array._mmap)  # type: ignore[attr-defined]
    return np.asarray(array)


def release_pages(array: NDArray[Any]) -> None:
    """Release the memory that holds pages of the file behind an array; nothing happens where there is none.

    Args:
        array: From `open_mapped`, `numpy.load` with `mmap_mode`, or a view of such an array.
    """
    owner: Any = array
    while owner is not None and not isinstance(owner, mmap.mmap):
        owner = getattr(owner, "base", None)
    if owner is not None:
        _release(owner)


def release_mapped() -> None:
    """Release the memory that holds pages of mapped files.

    Later reads come from the system's file cache.
    """
    for mapping in list(_open):
        _release(mapping)


def _release(mapping: mmap.mmap) -> None:
    with suppress(OSError, ValueError, AttributeError):  # closed meanwhile, or a system without madvise
        mapping.madvise(mmap.MADV_DONTNEED)
