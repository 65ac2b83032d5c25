"""Values in lists and tuples, as operators take and give them; torch's own functions for it are ten times slower."""

from collections.abc import Callable, Iterator
from typing import Any


def mapped(act: Callable[[Any], Any], value: Any) -> Any:
    """Apply a function to each value in nested lists and tuples."""
    if isinstance(value, list | tuple):
        return type(value)([mapped(act, item) for item in value])
    return act(value)


def leaves(value: Any) -> Iterator[Any]:
    """Give each value in nested lists and tuples."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    else:
        yield value
