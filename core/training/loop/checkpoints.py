"""Training state on disk: written whole or not at all, read as tensors and plain numbers alone."""

from pathlib import Path
from pickle import UnpicklingError
from zipfile import is_zipfile

import torch

from core.base.errors import DataError
from core.store.files import replace_file
from core.training.loop.trainer import Trainer


def save_checkpoint(trainer: Trainer, path: Path) -> None:
    """Write everything that the next step depends on; DataError where the disk would not take it."""
    state = {"trainer": trainer.state_dict()}
    try:
        replace_file(path, lambda file: torch.save(state, file))
    except RuntimeError as error:  # torch's word for a full disk
        raise DataError(f"The checkpoint could not be written ({error}): free some space and resume.") from error


def load_checkpoint(trainer: Trainer, path: Path) -> bool:
    """Go on from the checkpoint; False where there is none. DataError where it is torn, TrainingError where unfit."""
    if not path.exists():
        return False
    if not is_zipfile(path):
        raise DataError(f"{path} is torn: delete it, and the run begins again.")
    try:
        trainer.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["trainer"])
    except (OSError, RuntimeError, KeyError, TypeError, EOFError, ValueError, UnpicklingError) as error:
        raise DataError(f"{path} cannot be read ({error}): delete it, and the run begins again.") from error
    return True
