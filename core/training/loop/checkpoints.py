"""Checkpoints: the state of a training, written whole or not at all, read as tensors and plain numbers alone."""

from pathlib import Path
from pickle import UnpicklingError
from zipfile import is_zipfile

import torch

from core.base.errors import DataError
from core.store.files import replace_file
from core.training.loop.trainer import Trainer


def save_checkpoint(trainer: Trainer, path: Path) -> None:
    """Write everything that the next step depends on; DataError where the disk is full."""
    state = {"trainer": trainer.state_dict()}
    try:
        replace_file(path, lambda file: torch.save(state, file))
    except RuntimeError as error:  # raised by torch on a full disk
        raise DataError(f"The checkpoint could not be written ({error}): free some space and resume.") from error


def load_checkpoint(trainer: Trainer, path: Path) -> bool:
    """Restore a training from its checkpoint.

    Args:
        trainer: A new training with the same settings and data.
        path: File of the checkpoint.

    Returns:
        Whether there is a checkpoint.

    Raises:
        DataError: The file is truncated or damaged.
        TrainingError: It belongs to another model or other data.

    """
    if not path.exists():
        return False
    if not is_zipfile(path):
        raise DataError(f"{path} is torn: delete it, and the run begins again.")
    try:
        trainer.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["trainer"])
    except (OSError, RuntimeError, KeyError, TypeError, EOFError, ValueError, UnpicklingError) as error:
        raise DataError(f"{path} cannot be read ({error}): delete it, and the run begins again.") from error
    return True
