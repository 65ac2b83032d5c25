"""Shutdown on a signal: the first ends the server in order, the second at once."""

import os
import signal
import time
from types import FrameType


class StopFlag:
    """Flag that a signal handler may set at any moment; it holds no lock, unlike `threading.Event`."""

    def __init__(self) -> None:
        self._is_set = False

    def set(self) -> None:
        """Set the flag for good."""
        self._is_set = True

    def is_set(self) -> bool:
        """Return whether the flag is set."""
        return self._is_set

    def wait(self, timeout: float) -> bool:
        """Wait the given seconds, and return whether the flag is set."""
        if not self._is_set:
            time.sleep(timeout)
        return self._is_set


def stop_on(number: signal.Signals, flag: StopFlag) -> None:
    """Set a flag before the present handler of a signal runs; end the process at once on a second signal.

    Every acknowledged decision is on disk by then, so that ending at once loses nothing.

    Args:
        number: SIGINT or SIGTERM.
        flag: The flag.
    """
    handler = signal.getsignal(number)

    def handle(signum: int, frame: FrameType | None) -> None:
        if flag.is_set():
            os._exit(128 + signum)
        flag.set()
        if callable(handler):
            handler(signum, frame)

    signal.signal(number, handle)
