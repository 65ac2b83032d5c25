"""Deprecated names, their replacements and the version that removes them.

Every deprecation is registered when its module is imported; a test fails when the package has reached the version in
which an old name goes and the old name is still there.
"""

import functools
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Deprecation:
    """One old name and its replacement."""

    old: str
    replacement: str
    deprecated_in: str  # first version in which the old name warns
    removed_in: str  # first version without the old name

    @property
    def sentence(self) -> str:
        """Warning text for a person."""
        return f"{self.old} is now {self.replacement}; the old name goes in {self.removed_in}."

    def is_overdue(self, version: str) -> bool:
        """Return whether a package version must no longer have the old name.

        Args:
            version: Version of the package; a pre-release counts as its release.
        """
        return release(version) >= release(self.removed_in)

    def warn(self, stacklevel: int = 2) -> None:
        """Emit a DeprecationWarning.

        Args:
            stacklevel: Frames up to the code that uses the old name; 2 is the caller of the function that warns.

        """
        warnings.warn(self.sentence, DeprecationWarning, stacklevel=stacklevel + 1)


REGISTERED: list[Deprecation] = []
"""Every deprecation of the modules that have been imported."""


def deprecate(old: str, replacement: str, *, deprecated_in: str, removed_in: str) -> Deprecation:
    """Register an old name.

    Args:
        old: The old name, as a person writes it.
        replacement: What to use instead.
        deprecated_in: First version in which the old name warns.
        removed_in: First version without the old name.

    Returns:
        The deprecation, whose `warn` the old name calls.
    """
    deprecation = Deprecation(old, replacement, deprecated_in, removed_in)
    REGISTERED.append(deprecation)
    return deprecation


def deprecated(replacement: str, *, deprecated_in: str, removed_in: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a function or method that keeps its old name and warns.

    Args:
        replacement: What to use instead, as in "Project.bulk_accept".
        deprecated_in: First version in which the old name warns.
        removed_in: First version without the old name.

    Returns:
        The decorator.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        deprecation = deprecate(function.__qualname__, replacement, deprecated_in=deprecated_in, removed_in=removed_in)

        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            deprecation.warn()
            return function(*args, **kwargs)

        return wrapper

    return decorate


def release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version: (0, 3, 0) of "0.3" and "0.3.0.dev1"."""
    numbers = [int(number) for number in re.findall(r"\d+", version)[:3]]
    return tuple(numbers + [0] * (3 - len(numbers)))
