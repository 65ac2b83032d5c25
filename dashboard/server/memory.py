"""Limit of the mapped memory of the dashboard process."""

import mmap
from pathlib import Path

from core import release_mapped
from dashboard.server.shutdown import StopFlag

MAX_MIB = 192
"""Limit in MiB: 75 for libraries, and what one page of a large pool needs at once."""
_SECONDS = 0.5
_STATM = Path("/proc/self/statm")


def limit_mapped_memory(is_over: StopFlag) -> None:
    """Release mapped files when they exceed MAX_MIB, until the flag is set; Linux only."""
    while _STATM.exists() and not is_over.wait(_SECONDS):
        if mapped_mib() > MAX_MIB:
            release_mapped()


def mapped_mib() -> float:
    """Return the resident file-backed memory of this process in MiB."""
    pages = int(_STATM.read_text().split()[2])
    return pages * mmap.PAGESIZE / 2**20
