"""How a backbone takes images: side, mean, deviation and interpolation; resizing of batches in numpy."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError, unknown_name
from core.base.types import Pixels

Values = NDArray[np.float32]

SMALLEST_SIDE, LARGEST_SIDE = 8, 1024
SMALL_SIDE = 48
"""Images up to this side (pixels) are brought to 28 pixels for features without a backbone, larger ones to 64."""
_RESAMPLE = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}
"""Numbers by which preprocessor_config.json files name interpolations (those of Pillow)."""


@dataclass(frozen=True)
class InputSpec:
    """How a backbone wants its images.

    Pixels in [0, 1] become (pixels - mean) / std.

    Attributes:
        side: Height and width in pixels.
        mean: One number for each channel.
        std: One number for each channel, above 0.
        interpolation: One of INTERPOLATIONS; where images shrink it is averaged over the pixels that fall together.
    """

    side: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str = "bilinear"

    def __post_init__(self) -> None:
        if self.interpolation not in INTERPOLATIONS:
            raise unknown_name("interpolation", self.interpolation, INTERPOLATIONS)
        if not SMALLEST_SIDE <= self.side <= LARGEST_SIDE:
            raise InputError(
                f"The images of a backbone cannot have {self.side} pixels a side: choose {SMALLEST_SIDE} to "
                f"{LARGEST_SIDE}."
            )
        numbers = np.array([*self.mean, *self.std], dtype=float)
        if len(self.mean) != len(self.std) or len(self.mean) not in (1, 3) or not np.isfinite(numbers).all():
            raise InputError("Mean and deviation of a backbone are 3 finite numbers each, or 1 for gray images.")
        if min(self.std) <= 0:
            raise InputError("Each deviation of a backbone's images must be above 0.")

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any], source: object) -> Self:
        """Read the spec from a JSON object of ours, or from a preprocessor_config.json.

        Args:
            facts: Keys side, mean, std, interpolation; or size (or crop_size), image_mean, image_std, resample.
            source: Where the object comes from, for the error.

        Returns:
            The spec.

        Raises:
            InputError: A number is missing or out of its range.
        """
        size = facts.get("side", facts.get("crop_size", facts.get("size")))
        if isinstance(size, Mapping):
            size = size.get("height", size.get("shortest_edge"))
        named = facts.get("interpolation", _RESAMPLE.get(facts.get("resample", 2), "bilinear"))
        mean, std = (facts.get(name, facts.get(f"image_{name}")) for name in ("mean", "std"))
        try:
            return cls(int(size), tuple(map(float, mean)), tuple(map(float, std)), str(named))
        except (TypeError, ValueError) as error:
            raise InputError(f"{source} does not say side, mean and std of the images it wants.") from error

    def facts(self) -> dict[str, Any]:
        """The spec as a JSON object."""
        return asdict(self) | {"mean": list(self.mean), "std": list(self.std)}

    def prepare(self, pixels: Pixels) -> Values:
        """Turn images (n, H, W, C) uint8 into the backbone's input (n, channels, side, side).

        The whole image is resized, nothing is cropped away. Gray images are repeated for the three channels; colors
        are averaged where the backbone takes gray.
        """
        planes = resize_planes(pixels, self.side, self.side, self.interpolation)
        if len(self.mean) == 1 and planes.shape[1] == 3:
            planes = planes.mean(axis=1, keepdims=True)
        mean, std = (np.array(v, np.float32)[:, None, None] * np.float32(255) for v in (self.mean, self.std))
        if planes.shape[1] == len(self.mean):
            planes -= mean
            planes /= std
            return planes
        return np.asarray((planes - mean) / std, dtype=np.float32)


def resize_planes(pixels: Pixels, height: int, width: int, interpolation: str = "bilinear") -> Values:
    """Resize images, each by itself, so that its numbers do not depend on the others of the batch.

    Args:
        pixels: Images (n, H, W, C) uint8.
        height: New height, pixels.
        width: New width, pixels.
        interpolation: One of INTERPOLATIONS.

    Returns:
        Planes (n, C, height, width) in [0, 255].
    """
    planes = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)).astype(np.float32)
    if planes.shape[2] != height:
        planes = np.matmul(resize_matrix(planes.shape[2], height, interpolation), planes)
    if planes.shape[3] != width:
        planes = np.matmul(planes, resize_matrix(planes.shape[3], width, interpolation).T)
    if planes.shape[2:] != pixels.shape[1:3] and interpolation in ("bicubic", "lanczos"):  # they overshoot
        np.clip(planes, 0, 255, out=planes)
    return planes


@lru_cache(maxsize=64)
def resize_matrix(size: int, new: int, interpolation: str = "bilinear") -> Values:
    """The matrix (new, size) that resizes a line of pixels, as Pillow does but without rounding."""
    if interpolation == "nearest":
        nearest = ((np.arange(new) + 0.5) * size / new).astype(int)
        return np.asarray(np.eye(size)[nearest], dtype=np.float32)
    kernel, support = _KERNELS[interpolation]
    scale = size / new
    width = max(scale, 1.0)
    centers = (np.arange(new) + 0.5) * scale
    distance = np.abs(centers[:, None] - (np.arange(size) + 0.5)) / width
    weights = np.where(distance < support, kernel(distance), 0.0)
    return np.asarray(weights / weights.sum(1, keepdims=True), dtype=np.float32)


def _triangle(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(0.0, 1.0 - x)


def _cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, far)


def _lanczos(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sinc(x) * np.sinc(x / 3))


_KERNELS: dict[str, tuple[Callable[[NDArray[np.float64]], NDArray[np.float64]], float]] = {
    "bilinear": (_triangle, 1.0), "bicubic": (_cubic, 2.0), "lanczos": (_lanczos, 3.0),
}  # fmt: skip
INTERPOLATIONS = (*_KERNELS, "nearest")
"""Interpolations that backbones may name."""
