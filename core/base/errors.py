"""Errors whose text tells a person what is wrong and what to do.

The dashboard shows the sentence; the command line prints it and exits with 2. Nothing else is caught.
"""

from collections.abc import Iterable
from pathlib import Path


class WinnowError(Exception):
    """Base of every error that Winnow raises on purpose.

    Its text is a sentence for a person.
    """


class InputError(WinnowError):
    """A folder, number or name that a person gave cannot be used."""


class ConfigError(InputError):
    """A setting is unknown, of the wrong type or out of range."""


class DataError(WinnowError):
    """A file is missing, damaged or was written by another version."""


class RunError(WinnowError):
    """A run cannot be started, resumed, cancelled or read in its state."""


class TrainingError(WinnowError):
    """Training stopped: invalid loss, out of memory, nothing to train on."""


class DecisionError(WinnowError):
    """A decision cannot be applied: stale suggestion, unknown image, nothing to undo."""


class ServerError(WinnowError):
    """The dashboard cannot start: port taken, package missing."""


class Cancelled(WinnowError):  # noqa: N818 - the answer to a request
    """Raised inside a worker process when its cancellation was requested."""


def unknown_name(kind: str, name: object, known: Iterable[str], error: type[WinnowError] = InputError) -> WinnowError:
    """Return the error for a name that is not among the known ones.

    Args:
        kind: What the name should have named, such as "rule".
        name: What was given.
        known: The names there are, in the order to show.
        error: The class of the error.

    Returns:
        The error, to be raised by the caller.
    """
    return error(f"There is no {kind} called {name!r}. There are: {', '.join(known) or 'none yet'}.")


def not_in_pool(image: int | None, error: type[WinnowError] = InputError) -> WinnowError:
    """Return the error for an image that is not in the project's pool.

    Args:
        image: Image id that was given.
        error: The class of the error.

    Returns:
        The error, to be raised by the caller.
    """
    return error(f"Image {image} is not in the pool of this project, and has no given label.")


def not_allowed(path: Path) -> DataError:
    """Return the error for a file that is there and that this person may not read.

    Args:
        path: The file.

    Returns:
        The error, to be raised by the caller.
    """
    return DataError(f"You may not read {path}: ask its owner for the right (chmod g+r), or open another project.")
