"""Strong augmentation: two random operations for each image, and a hole; FixMatch's RandAugment, a batch at a time.

Every image draws its own operations and strengths from the generator given (arXiv 2001.07685, appendix; torchvision
draws once per batch). Images come as uint8 (B, C, H, W) and leave as floats in [0, 1].
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from core.training.augmentation import photometric
from core.training.augmentation.weak import PROFILES

_ROUNDS = 2
_TABLES = tuple(photometric.TABLES)
_BLENDS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "color": photometric.color,
    "sharpness": photometric.sharpness,
}
_MOVES = ("rotate", "shear_x", "shear_y", "translate_x", "translate_y")


@dataclass(frozen=True)
class Strong:
    """The operations of a profile, each with the range its strength is drawn from; the hole's largest side.

    Factors: 1 = unchanged; rotate in radians, counter-clockwise; shear as slope; translate in sides of the image.
    """

    ranges: dict[str, tuple[float, float]]
    hole: float  # of the side
    fill: float  # value in [0, 1] of what comes in from outside, and of the hole

    @property
    def names(self) -> tuple[str, ...]:
        """The operations; identity is one of them."""
        return ("identity", *self.ranges)


def _turned(angle: float, shear: float, way: float) -> dict[str, tuple[float, float]]:
    turn = math.radians(angle)
    both = {"shear_x": shear, "shear_y": shear, "translate_x": way, "translate_y": way}
    return {"rotate": (-turn, turn), **{name: (-most, most) for name, most in both.items()}}


_FACTOR = (0.05, 0.95)
_LIGHT = {
    "brightness": _FACTOR, "contrast": _FACTOR, "color": _FACTOR, "sharpness": _FACTOR,
    "posterize": (4.0, 9.0), "autocontrast": (0.0, 0.0), "equalize": (0.0, 0.0),
}  # fmt: skip
STRONG: dict[str, Strong | None] = {
    "natural": Strong({**_LIGHT, "solarize": (0.0, 256.0), **_turned(30, 0.3, 0.3)}, hole=0.5, fill=0.5),
    "digits": Strong({**_LIGHT, **_turned(15, 0.2, 0.15)}, hole=0.25, fill=0.0),
    "none": None,
}
"""By profile; posterize draws whole bits 4 … 8. digits: no flip, no solarize, gentle moves (a flipped 2 is no 2)."""


def strong(images: Tensor, profile: str, generator: Generator) -> Tensor:
    """The strong view of uint8 images: the weak one, then two rounds of an operation each, then the hole.

    Operations compose, as in FixMatch (the weak view first, then RandAugment, then cutout), so a profile's ranges bound
    each operation and not their sum. For digits a round turns by 15 degrees at most or translates by .15 of the side,
    the weak view by 10 degrees and .1: all to one side that is 40 degrees, or .4 of the side. Both rounds have to draw
    the same one of thirteen operations for that, once in 169 images, and come near the end of its range.
    """
    recipe = STRONG[profile]
    weak = PROFILES[profile](images.float() / 255, generator)
    if recipe is None:
        return weak
    seen = (weak * 255).round().to(torch.uint8)
    matrix = _unmoved(seen)
    for _ in range(_ROUNDS):
        choice = torch.randint(len(recipe.names), (len(seen),), generator=generator, device=seen.device)
        draw = torch.rand(len(seen), generator=generator, device=seen.device)
        strengths = {
            name: torch.where(choice == number, low + draw * (high - low), _neutral(name))
            for number, (name, (low, high)) in enumerate(recipe.ranges.items(), start=1)
        }
        chosen = {name: choice == number for number, name in enumerate(recipe.names)}
        seen = relit(seen, strengths, chosen)
        matrix = composed(matrix, move_matrix(strengths))
    moved = move(seen.float() / 255, matrix, recipe.fill)
    return punched(moved, recipe.hole, recipe.fill, generator)


def relit(images: Tensor, strengths: dict[str, Tensor], chosen: dict[str, Tensor]) -> Tensor:
    """uint8 images after the light or color operation that each has chosen."""
    tables = photometric.identity(images)
    for name in _TABLES:
        if name in strengths:
            tables = torch.where(chosen[name][:, None, None], photometric.TABLES[name](images, strengths[name]), tables)
    found = photometric.look_up(images, tables)
    for name, blend in _BLENDS.items():
        if name in strengths:
            found = torch.where(chosen[name][:, None, None, None], blend(images, strengths[name]), found)
    return found


def move_matrix(strengths: dict[str, Tensor]) -> Tensor:
    """Matrix (B, 3, 3) from a place in the new image to its place in the old, in half sides from the middle.

    At most one of the moves does something; rotate counter-clockwise, translate right and down, shear as a slope.
    """
    turn, shear_x, shear_y, right, down = (strengths[name] for name in _MOVES)
    zero, one = torch.zeros_like(turn), torch.ones_like(turn)
    rows = [
        torch.stack([turn.cos(), shear_x - turn.sin(), -2 * right], 1),
        torch.stack([shear_y + turn.sin(), turn.cos(), -2 * down], 1),
        torch.stack([zero, zero, one], 1),
    ]
    return torch.stack(rows, 1)


def composed(first: Tensor, second: Tensor) -> Tensor:
    """The matrix of two moves one after the other: from the newest image back to the oldest."""
    return first @ second


def move(images: Tensor, matrix: Tensor, fill: float) -> Tensor:
    """Images (B, C, H, W) floats, each moved by its matrix in one resampling; fill comes in from outside."""
    height, width = images.shape[2:]
    theta = matrix[:, :2].clone()
    theta[:, 0, 1] *= height / width
    theta[:, 1, 0] *= width / height
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    return functional.grid_sample(images - fill, grid, padding_mode="zeros", align_corners=False) + fill


def punched(images: Tensor, most: float, fill: float, generator: Generator) -> Tensor:
    """A square hole of up to `most` of the side around a random place in each image, cut off at the border."""
    num, _, height, width = images.shape
    draws = torch.rand(num, 3, generator=generator, device=images.device)
    half = draws[:, 0] * most / 2
    rows = (torch.arange(height, device=images.device) + 0.5) / height
    columns = (torch.arange(width, device=images.device) + 0.5) / width
    is_row = (rows - draws[:, 1:2]).abs() < half[:, None]
    is_column = (columns - draws[:, 2:3]).abs() < half[:, None]
    return images.masked_fill((is_row[:, :, None] & is_column[:, None, :])[:, None], fill)


def _unmoved(images: Tensor) -> Tensor:
    return torch.eye(3, device=images.device).expand(len(images), 3, 3)


def _neutral(name: str) -> float:
    """The strength at which a move does nothing; light and color are left out by their mask."""
    return 0.0 if name in _MOVES else 1.0
