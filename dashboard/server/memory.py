"""The dashboard's memory: what its pages have read of mapped files is given back when it has become much."""

import mmap
from pathlib import Path
from threading import Event

from core import release_mapped

MOST_MIB = 192
"""Mapped memory that may stay: the libraries' own 75 MiB, and what a page of a large pool needs at once."""
_SECONDS = 0.5
_STATM = Path("/proc/self/statm")


def keep_small(is_over: Event) -> None:
    """Look twice a second until it is over; on a system that does not say what is mapped, do nothing."""
    while _STATM.exists() and not is_over.wait(_SECONDS):
        if mapped_mib() > MOST_MIB:
            release_mapped()


def mapped_mib() -> float:
    """Memory of this process in which files lie, in MiB."""
    pages = int(_STATM.read_text().split()[2])
    return pages * mmap.PAGESIZE / 2**20
