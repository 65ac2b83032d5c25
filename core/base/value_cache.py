"""Values that are kept by key: the latest few, whichever thread asks."""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")
MOST = 6
"""Values that are kept, unless told otherwise."""


def cached_value(kept: OrderedDict[K, V], key: K, make: Callable[[], V], most: int = MOST) -> V:
    """Return the value of a key, computed if missing; safe from several threads.

    Args:
        kept: The values so far; the latest `most` stay.
        key: Whose value.
        make: Computes it.
        most: Values to keep, at least 1.

    Returns:
        The value; what `make` raises is raised, and nothing is kept.
    """
    found = kept.get(key)
    if found is None:
        found = kept[key] = make()
        while len(kept) > most:
            with suppress(KeyError):  # another thread was quicker
                kept.popitem(last=False)
    return found
