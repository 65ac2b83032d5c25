"""Recent values: the latest few results of a computation, by key."""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")
_KEPT = 6


def kept_value(kept: OrderedDict[K, V], key: K, make: Callable[[], V]) -> V:
    """Return the value of a key, computed if missing.

    The latest few values are kept. Safe from several threads.
    """
    found = kept.get(key)
    if found is None:
        found = kept[key] = make()
        while len(kept) > _KEPT:
            with suppress(KeyError):  # another thread was quicker
                kept.popitem(last=False)
    return found
