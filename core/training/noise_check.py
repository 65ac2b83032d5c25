"""A finished model's answers to random noise and to images of other classes: python -m core.training.noise_check."""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.base.errors import WinnowError
from core.base.types import Logits, Pixels
from core.data.image_io import resize
from core.data.image_store import open_images
from core.store.files import read_json, save_arrays
from core.store.run_folder import RunFolder
from core.training.models.models import Classifier
from core.training.models.weights import load_model
from core.training.predict import predict
from core.training.runtime.memory import keep_freed_memory

NUM_IMAGES = 1000
"""Noise images, and at most so many images of another data set, that the model is asked about."""


def check_noise(run: Path, ood_images: Path | None) -> None:
    """Write noise.npz: a finished model's logits and features of noise and of another data set.

    Args:
        run: Folder of a run that is done.
        ood_images: An image folder of Winnow with images of other classes; None for noise alone.

    Raises:
        DataError: The model or the images cannot be read.
    """
    facts, model = read_json(run / "model.json"), load_model(run)
    shape, normal = (facts["height"], facts["width"], facts["channels"]), (facts["mean"], facts["std"])
    groups = {"noise": noise(NUM_IMAGES, shape, seed=0)}
    if ood_images is not None:
        pixels = open_images(ood_images).pixels
        chosen = np.random.default_rng(0).permutation(len(pixels))[:NUM_IMAGES]
        groups["foreign"] = resized(np.asarray(pixels[np.sort(chosen)]), shape)
    found: dict[str, NDArray[Any]] = {}
    for name, images in groups.items():
        found[f"{name}_logits"], found[f"{name}_features"] = answers(model, images, normal)
    save_arrays(run / "noise.npz", found)


def noise(count: int, shape: tuple[int, int, int], seed: int) -> Pixels:
    """Draw images of uniform noise.

    Args:
        count: Number of images.
        shape: (H, W, C) of each.
        seed: Of the draw.

    Returns:
        (count, H, W, C) uint8.
    """
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def resized(pixels: Pixels, shape: tuple[int, int, int]) -> Pixels:
    """Images (n, H, W, C) of the given shape (H, W, C), from images of any size and number of channels."""
    height, width, channels = shape
    return np.stack([resize(image, height, width, channels) for image in pixels])


def answers(
    model: Classifier, pixels: Pixels, normal: tuple[list[float], list[float]]
) -> tuple[Logits, NDArray[np.float16]]:
    """Compute logits and features on the CPU in full precision.

    Args:
        model: The model.
        pixels: Images (n, H, W, C) uint8 of the model's shape.
        normal: Mean and standard deviation of pixels in [0, 1], one value for each channel.

    Returns:
        Logits (n, K) and features (n, D).
    """
    mean, std = (torch.tensor(values, dtype=torch.float32).view(1, -1, 1, 1) for values in normal)
    head = model.head
    out = (
        np.empty((len(pixels), head.out_features), dtype=np.float32),
        np.empty((len(pixels), head.in_features), dtype=np.float16),
    )
    predict(model, pixels, (mean, std), torch.device("cpu"), "fp32", out, lambda _: None)
    return out


def main() -> int:
    """Check the run that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m core.training.noise_check")
    parser.add_argument("project", type=Path)
    parser.add_argument("run")
    parser.add_argument("--images", type=Path, help="an image folder with images of other classes")
    arguments = parser.parse_args()
    keep_freed_memory()
    try:
        check_noise(RunFolder(arguments.project / "runs" / arguments.run).path, arguments.images)
    except WinnowError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
