"""Labeled, pseudo-labeled and rejected images on the device as uint8, drawn in batches from endless permutations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

from core.base.records import Ids, Labels, PerImage, Pixels


def chunk_size(height: int, width: int) -> int:
    """Images of that size that one forward pass without gradients takes: at most 512, and at most a megapixel."""
    return max(1, min(512, 2**20 // (height * width)))


@dataclass(frozen=True)
class Part:
    """Images (n, C, H, W) uint8 with a label and a weight each, resident on the device."""

    images: Tensor
    labels: Tensor  # (n,) int64
    weights: Tensor  # (n,) float32

    def __len__(self) -> int:
        return len(self.labels)


def part(pixels: Pixels, ids: Ids, labels: Labels, weights: PerImage | None, device: torch.device) -> Part:
    """The named images of a memory-mapped set, on the device."""
    chosen = torch.from_numpy(np.array(pixels[ids])).permute(0, 3, 1, 2).contiguous()
    ones = np.ones(len(ids), dtype=np.float32) if weights is None else weights
    return Part(chosen.to(device), torch.from_numpy(labels.copy()).to(device), torch.from_numpy(ones.copy()).to(device))


@dataclass(frozen=True)
class Views:
    """A batch of one part, augmented and normalised: images (b, C, H, W) float."""

    images: Tensor
    labels: Tensor  # (b,)
    weights: Tensor  # (b,)


@dataclass(frozen=True)
class Batch:
    """What one step learns from: labels, pseudo-labels, and images of which a person said "not this class"."""

    labeled: Views
    unlabeled: Views | None
    rejected: Views | None


class Stream:
    """Endless batches of one part: every image once per permutation, in an order drawn from the run's generator."""

    def __init__(self, source: Part, batch_size: int, generator: Generator) -> None:
        self.source = source
        self.batch_size = min(batch_size, len(source))
        self._generator = generator  # on the CPU, so that the order is the same on every device
        self._permutation = torch.empty(0, dtype=torch.int64)
        self._position = 0

    def next(self, view: Callable[[Tensor], Tensor]) -> Views:
        """The next batch, its uint8 images passed through `view`."""
        rows = self._rows().to(self.source.images.device, non_blocking=True)
        return Views(view(self.source.images[rows]), self.source.labels[rows], self.source.weights[rows])

    def state_dict(self) -> dict[str, Any]:
        """Where in which permutation the stream stands."""
        return {"permutation": self._permutation, "position": self._position}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._permutation, self._position = state["permutation"], state["position"]

    def _rows(self) -> Tensor:
        left = self._permutation[self._position : self._position + self.batch_size]
        self._position += self.batch_size
        if len(left) < self.batch_size:
            self._permutation = torch.randperm(len(self.source), generator=self._generator)
            self._position = self.batch_size - len(left)
            left = torch.cat([left, self._permutation[: self._position]])
        return left
