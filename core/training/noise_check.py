"""What a finished model says of images that are no images of its classes: random noise, and another data set."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.base.types import Logits, Pixels
from core.data.image_io import resize
from core.data.image_store import open_images
from core.store.files import read_json, save_arrays
from core.training.models.models import Classifier
from core.training.models.weights import load_model
from core.training.predict import predict

NUM_IMAGES = 1000
"""Images of noise, and of another data set, that the check asks about."""


def check_noise(run: Path, foreign: Path | None) -> None:
    """Leave noise.npz in a finished run's folder: its answers to random noise and to an image folder of ours."""
    facts, model = read_json(run / "model.json"), load_model(run)
    shape, normal = (facts["height"], facts["width"], facts["channels"]), (facts["mean"], facts["std"])
    groups = {"noise": noise(NUM_IMAGES, shape, seed=0)}
    if foreign is not None:
        pixels = open_images(foreign).pixels
        chosen = np.random.default_rng(0).permutation(len(pixels))[:NUM_IMAGES]
        groups["foreign"] = fitted(np.asarray(pixels[np.sort(chosen)]), shape)
    found: dict[str, NDArray[Any]] = {}
    for name, images in groups.items():
        found[f"{name}_logits"], found[f"{name}_features"] = answers(model, images, normal)
    save_arrays(run / "noise.npz", found)


def noise(count: int, shape: tuple[int, int, int], seed: int) -> Pixels:
    """Images (count, H, W, C) whose every value is drawn evenly from 0 … 255."""
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def fitted(pixels: Pixels, shape: tuple[int, int, int]) -> Pixels:
    """Images of any size and channels as (n, H, W, C) of the shape."""
    height, width, channels = shape
    return np.stack([resize(image, height, width, channels) for image in pixels])


def answers(
    model: Classifier, pixels: Pixels, normal: tuple[list[float], list[float]]
) -> tuple[Logits, NDArray[np.float16]]:
    """Logits (n, K) and features (n, D) of images, on the CPU in full precision.

    normal: mean and deviation of pixels in [0, 1], one for each channel.
    """
    mean, std = (torch.tensor(values, dtype=torch.float32).view(1, -1, 1, 1) for values in normal)
    head = model.head
    out = (
        np.empty((len(pixels), head.out_features), dtype=np.float32),
        np.empty((len(pixels), head.in_features), dtype=np.float16),
    )
    predict(model, pixels, (mean, std), torch.device("cpu"), "fp32", out, lambda _: None)
    return out
