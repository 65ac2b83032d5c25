"""Whose turn it is on this machine's devices: one run at a time on each, first come, first served.

A device is held by a locked file in Winnow's own folder; the lock dies with its holder, so nothing has to be tidied up.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.store.files import cannot_write
from core.store.home import home


def num_gpus() -> int:
    """CUDA devices of this machine, without asking torch."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return len([name for name in visible.split(",") if name.strip() not in ("", "-1")])
    cards = Path("/proc/driver/nvidia/gpus")
    return len(list(cards.iterdir())) if cards.is_dir() else 0


def candidates(device: str) -> list[str]:
    """The devices that a run which asks for `device` may be given."""
    if device == "cuda" or (device == "auto" and num_gpus()):
        return [f"cuda:{number}" for number in range(num_gpus())] or ["cuda:0"]
    return ["cpu"] if device == "auto" else [device]


class Turn:
    """A place in the line for some of the candidates; `take` holds them as soon as nobody older wants them."""

    def __init__(self, names: Sequence[str], count: int, who: str) -> None:
        self.names, self.who = list(names), who
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

    def take(self) -> bool:
        """Try once; True when all that are needed are held. Until then none is."""
        if any(set(wanted) & set(self.names) for wanted in self._older()):
            return False
        for name in self.names:
            if len(self.held) < self.count and (file := _locked(self._file_of(name))) is not None:
                self.held[name] = file
        if len(self.held) < self.count:
            self.let_go()
            return False
        for file in self.held.values():
            file.truncate(0)
            file.write(self.who)
            file.flush()
            os.set_inheritable(file.fileno(), True)  # the engine, which takes this process over, goes on holding it
        self.leave()
        return True

    def holders(self) -> list[str]:
        """Who holds the devices we wait for."""
        found = []
        for name in self.names:
            try:
                found.append(self._file_of(name).read_text().strip())
            except OSError:
                continue
        return [who for who in found if who and who != self.who]

    def let_go(self) -> None:
        """Hold nothing."""
        for file in self.held.values():
            file.close()
        self.held = {}

    def leave(self) -> None:
        """Give the place in the line up."""
        self._ticket.unlink(missing_ok=True)
        self._file.close()

    def _file_of(self, name: str) -> Path:
        return self._folder / name.replace(":", "-")

    def _older(self) -> Iterator[list[str]]:
        for ticket in sorted(self._folder.glob("ticket-*")):
            if ticket >= self._ticket:
                return
            with _reading(ticket) as wanted:
                if wanted is not None:
                    yield wanted


@contextmanager
def _reading(ticket: Path) -> Iterator[list[str] | None]:
    """What a ticket wants; None, and the ticket is thrown away, where its owner is gone."""
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
    """The file, locked for us; None where another process has it."""
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
