"""Whole models as one graph: from pixels (n, H, W, C) uint8 to logits (n, K) and calibrated probabilities (n, K)."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.features.extractors import LARGEST, hog_sides
from core.features.handcrafted.gradients import CLIP, ORIENTATIONS, THUMBNAIL, THUMBNAIL_WEIGHT
from core.features.handcrafted.patch_filters import CONTRAST, FIELDS, PATCH, THRESHOLD, PatchFilters
from core.features.handcrafted.plain_pixels import PIXELS_SIDE
from core.features.input_spec import InputSpec, resize_matrix

EPSILON = 0.03
"""Keeps the length of a block above zero, as in core.features.handcrafted."""


class PixelModel(nn.Module):
    """Steps one after the other, then logits and probabilities at the fitted temperature.

    Args:
        steps: From pixels (n, H, W, C) uint8 to logits (n, K).
        temperature: Divides the logits before the softmax, above 0.
    """

    def __init__(self, steps: list[nn.Module], temperature: float) -> None:
        super().__init__()
        self.steps = nn.Sequential(*steps)
        self.temperature = temperature

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and probabilities (n, K)."""
        logits: Tensor = self.steps(pixels)
        return logits, torch.softmax(logits / self.temperature, dim=1)


class Normalized(nn.Module):
    """Pixels (n, H, W, C) uint8 to the input of a network that was trained here, (n, C, H, W)."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: list[float], std: list[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        """Planes with mean 0 and deviation 1."""
        planes: Tensor = ((pixels.permute(0, 3, 1, 2).float() / 255) - self.mean) / self.std
        return planes


class Resized(nn.Module):
    """Pixels (n, H, W, C) uint8 to planes (n, C, height, width) in [0, 255], as core.features.input_spec does."""

    rows: Tensor
    columns: Tensor

    def __init__(self, size: tuple[int, int], new: tuple[int, int], interpolation: str = "bilinear") -> None:
        super().__init__()
        self.is_same = size == new
        self.is_clamped = interpolation in ("bicubic", "lanczos")
        self.register_buffer("rows", _matrix(size[0], new[0], interpolation))
        self.register_buffer("columns", _matrix(size[1], new[1], interpolation).T.contiguous())

    def forward(self, pixels: Tensor) -> Tensor:
        """Planes of the new size."""
        planes = pixels.permute(0, 3, 1, 2).float()
        if self.is_same:
            return planes
        planes = self.rows @ planes @ self.columns
        return planes.clamp(0, 255) if self.is_clamped else planes


class BackboneInput(nn.Module):
    """Planes (n, C, side, side) in [0, 255] to the input of a backbone."""

    mean: Tensor
    std: Tensor

    def __init__(self, spec: InputSpec) -> None:
        super().__init__()
        self.channels = len(spec.mean)
        self.register_buffer("mean", torch.tensor(spec.mean).view(1, -1, 1, 1) * 255)
        self.register_buffer("std", torch.tensor(spec.std).view(1, -1, 1, 1) * 255)

    def forward(self, planes: Tensor) -> Tensor:
        """Normalised planes with the backbone's channels."""
        if planes.shape[1] != self.channels:
            planes = planes.mean(1, keepdim=True) if self.channels == 1 else planes.expand(-1, self.channels, -1, -1)
        normal: Tensor = (planes - self.mean) / self.std
        return normal


class Pooled(nn.Module):
    """A backbone's answer (n, D), (n, D, h, w) or (n, tokens, D) to features (n, D), rounded as they are stored."""

    def forward(self, found: Tensor) -> Tensor:
        """Features with the precision of float16."""
        if found.ndim > 2:
            found = found.mean((2, 3) if found.ndim == 4 else 1)
        return found.clamp(-LARGEST, LARGEST).half().float()


class PlainPixels(nn.Module):
    """Planes to their values in [0, 1] (n, D)."""

    def forward(self, planes: Tensor) -> Tensor:
        """Features of the extractor "pixels"."""
        return (planes / 255).flatten(1)


class Hog(nn.Module):
    """Planes (n, C, side, side) to histograms of oriented gradients and a thumbnail, as core.features.handcrafted."""

    small: Tensor

    def __init__(self, side: int, cell: int) -> None:
        super().__init__()
        self.side, self.cell = side, cell
        self.register_buffer("small", _matrix(side, THUMBNAIL, "bilinear"))

    def forward(self, planes: Tensor) -> Tensor:
        """Features of the extractor "hog"."""
        blocks = self._blocks(self._histograms(planes))
        if self.side == 2 * THUMBNAIL:
            thumbnail = planes.reshape(*planes.shape[:2], THUMBNAIL, 2, THUMBNAIL, 2).mean((3, 5))
        else:
            thumbnail = self.small @ planes @ self.small.T
        return torch.cat([blocks, thumbnail.flatten(1) * (THUMBNAIL_WEIGHT / 255)], 1)

    def _histograms(self, planes: Tensor) -> Tensor:
        pad = nn.functional.pad
        vertical = pad(planes[:, :, 2:] - planes[:, :, :-2], (0, 0, 1, 1))
        horizontal = pad(planes[..., 2:] - planes[..., :-2], (1, 1))
        squared = horizontal * horizontal + vertical * vertical
        if planes.shape[1] > 1:
            strongest = squared.argmax(1, keepdim=True)
            vertical, horizontal, squared = (value.gather(1, strongest) for value in (vertical, horizontal, squared))
        strength = squared.sqrt() / (255 * self.cell * self.cell)
        position = torch.atan2(vertical, horizontal) * (ORIENTATIONS / math.pi) - 0.5
        bins = torch.arange(ORIENTATIONS, dtype=torch.float32).view(1, -1, 1, 1)
        turn = position - bins
        turn = turn - ORIENTATIONS * torch.floor(turn / ORIENTATIONS)
        votes = strength * ((1 - turn).clamp(min=0) + (turn - (ORIENTATIONS - 1)).clamp(min=0))
        cells = self.side // self.cell
        votes = votes.reshape(-1, ORIENTATIONS, cells, self.cell, cells, self.cell).sum((3, 5))
        return votes.permute(0, 2, 3, 1)

    def _blocks(self, cells: Tensor) -> Tensor:
        corners = [cells[:, :-1, :-1], cells[:, :-1, 1:], cells[:, 1:, :-1], cells[:, 1:, 1:]]
        blocks = torch.cat(corners, -1)
        blocks = (blocks / _length(blocks)).clamp(max=CLIP)
        return (blocks / _length(blocks)).flatten(1)


