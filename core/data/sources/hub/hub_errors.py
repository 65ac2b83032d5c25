"""Errors of the hub's client as sentences."""

import errno
import importlib
import os
from typing import Any

from core.base.errors import DataError, InputError, WinnowError

_UNREACHABLE = {"OfflineModeIsEnabled", "TransportError", "ConnectionError", "TimeoutError", "LocalEntryNotFoundError"}
EXTRA = "pip install 'winnow[hub]'"
NO_SPACE = "free some space, or set HF_HOME to a folder on another disk."


def hub_library(source: str) -> Any:
    """Import the hub's client.

    Args:
        source: What it is needed for, for the error.

    Returns:
        The package huggingface_hub.

    Raises:
        InputError: It is not installed.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        return importlib.import_module("huggingface_hub")
    except ImportError as error:
        raise InputError(f"{source} needs huggingface_hub, which is not installed: {EXTRA}") from error


def is_unreachable(error: BaseException) -> bool:
    """Return whether an error of the client says that the hub cannot be asked: offline, no network, or it is down."""
    names = {kind.__name__ for kind in type(error).__mro__}
    status = getattr(getattr(error, "response", None), "status_code", 0)
    return bool(names & _UNREACHABLE) or status >= 500


def hub_error(source: str, error: BaseException) -> WinnowError:
    """Return the error with the sentence for what the client raised; the caller raises it.

    Args:
        source: Name of the data set.
        error: What the client raised: its errors and those of its transport have no common class.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    if "LocalEntryNotFoundError" in names and error.__cause__ is not None:
        return hub_error(source, error.__cause__)
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error):
        return DataError(f"{source} does not fit on the disk: {NO_SPACE}")
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return DataError(
            f"{source} cannot be stored in {error.filename}: {error.strerror}. Set HF_HOME to a folder "
            "that can be written."
        )
    if "OfflineModeIsEnabled" in names:
        return InputError(
            f"{source} is not on this machine, and HF_HUB_OFFLINE forbids to ask the hub: unset it, or give a folder."
        )
    if is_unreachable(error):
        return InputError(
            f"{source} is not whole on this machine, and the hub cannot be reached ({first_line(error)}): check the "
            "network, or give a folder."
        )
    if "GatedRepoError" in names:
        return InputError(
            f"{source} is given only to people who accept its terms: accept them on its page of the hub, then log in "
            "with: hf auth login"
        )
    if "RevisionNotFoundError" in names:
        return InputError(f"{source} has no such revision: give a branch, tag or commit of the data set after @.")
    if "RepositoryNotFoundError" in names or "HFValidationError" in names:
        return InputError(
            f"The hub has no data set {source}, or it is private: check the spelling, or log in with hf auth login "
            "(or set HF_TOKEN)."
        )
    return InputError(f"{source} could not be had from the hub ({first_line(error)}): try again later.")


def first_line(error: BaseException) -> str:
    """Return the first line of an error that says something, at most 200 characters."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:200]
