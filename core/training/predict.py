"""Logits and features of all images under a finished model; weights are read with safetensors alone."""

from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from core.base.errors import DataError
from core.base.types import Logits, Pixels
from core.store.files import read_json, replace_file
from core.training.loop.batches import channels_last, chunk_size
from core.training.models.models import Classifier, build
from core.training.runtime import distributed
from core.training.runtime.memory import in_chunks
from core.training.runtime.precision import autocast

_SHAPE = ("num_classes", "channels", "height", "width")


def predict(
    model: Classifier,
    pixels: Pixels,
    normal: tuple[Tensor, Tensor],
    device: torch.device,
    precision: str,
    out: tuple[Logits, NDArray[np.float16]],
    on_chunk: Callable[[int], None],
) -> None:
    """Write logits (N, K) and features (N, D) of images (N, H, W, C) into `out`; of this rank's share of the rows.

    normal: mean and deviation of pixels in [0, 1], (1, C, 1, 1) each. on_chunk hears how many rows are done. Where
    memory runs out, half as many images go through at a time.
    """
    model = model.to(device).to(memory_format=torch.channels_last).eval()
    (mean, std), (logits, features) = normal, out
    mine = distributed.span(len(pixels))

    def answer(rows: slice) -> None:
        chunk = torch.from_numpy(np.array(pixels[rows])).to(device)
        images = ((chunk.permute(0, 3, 1, 2).float() / 255) - mean) / std
        with torch.inference_mode(), autocast(device, precision):
            found = model.features(channels_last(images))
            logits[rows] = model.classify(found).float().cpu().numpy()
        features[rows] = found.float().clamp(-65504, 65504).half().cpu().numpy()
        on_chunk(rows.stop - mine.start)

    in_chunks(mine, chunk_size(*pixels.shape[1:3]), answer)


def save_weights(weights: dict[str, Tensor], path: Path) -> None:
    """Write weights as safetensors, whole or not at all."""
    data = save({name: value.contiguous().cpu() for name, value in weights.items()})

    def write(file: IO[bytes]) -> None:
        file.write(data)

    replace_file(path, write)


def load_model(run: Path) -> Classifier:
    """The model of a run folder (model.json and model.safetensors), on the CPU; DataError where they do not fit."""
    facts, weights = read_json(run / "model.json"), run / "model.safetensors"
    try:
        num_classes, channels, height, width = (int(facts[name]) for name in _SHAPE)
        model = build(facts["model"], num_classes, channels, height, width, seed=0, options=facts.get("options"))
        model.load_state_dict(load_file(weights))
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, OSError) as error:
        raise DataError(f"{weights} and model.json beside it cannot be used ({error}): train the run again.") from error
    return model