class LearnedFilters(nn.Module):
    """Planes (n, C, side, side) to features by learned filters, as core.features.handcrafted.patch_filters."""

    mean: Tensor
    whitening: Tensor
    filters: Tensor
    center: Tensor
    components: Tensor

    def __init__(self, by: PatchFilters) -> None:
        super().__init__()
        side, self.stride = map(int, by.sides)
        self.places = side // self.stride
        for name in ("mean", "whitening", "filters", "center", "components"):
            self.register_buffer(name, torch.from_numpy(getattr(by, name)))

    def forward(self, planes: Tensor) -> Tensor:
        """Features of the extractor "patches"."""
        edges = (PATCH // 2, PATCH - PATCH // 2 - 1) * 2
        padded = nn.functional.pad(planes / 255, edges)
        rows = nn.functional.unfold(padded, PATCH, stride=self.stride).transpose(1, 2)
        rows = rows - rows.mean(2, keepdim=True)
        rows = rows / (rows.square().mean(2, keepdim=True) + CONTRAST).sqrt()
        white = (rows - self.mean) @ self.whitening
        white = white / (white.square().sum(2, keepdim=True).sqrt() + 1e-6)
        answers = (white @ self.filters - THRESHOLD).clamp(min=0)
        field = self.places // FIELDS
        fields = answers.reshape(-1, FIELDS, field, FIELDS, field, answers.shape[2]).mean((2, 4))
        features: Tensor = (fields.flatten(1).sqrt() - self.center) @ self.components
        return features


class LinearHead(nn.Module):
    """Logistic regression on features (n, D)."""

    folded: Tensor
    shift: Tensor

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        super().__init__()
        folded = arrays["scale"][:, None] * arrays["coefficients"]
        self.register_buffer("folded", torch.from_numpy(folded))
        self.register_buffer("shift", torch.from_numpy(arrays["intercepts"] - arrays["center"] @ folded))

    def forward(self, features: Tensor) -> Tensor:
        """Logits (n, K)."""
        logits: Tensor = features @ self.folded + self.shift
        return logits


class KernelHead(nn.Module):
    """Kernel ridge regression on features (n, D)."""

    points: Tensor
    lengths: Tensor
    coefficients: Tensor
    offsets: Tensor

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        super().__init__()
        points = torch.from_numpy(arrays["points"].astype(np.float32))
        self.gamma = float(arrays["gamma"])
        self.register_buffer("points", points.T.contiguous())
        self.register_buffer("lengths", (points * points).sum(1))
        scaled = arrays["coefficients"].astype(np.float32) / np.float32(arrays["temperature"])
        self.register_buffer("coefficients", torch.from_numpy(scaled))
        self.register_buffer("offsets", torch.from_numpy(arrays["offsets"].astype(np.float32)))

    def forward(self, features: Tensor) -> Tensor:
        """Logits (n, K)."""
        kernel = 2 * (features @ self.points) - (features * features).sum(1, keepdim=True) - self.lengths
        logits: Tensor = torch.exp(kernel.clamp(max=0) * self.gamma) @ self.coefficients - self.offsets
        return logits


def handcrafted_steps(name: str, shape: tuple[int, int, int]) -> list[nn.Module]:
    """Steps from pixels of a shape (H, W, C) to the features of a handcrafted extractor."""
    height, width, _ = shape
    if name == "pixels":
        new = min(height, PIXELS_SIDE), min(width, PIXELS_SIDE)
        return [Resized((height, width), new), PlainPixels(), Pooled()]
    side, cell = hog_sides(shape)
    return [Resized((height, width), (side, side)), Hog(side, cell), Pooled()]


def learned_steps(filters: PatchFilters, shape: tuple[int, int, int]) -> list[nn.Module]:
    """Steps from pixels of a shape (H, W, C) to the features of the extractor "patches"."""
    side = int(filters.sides[0])
    return [Resized(shape[:2], (side, side)), LearnedFilters(filters), Pooled()]


def head_of(arrays: Mapping[str, NDArray[Any]]) -> nn.Module:
    """The module of a fitted head, by its arrays."""
    return KernelHead(arrays) if "points" in arrays else LinearHead(arrays)


def _length(blocks: Tensor) -> Tensor:
    return ((blocks * blocks).sum(-1, keepdim=True) + EPSILON**2).sqrt()


def _matrix(size: int, new: int, interpolation: str) -> Tensor:
    return torch.from_numpy(resize_matrix(size, new, interpolation).copy())
