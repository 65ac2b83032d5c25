"""Time left of work whose parts take about equally long."""

import time
from collections.abc import Callable


class Pace:
    """Tells the time left from what was done since the first look.

    What came before it – loading, measuring, steps of an earlier process – does not count.

    Args:
        clock: Seconds, rising.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first: tuple[float, int] | None = None

    def left(self, done: int, total: int) -> float | None:
        """Return the seconds left; None until something was done since the first look.

        Args:
            done: Parts done.
            total: All parts.
        """
        now = self._clock()
        if self._first is None:
            self._first = now, done
        begin, before = self._first
        return (now - begin) / (done - before) * (total - done) if done > before else None
