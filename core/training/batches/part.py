"""Parts of the image set with labels and weights, on the device where they fit, else read from disk by the batch."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.base.types import UNKNOWN, Ids, Labels, PerImage, Pixels
from core.training.runtime.devices import free_bytes
from core.training.runtime.tensors import on_device


@dataclass(frozen=True)
class OnDisk:
    """Images (n, C, H, W) uint8 that stay in their memory-mapped file and are read by the batch."""

    pixels: Pixels  # (N, H, W, C), memory-mapped
    ids: Ids  # (n,) rows of it
    device: torch.device

    def __getitem__(self, rows: Tensor) -> Tensor:
        found = np.ascontiguousarray(self.pixels[self.ids[rows.cpu().numpy()]].transpose(0, 3, 1, 2))
        return on_device(torch.from_numpy(found), self.device)


@dataclass(frozen=True)
class AnswersOnDisk:
    """Probabilities (P, K) that stay in their memory-mapped file and are read by the batch."""

    values: NDArray[np.float16]  # memory-mapped
    device: torch.device

    def __getitem__(self, rows: Tensor) -> Tensor:
        return on_device(torch.from_numpy(np.array(self.values[rows.cpu().numpy()])), self.device)


@dataclass(frozen=True)
class Part:
    """Images (n, C, H, W) uint8 of one part of the data, with a label and a weight each."""

    images: Tensor | OnDisk
    labels: Tensor  # (n,) int64, UNKNOWN where the training must not know them
    weights: Tensor  # (n,) float32, [0, 1], weight in the loss

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: Tensor) -> Tensor:
        """Images (b, C, H, W) uint8 of the rows (b,), on the device."""
        return self.images[rows]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the images in pixels."""
        shape = self.images.pixels.shape[1:3] if isinstance(self.images, OnDisk) else self.images.shape[2:]
        return int(shape[0]), int(shape[1])


def load_part(
    pixels: Pixels, ids: Ids, labels: Labels | None, weights: PerImage | None, device: torch.device
) -> Part:  # fmt: skip
    """Load images of a memory-mapped set, onto the device where they fit.

    Args:
        pixels: All images (N, H, W, C) uint8.
        ids: Rows (n,) of the images to take.
        labels: Their labels (n,); None where the training must not know them.
        weights: Their weights (n,) in the loss, [0, 1]; None for 1.
        device: Device of the training.

    Returns:
        The part; its images stay on disk where they would take more than half of the free memory.

    """
    given = np.full(len(ids), UNKNOWN, dtype=np.int64) if labels is None else labels.copy()
    ones = np.ones(len(ids), dtype=np.float32) if weights is None else weights.copy()
    images: Tensor | OnDisk = OnDisk(pixels, ids, device)
    if len(ids) * int(np.prod(pixels.shape[1:])) <= free_bytes(device) // 2:
        chosen = torch.from_numpy(np.array(pixels[ids])).permute(0, 3, 1, 2).contiguous()
        images = chosen.to(device)
    return Part(images, torch.from_numpy(given).to(device), torch.from_numpy(ones).to(device))
