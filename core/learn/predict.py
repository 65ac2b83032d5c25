"""Logits and features of all images under a finished model; weights are read with safetensors alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from core.base.errors import DataError
from core.base.records import Logits, Pixels
from core.learn.models import Classifier, build
from core.learn.precision import autocast

_CHUNK = 512


def predict(
    model: Classifier,
    pixels: Pixels,
    mean: Tensor,
    std: Tensor,
    device: torch.device,
    precision: str,
    on_chunk: Callable[[int], None],
) -> tuple[Logits, NDArray[np.float16]]:
    """Logits (N, K) float32 and features (N, D) float16 of images (N, H, W, C); on_chunk hears how many are done."""
    model = model.to(device).to(memory_format=torch.channels_last).eval()
    logits, features = [], []
    with torch.inference_mode():
        for start in range(0, len(pixels), _CHUNK):
            chunk = torch.from_numpy(np.array(pixels[start : start + _CHUNK])).to(device)
            images = ((chunk.permute(0, 3, 1, 2).float() / 255) - mean) / std
            with autocast(device, precision):
                found = model.features(images.contiguous(memory_format=torch.channels_last))
                answer = model.classify(found)
            logits.append(answer.float().cpu().numpy())
            features.append(found.half().cpu().numpy())
            on_chunk(min(start + _CHUNK, len(pixels)))
    return np.concatenate(logits), np.concatenate(features)


def save_weights(weights: dict[str, Tensor], path: Path) -> None:
    """Write weights as safetensors, to a temporary name first."""
    temporary = path.with_name(f".{path.name}")
    save_file({name: value.contiguous().cpu() for name, value in weights.items()}, temporary)
    temporary.replace(path)


def load_model(weights: Path, facts: dict[str, Any]) -> Classifier:
    """The model that model.json describes, with its weights; DataError where they do not fit or cannot be read."""
    model = build(facts["model"], facts["num_classes"], facts["channels"], facts["height"], facts["width"], seed=0)
    try:
        model.load_state_dict(load_file(weights))
    except (SafetensorError, RuntimeError, OSError) as error:
        raise DataError(f"{weights} cannot be used as a {facts['model']}: {error}") from error
    return model
