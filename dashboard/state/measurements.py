"""Plans and times of runs, measured beside the page: a page shows what is known and asks again."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Found = TypeVar("Found")
_pool = ThreadPoolExecutor(1, "winnow-measure")  # one at a time, else they slow each other
_running: dict[str, "Future[object]"] = {}


def measured(key: str, known: Callable[[], Found | None], measure: Callable[[], object]) -> Found | None:
    """Return what is known, or begin to measure it.

    Args:
        key: What is measured.
        known: Returns it where nothing needs to be measured, else None.
        measure: Measures it, in another thread; `known` returns it from then on.

    Returns:
        What is known; None while it is being measured.

    Raises:
        WinnowError: Measuring failed; the next call begins anew.
    """
    future = _running.get(key)
    if future is not None and not future.done():
        return None
    if future is not None:
        del _running[key]
        future.result()
    if (found := known()) is None:
        _running[key] = _pool.submit(measure)
    return found
