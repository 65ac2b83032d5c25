"""Model weights of a run folder, written and read with safetensors alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import IO

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from core.base.errors import DataError
from core.store.files import read_json, replace_file
from core.training.models.models import Classifier, build

_SHAPE = ("num_classes", "channels", "height", "width")


def save_weights(weights: Mapping[str, Tensor], path: Path) -> None:
    """Write a state dict as safetensors, whole or not at all."""
    data = save({name: value.contiguous().cpu() for name, value in weights.items()})

    def write(file: IO[bytes]) -> None:
        file.write(data)

    replace_file(path, write)


def load_model(run: Path) -> Classifier:
    """Load the model of a run folder from model.json and model.safetensors, on the CPU.

    Raises:
        DataError: A file is missing or damaged, or the two do not fit together.

    """
    facts, weights = read_json(run / "model.json"), run / "model.safetensors"
    try:
        num_classes, channels, height, width = (int(facts[name]) for name in _SHAPE)
        model = build(facts["model"], num_classes, channels, height, width, seed=0, options=facts.get("options"))
        model.load_state_dict(load_file(weights))
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, OSError) as error:
        raise DataError(f"{weights} and model.json beside it cannot be used ({error}): train the run again.") from error
    return model
