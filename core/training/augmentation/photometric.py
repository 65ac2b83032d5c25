"""Brightness and color operations on a batch: look-up tables per image and channel, and two blends.

Images are uint8 (B, C, H, W), strengths (B,), tables (B, C, 256) floats in [0, 255]: a whole chain of look-ups costs
one gather. The tests compare with torchvision's functional operations.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

_GREY = (0.2989, 0.587, 0.114)


def identity(images: Tensor) -> Tensor:
    """Tables that change nothing."""
    ramp = torch.arange(256, dtype=torch.float32, device=images.device)
    return ramp.expand(*images.shape[:2], 256)


def brightness(images: Tensor, strength: Tensor) -> Tensor:
    """Tables that multiply every value by the strength; 1 changes nothing."""
    return (identity(images) * _per_table(strength)).clamp(0, 255)


def contrast(images: Tensor, strength: Tensor) -> Tensor:
    """Tables that move values away from the mean grey (below 1 towards it).

    1 changes nothing.
    """
    mean = grey(images).mean((1, 2, 3), keepdim=True)[:, :, :, 0]
    factor = _per_table(strength)
    return (identity(images) * factor + mean * (1 - factor)).clamp(0, 255)


def posterize(images: Tensor, bits: Tensor) -> Tensor:
    """Tables that keep the highest bits, 1 … 8 of them."""
    step = 2.0 ** (8 - _per_table(bits.floor()))
    return (identity(images) / step).floor() * step


def solarize(images: Tensor, limit: Tensor) -> Tensor:
    """Tables that invert values ≥ the limit, 0 … 256."""
    ramp = identity(images)
    return torch.where(ramp >= _per_table(limit), 255 - ramp, ramp)


def autocontrast(images: Tensor, _strength: Tensor) -> Tensor:
    """Tables that stretch each channel to the whole range.

    A channel of one value is kept.
    """
    low = images.amin((2, 3)).float()[..., None]
    span = images.amax((2, 3)).float()[..., None] - low
    stretched = ((identity(images) - low) * 255 / span.clamp(min=1)).clamp(0, 255)
    return torch.where(span > 0, stretched, identity(images))


def equalize(images: Tensor, _strength: Tensor) -> Tensor:
    """Tables that equalize each channel's histogram, as Pillow does.

    A channel of one value is kept.
    """
    counts = torch.zeros(*images.shape[:2], 256, device=images.device)
    counts.scatter_add_(
        2, images.flatten(2).long(), torch.ones((), device=images.device).expand(images.flatten(2).shape)
    )
    highest = images.amax((2, 3))[..., None].long()
    step = ((counts.sum(2, keepdim=True) - counts.gather(2, highest)) / 255).floor()
    below = counts.cumsum(2) - counts
    table = ((below + (step / 2).floor()) / step.clamp(min=1)).floor().clamp(0, 255)
    return torch.where(step > 0, table, identity(images))


TABLES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    function.__name__: function for function in (brightness, contrast, posterize, solarize, autocontrast, equalize)
}


def apply_tables(images: Tensor, tables: Tensor) -> Tensor:
    """Replace each value by its table's, rounded down to uint8."""
    found = tables.to(torch.uint8).gather(2, images.flatten(2).long())
    return found.view(images.shape)


def grey(images: Tensor) -> Tensor:
    """Luma (B, 1, H, W) float in [0, 255], rounded down.

    The values themselves for one channel.
    """
    if images.shape[1] == 1:
        return images.float()
    colors = zip(_GREY, images.float().tensor_split(3, dim=1), strict=True)
    return torch.stack([share * color for share, color in colors]).sum(0).floor()


def color(images: Tensor, strength: Tensor) -> Tensor:
    """Move each pixel away from its grey (below 1 towards it); 1 changes nothing."""
    return _blend(images.float(), grey(images), strength)


def sharpness(images: Tensor, strength: Tensor) -> Tensor:
    """Move away from a smoothed copy (below 1 towards it), whose border is the image's.

    1 changes nothing.
    """
    values, channels = images.float(), images.shape[1]
    kernel = values.new_full((channels, 1, 3, 3), 1 / 13)  # filled on the device: a list would have to be copied
    kernel[:, :, 1, 1] = 5 / 13
    smooth = values.clone()
    inner = functional.conv2d(values, kernel, groups=channels)
    smooth[:, :, 1:-1, 1:-1] = inner.round()
    return _blend(values, smooth, strength)


def _blend(values: Tensor, other: Tensor, strength: Tensor) -> Tensor:
    """Other + strength · (values − other), as uint8."""
    factor = strength[:, None, None, None]
    return (other + factor * (values - other)).clamp(0, 255).to(torch.uint8)


def _per_table(strength: Tensor) -> Tensor:
    return strength[:, None, None]
