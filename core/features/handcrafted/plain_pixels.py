"""Plain pixels as features."""

import math

import numpy as np
from numpy.typing import NDArray

from core.base.types import Pixels
from core.features.input_spec import resize_planes

Values = NDArray[np.float32]

PIXELS_SIDE = 28
"""Largest side of an image that the plain pixels are taken of; larger ones are resized to it."""
_BATCH_VALUES = 2_000_000


def plain_pixels(pixels: Pixels) -> Values:
    """The values (n, D) of images (n, H, W, C) in [0, 1], resized to at most PIXELS_SIDE pixels a side."""
    height, width, _ = _small_shape(pixels.shape[1:])
    parts = [resize_planes(part, height, width) for part in parts_of(pixels, pixels[0].size)]
    return (np.concatenate(parts) / np.float32(255)).reshape(len(pixels), -1)


def plain_size(shape: tuple[int, ...]) -> int:
    """The number D of features that `plain_pixels` gives images of a shape (H, W, C)."""
    return math.prod(_small_shape(shape))


def parts_of(pixels: Pixels, values: int) -> list[Pixels]:
    """Slices of images that hold at most two million numbers, of `values` an image, and at least one image each."""
    step = max(1, _BATCH_VALUES // max(1, values))
    return [pixels[start : start + step] for start in range(0, len(pixels), step)]


def _small_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    return min(shape[0], PIXELS_SIDE), min(shape[1], PIXELS_SIDE), shape[2]
