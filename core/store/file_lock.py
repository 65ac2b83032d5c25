"""Locks on open files; closing the file or ending the process releases them."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from core.store.files import cannot_write


def is_alive(pid: int) -> bool:
    """Return whether a process with this id exists on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def try_lock(file: IO[Any], kind: int, *, seconds: float) -> bool:
    """Try to lock an open file; closing the file releases the lock.

    Args:
        file: The open file.
        kind: LOCK_EX or LOCK_SH.
        seconds: How long to try.

    Returns:
        Whether the lock was taken.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(0.02)
        else:
            return True


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Hold a lock file while a block runs; other threads and processes wait.

    Args:
        path: The lock file; made where it is not there.

    Raises:
        DataError: It cannot be made, so that what it guards cannot be written either.
    """
    try:
        file = path.open("a")
    except OSError as error:
        raise cannot_write(path.parent, error) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
