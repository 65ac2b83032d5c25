"""Strong augmentation: two random operations and a cutout for each image, FixMatch's RandAugment for a whole batch.

Every image draws its own operations and strengths (arXiv 2001.07685, appendix; torchvision draws once per batch).
Input is uint8 (B, C, H, W), output floats in [0, 1].
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from core.training.augmentation import photometric
from core.training.augmentation.weak import PROFILES

_NUM_OPERATIONS = 2
_TABLES = tuple(photometric.TABLES)
_BLENDS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "color": photometric.color,
    "sharpness": photometric.sharpness,
}
_GEOMETRIC = ("rotate", "shear_x", "shear_y", "translate_x", "translate_y")


@dataclass(frozen=True)
class StrongProfile:
    """The operations of a profile with the ranges of their strengths, and the size of the cutout.

    Factors: 1 = unchanged; rotate in radians, counter-clockwise; shear as slope; translate in sides of the image.
    """

    ranges: dict[str, tuple[float, float]]
    hole: float  # largest side of the cutout, as a share of the image's side
    fill: float  # value in [0, 1] outside the image and in the cutout

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the operations, identity among them."""
        return ("identity", *self.ranges)


def _geometric(angle: float, shear: float, distance: float) -> dict[str, tuple[float, float]]:
    radians = math.radians(angle)
    both = {"shear_x": shear, "shear_y": shear, "translate_x": distance, "translate_y": distance}
    return {"rotate": (-radians, radians), **{name: (-most, most) for name, most in both.items()}}


_FACTOR = (0.05, 0.95)
_PHOTOMETRIC = {
    "brightness": _FACTOR, "contrast": _FACTOR, "color": _FACTOR, "sharpness": _FACTOR,
    "posterize": (4.0, 9.0), "autocontrast": (0.0, 0.0), "equalize": (0.0, 0.0),
}  # fmt: skip
STRONG: dict[str, StrongProfile | None] = {
    "natural": StrongProfile(
        {**_PHOTOMETRIC, "solarize": (0.0, 256.0), **_geometric(30, 0.3, 0.3)}, hole=0.5, fill=0.5
    ),
    "digits": StrongProfile({**_PHOTOMETRIC, **_geometric(15, 0.2, 0.15)}, hole=0.25, fill=0.0),
    "none": None,
}
"""By profile; posterize draws whole bits 4 … 8. digits: no flip, no solarize, gentle moves (a flipped 2 is no 2)."""


def strong(images: Tensor, profile: str, generator: Generator) -> Tensor:
    """Compute the strong view: the weak view, then two random operations, then a cutout.

    Operations compose, as in FixMatch (the weak view first, then RandAugment, then cutout), so a profile's ranges bound
    each operation and not their sum. For digits an operation rotates by up to 15 degrees or translates by up to .15 of
    the side, the weak view by 10 degrees and .1: all in one direction that is 40 degrees, or .4 of the side. For that
    both must draw the same one of thirteen operations, once in 169 images, near the end of its range.

    Args:
        images: Images (B, C, H, W) uint8.
        profile: One of STRONG.
        generator: Draws operations and strengths, on the device of the images.

    Returns:
        Views (B, C, H, W), floats in [0, 1].

    """
    settings = STRONG[profile]
    weak = PROFILES[profile](images.float() / 255, generator)
    if settings is None:
        return weak
    seen = (weak * 255).round().to(torch.uint8)
    matrix = _identity_matrix(seen)
    for _ in range(_NUM_OPERATIONS):
        choice = torch.randint(len(settings.names), (len(seen),), generator=generator, device=seen.device)
        draw = torch.rand(len(seen), generator=generator, device=seen.device)
        strengths = {
            name: torch.where(choice == number, low + draw * (high - low), _neutral(name))
            for number, (name, (low, high)) in enumerate(settings.ranges.items(), start=1)
        }
        chosen = {name: choice == number for number, name in enumerate(settings.names)}
        seen = apply_photometric(seen, strengths, chosen)
        matrix = matrix @ warp_matrix(strengths)  # from the newest image back to the oldest
    warped = warp(seen.float() / 255, matrix, settings.fill)
    return cutout(warped, settings.hole, settings.fill, generator)


def apply_photometric(images: Tensor, strengths: dict[str, Tensor], chosen: dict[str, Tensor]) -> Tensor:
    """Apply to each uint8 image the brightness or color operation that it has drawn.

    Args:
        images: Images (B, C, H, W) uint8.
        strengths: Strength (B,) by operation.
        chosen: Mask (B,) by operation, of the images that have drawn it.

    Returns:
        Images (B, C, H, W) uint8.

    """
    tables = photometric.identity(images)
    for name in _TABLES:
        if name in strengths:
            tables = torch.where(chosen[name][:, None, None], photometric.TABLES[name](images, strengths[name]), tables)
    found = photometric.apply_tables(images, tables)
    for name, blend in _BLENDS.items():
        if name in strengths:
            found = torch.where(chosen[name][:, None, None, None], blend(images, strengths[name]), found)
    return found


def warp_matrix(strengths: dict[str, Tensor]) -> Tensor:
    """Matrix (B, 3, 3) from a position in the new image to that in the old one, in half sides from the middle.

    At most one operation acts; rotate is counter-clockwise, translate right and down, shear a slope.
    """
    turn, shear_x, shear_y, right, down = (strengths[name] for name in _GEOMETRIC)
    zero, one = torch.zeros_like(turn), torch.ones_like(turn)
    rows = [
        torch.stack([turn.cos(), shear_x - turn.sin(), -2 * right], 1),
        torch.stack([shear_y + turn.sin(), turn.cos(), -2 * down], 1),
        torch.stack([zero, zero, one], 1),
    ]
    return torch.stack(rows, 1)


def warp(images: Tensor, matrix: Tensor, fill: float) -> Tensor:
    """Resample each image by its matrix.

    Args:
        images: (B, C, H, W) float.
        matrix: (B, 3, 3) of `warp_matrix`.
        fill: Value outside the image.

    Returns:
        (B, C, H, W) images.
    """
    height, width = images.shape[2:]
    theta = matrix[:, :2].clone()
    theta[:, 0, 1] *= height / width
    theta[:, 1, 0] *= width / height
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    return functional.grid_sample(images - fill, grid, padding_mode="zeros", align_corners=False) + fill


def cutout(images: Tensor, most: float, fill: float, generator: Generator) -> Tensor:
    """Fill a square around a random position in each image, clipped at the border (DeVries & Taylor 2017).

    Args:
        images: Images (B, C, H, W), floats in [0, 1].
        most: Largest side of the square, as a share of the image's side, [0, 1].
        fill: Value in the square, [0, 1].
        generator: Draws position and size, on the device of the images.

    Returns:
        Images (B, C, H, W).

    """
    num, _, height, width = images.shape
    draws = torch.rand(num, 3, generator=generator, device=images.device)
    half = draws[:, 0] * most / 2
    rows = (torch.arange(height, device=images.device) + 0.5) / height
    columns = (torch.arange(width, device=images.device) + 0.5) / width
    is_row = (rows - draws[:, 1:2]).abs() < half[:, None]
    is_column = (columns - draws[:, 2:3]).abs() < half[:, None]
    return images.masked_fill((is_row[:, :, None] & is_column[:, None, :])[:, None], fill)


def _identity_matrix(images: Tensor) -> Tensor:
    return torch.eye(3, device=images.device).expand(len(images), 3, 3)


def _neutral(name: str) -> float:
    """Strength at which a geometric operation does nothing; the photometric ones are masked."""
    return 0.0 if name in _GEOMETRIC else 1.0
