"""First-come-first-served device locks: one training per device.

A device is held by a locked file in Winnow's own folder. The lock ends with its process, so nothing needs cleaning up.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.store.files import cannot_write, home


def num_gpus() -> int:
    """Count the CUDA devices of this machine without torch."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return len([name for name in visible.split(",") if name.strip() not in ("", "-1")])
    cards = Path("/proc/driver/nvidia/gpus")
    return len(list(cards.iterdir())) if cards.is_dir() else 0


def candidate_devices(device: str) -> list[str]:
    """List the devices that satisfy a `device` setting: "cpu", or "cuda:N" of each GPU."""
    if device == "cuda" or (device == "auto" and num_gpus()):
        return [f"cuda:{number}" for number in range(num_gpus())] or ["cuda:0"]
    return ["cpu"] if device == "auto" else [device]


class DeviceLock:
    """A request for devices, queued behind older requests for them.

    Attributes:
        names: The candidate devices.
        count: Number of devices needed, at most the number of candidates.
        owner: Name of the run, shown to those that wait.
        held: Open lock files by device; empty until all are held.
    """

    def __init__(self, names: Sequence[str], count: int, owner: str) -> None:
        self.names, self.owner = list(names), owner
        self.count = min(count, len(self.names))
        self.held: dict[str, IO[str]] = {}
        self._folder = home() / "queue"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._ticket = self._folder / f"ticket-{time.time_ns():020d}-{os.getpid()}"
            self._file = self._ticket.open("w")
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._file.write(" ".join(self.names))
            self._file.flush()
        except OSError as error:
            raise cannot_write(self._folder, error) from error

    def acquire(self) -> bool:
        """Try once to hold all needed devices.

        Returns:
            False where one is missing; none is held then.
        """
        if any(set(wanted) & set(self.names) for wanted in self._older_requests()):
            return False
        for name in self.names:
            if len(self.held) < self.count and (file := _locked(self._file_of(name))) is not None:
                self.held[name] = file
        if len(self.held) < self.count:
            self.release()
            return False
        for file in self.held.values():
            file.truncate(0)
            file.write(self.owner)
            file.flush()
            os.set_inheritable(file.fileno(), True)  # the worker that replaces this process keeps holding it
        self.leave_queue()
        return True

    def holders(self) -> list[str]:
        """List the runs that hold the candidate devices."""
        found = []
        for name in self.names:
            try:
                found.append(self._file_of(name).read_text().strip())
            except OSError:
                continue
        return [owner for owner in found if owner and owner != self.owner]

    def release(self) -> None:
        """Release all held devices."""
        for file in self.held.values():
            file.close()
        self.held = {}

    def leave_queue(self) -> None:
        """Withdraw the request."""
        self._ticket.unlink(missing_ok=True)
        self._file.close()

    def _file_of(self, name: str) -> Path:
        return self._folder / name.replace(":", "-")

    def _older_requests(self) -> Iterator[list[str]]:
        for ticket in sorted(self._folder.glob("ticket-*")):
            if ticket >= self._ticket:
                return
            with _reading(ticket) as wanted:
                if wanted is not None:
                    yield wanted


@contextmanager
def _reading(ticket: Path) -> Iterator[list[str] | None]:
    """Read the devices that a ticket asks for.

    None where its process is gone; the ticket is deleted then.
    """
    try:
        with ticket.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                yield file.read().split()
            else:
                ticket.unlink(missing_ok=True)
                yield None
    except FileNotFoundError:
        yield None


def _locked(path: Path) -> IO[str] | None:
    """Open and lock a file; None where another process holds it."""
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
