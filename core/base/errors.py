"""One family of errors: each is a sentence for the person at the screen (what is wrong, where, what to do).

The dashboard shows the sentence, the command line prints it and exits with 2; nothing else is caught.
"""


class WinnowError(Exception):
    """Base of every error that Winnow raises on purpose; its text is written for a person."""


class InputError(WinnowError):
    """What a person handed in (a folder, a number, a name) cannot be used."""


class ConfigError(InputError):
    """A setting is unknown, has the wrong type or lies out of its range."""


class DataError(WinnowError):
    """A file on disk is missing, truncated, or was written by another version."""


class RunError(WinnowError):
    """A run cannot be started, resumed, cancelled or read in the state it is in."""


class TrainingError(WinnowError):
    """Training stopped: the loss is not a number, memory ran out, nothing to train on."""


class DecisionError(WinnowError):
    """A decision cannot be applied: stale suggestion, unknown image, nothing to undo."""


class ServerError(WinnowError):
    """The dashboard cannot start: port taken, package missing."""
