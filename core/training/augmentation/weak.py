"""Weak augmentation of a batch on its device, with separate random parameters for every image.

Images are floats (B, C, H, W) in [0, 1]; the generator is on the same device.
"""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional

_SHIFT = 0.125  # of the side, natural
_ROTATION = math.radians(10)  # digits
_TRANSLATION = 0.1  # of the side, digits


def natural(images: Tensor, generator: Generator) -> Tensor:
    """Flip half of the images.

    Crop each after reflection padding by 1/8 of its side.
    """
    num, _, height, width = images.shape
    is_flipped = _uniform(num, images, generator) < 0.5
    flipped = torch.where(is_flipped[:, None, None, None], images.flip(3), images)
    down = _offsets(num, int(height * _SHIFT), images, generator)
    right = _offsets(num, int(width * _SHIFT), images, generator)
    return shift(flipped, down, right)


def digits(images: Tensor, generator: Generator) -> Tensor:
    """Rotate by up to 10 degrees and translate by up to 1/10 of the side.

    Never flip: a flipped 2 is no 2.
    """
    num = len(images)
    angle = (2 * _uniform(num, images, generator) - 1) * _ROTATION
    moves = (2 * torch.rand(num, 2, generator=generator, device=images.device) - 1) * 2 * _TRANSLATION
    return affine(images, angle, moves)


def none(images: Tensor, generator: Generator) -> Tensor:
    """Leave the images as they are."""
    return images


PROFILES: dict[str, Callable[[Tensor, Generator], Tensor]] = {
    function.__name__: function for function in (natural, digits, none)
}


def shift(images: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Crop each image at its own offset, with reflection at the border.

    Args:
        images: (B, C, H, W).
        down: (B,) pixels.
        right: (B,) pixels.

    Returns:
        (B, C, H, W) images of the same size.
    """
    _, channels, height, width = images.shape
    rows = _reflect(torch.arange(height, device=images.device) + down[:, None], height)  # (B, H)
    columns = _reflect(torch.arange(width, device=images.device) + right[:, None], width)  # (B, W)
    taken = images.gather(2, rows[:, None, :, None].expand(-1, channels, -1, width))
    return taken.gather(3, columns[:, None, None, :].expand(-1, channels, height, -1))


def affine(images: Tensor, angle: Tensor, moves: Tensor) -> Tensor:
    """Rotate and translate each image.

    Args:
        images: (B, C, H, W).
        angle: (B,) radians, counter-clockwise.
        moves: (B, 2) half sides.

    Returns:
        (B, C, H, W) images.
    """
    cos, sin = angle.cos(), angle.sin()
    height, width = images.shape[2:]
    top = torch.stack([cos, -sin * height / width, -moves[:, 0]], dim=1)
    bottom = torch.stack([sin * width / height, cos, -moves[:, 1]], dim=1)
    grid = functional.affine_grid(torch.stack([top, bottom], dim=1), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="zeros", align_corners=False)


def _uniform(num: int, images: Tensor, generator: Generator) -> Tensor:
    return torch.rand(num, generator=generator, device=images.device)


def _offsets(num: int, most: int, images: Tensor, generator: Generator) -> Tensor:
    return torch.randint(-most, most + 1, (num,), generator=generator, device=images.device)


def _reflect(positions: Tensor, size: int) -> Tensor:
    return (size - 1) - ((size - 1) - positions.abs()).abs()
