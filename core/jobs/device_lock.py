"""First-come-first-served device locks: one training per device.

A device is held by a locked file in Winnow's own folder. The lock ends with its process, so nothing needs cleaning up.
"""

import fcntl
import os
import platform
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO

from core.store.files import cannot_write, home

VISIBLE = {"cuda": "CUDA_VISIBLE_DEVICES", "xpu": "ZE_AFFINITY_MASK"}
"""Variable that hides all accelerators of a kind but some from a process."""
_DRIVERS = {"cuda": "/proc/driver/nvidia/gpus", "rocm": "/sys/class/kfd/kfd/topology/nodes", "xpu": "/sys/class/drm"}


def accelerator_names() -> list[str]:
    """Name the accelerators of this machine that the installed PyTorch is built for, without importing it.

    Returns:
        Such as cuda:0 and cuda:1 (NVIDIA's, and AMD's under ROCm), mps:0 or xpu:0; empty where there is none.
    """
    if sys.platform == "darwin":
        return ["mps:0"] if platform.machine() == "arm64" else []
    build = _torch_build()
    if build == "cpu":
        return []
    kind = "xpu" if build.startswith("xpu") else "cuda"
    visible = os.environ.get(VISIBLE[kind])
    if visible is not None:
        count = len([name for name in visible.split(",") if name.strip() not in ("", "-1")])
    elif build.startswith("rocm"):
        nodes = Path(_DRIVERS["rocm"]).glob("*/properties")
        count = sum(re.search(r"^simd_count [1-9]", _text(node), re.MULTILINE) is not None for node in nodes)
    elif kind == "xpu":
        cards = Path(_DRIVERS["xpu"]).glob("renderD*/device/vendor")
        count = sum(_text(card).strip() == "0x8086" for card in cards)
    else:
        count = len(list(Path(_DRIVERS["cuda"]).glob("*")))
    return [f"{kind}:{number}" for number in range(count)]


def candidate_devices(device: str) -> list[str]:
    """List the devices that satisfy a `device` setting: "cpu", or the name with number of each accelerator."""
    if device == "cpu" or ":" in device:
        return [device]
    found = accelerator_names()
    if device == "auto":
        return found or ["cpu"]
    return [name for name in found if name.startswith(f"{device}:")] or [f"{device}:0"]


def _torch_build() -> str:
    """What the installed PyTorch is built for, as its version says: cu132, rocm7.1, xpu, cpu; empty where untold."""
    try:
        return version("torch").partition("+")[2]
    except PackageNotFoundError:
        return ""


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


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
            self._file.write("\n".join((" ".join(self.names), owner)))
            self._file.flush()
        except OSError as error:
            raise cannot_write(self._folder, error) from error

    def acquire(self) -> bool:
        """Try once to hold all needed devices.

        Returns:
            False where one is missing; none is held then.
        """
        if any(set(wanted) & set(self.names) for wanted, _ in self._older_requests()):
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

    def waiting_before(self) -> list[str]:
        """List the runs that wait for the same devices and are served first."""
        return [owner for wanted, owner in self._older_requests() if owner and set(wanted) & set(self.names)]

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

    def _older_requests(self) -> Iterator[tuple[list[str], str]]:
        for ticket in sorted(self._folder.glob("ticket-*")):
            if ticket >= self._ticket:
                return
            with _reading(ticket) as request:
                if request is not None:
                    yield request


@contextmanager
def _reading(ticket: Path) -> Iterator[tuple[list[str], str] | None]:
    """Read the devices that a ticket asks for, and the run that does; an older Winnow names no run.

    None where its process is gone; the ticket is deleted then.
    """
    try:
        with ticket.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                names, _, owner = file.read().partition("\n")
                yield names.split(), owner.strip()
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
