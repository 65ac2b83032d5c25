"""Plans and times of runs, measured beside the page: a page shows what is known and asks again."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Found = TypeVar("Found")
_pool = ThreadPoolExecutor(1, "winnow-measure")  # one at a time, else they slow each other
_running: dict[str, "Future[Any]"] = {}


def measured(key: str, known: Callable[[], Found | None], measure: Callable[[], Found | None]) -> Found | None:
    """Return what is known, or begin to measure it.

    Args:
        key: What is measured.
        known: Returns it where nothing needs to be measured, else None.
        measure: Measures and returns it, in another thread; `known` returns it from then on.

    Returns:
        What is known; None while it is being measured.

    Raises:
        WinnowError: Measuring failed, now or before; it begins anew only after `forget`.
    """
    future, result = _running.get(key), None
    if future is not None:
        if not future.done():
            return None
        result = future.result()  # a failure stays and is told again, else it would be repeated for ever
        _running.pop(key, None)
    if (found := known()) is None and (found := result) is None:  # where nothing can be kept, the result counts once
        _running[key] = _pool.submit(measure)
    return found


def is_measuring(key: str) -> bool:
    """Return whether something is being measured or waits for its turn.

    Args:
        key: What is measured.
    """
    future = _running.get(key)
    return future is not None and not future.done()


def forget(key: str) -> None:
    """Let a measurement that failed begin anew when it is asked for.

    Args:
        key: What is measured.
    """
    if not is_measuring(key):
        _running.pop(key, None)
