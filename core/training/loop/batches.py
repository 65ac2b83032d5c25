"""Labeled, pseudo-labeled, rejected and unlabeled images as uint8, drawn in batches from endless permutations.

They lie on the device where they fit; a set that does not fit stays on the disk and is read a batch at a time.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

from core.base.types import UNKNOWN, Ids, Labels, PerImage, Pixels
from core.training.runtime import distributed


def chunk_size(height: int, width: int) -> int:
    """Images of that size that one forward pass without gradients takes: at most 512, and at most a megapixel."""
    return max(1, min(512, 2**20 // (height * width)))


def channels_last(images: Tensor) -> Tensor:
    """The same images (b, C, H, W) laid out pixel by pixel, which convolutions on CPU and GPU are fastest on.

    One channel looks laid out either way; without strides that say which, the slow kernels are taken.
    """
    images = images.contiguous(memory_format=torch.channels_last)
    _, channels, height, width = images.shape
    return images.as_strided(images.shape, (height * width, 1, width, 1)) if channels == 1 else images


def on_device(values: Tensor, device: torch.device) -> Tensor:
    """A tensor in main memory, on the device; to a GPU by way of pinned memory, so that the host does not wait."""
    return values.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else values


@dataclass(frozen=True)
class OnDisk:
    """Images (n, C, H, W) uint8 that stay in their memory-mapped file until a batch asks for them."""

    pixels: Pixels  # (N, H, W, C), memory-mapped
    ids: Ids  # (n,) rows of it
    device: torch.device

    def __getitem__(self, rows: Tensor) -> Tensor:
        found = np.ascontiguousarray(self.pixels[self.ids[rows.cpu().numpy()]].transpose(0, 3, 1, 2))
        return on_device(torch.from_numpy(found), self.device)


@dataclass(frozen=True)
class Part:
    """Images (n, C, H, W) uint8 with a label and a weight each."""

    images: Tensor | OnDisk
    labels: Tensor  # (n,) int64, UNKNOWN where the training must not know them
    weights: Tensor  # (n,) float32

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: Tensor) -> Tensor:
        """The images (b, C, H, W) uint8 of the rows (b,), on the device."""
        return self.images[rows]

    def chunks(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Images and labels, so many at a time as a forward pass without gradients takes."""
        for rows in torch.split(torch.arange(len(self), device=self.labels.device), self.chunk):
            yield self.take(rows), self.labels[rows]

    @property
    def chunk(self) -> int:
        """So many images one forward pass without gradients takes."""
        shape = self.images.pixels.shape[1:3] if isinstance(self.images, OnDisk) else self.images.shape[2:]
        return chunk_size(*shape)


def part(
    pixels: Pixels, ids: Ids, labels: Labels | None, weights: PerImage | None, device: torch.device
) -> Part:  # fmt: skip
    """The named images of a memory-mapped set, on the device where they fit; labels None: not to be known."""
    given = np.full(len(ids), UNKNOWN, dtype=np.int64) if labels is None else labels.copy()
    ones = np.ones(len(ids), dtype=np.float32) if weights is None else weights.copy()
    images: Tensor | OnDisk = OnDisk(pixels, ids, device)
    if len(ids) * int(np.prod(pixels.shape[1:])) <= _room(device):
        chosen = torch.from_numpy(np.array(pixels[ids])).permute(0, 3, 1, 2).contiguous()
        images = chosen.to(device)
    return Part(images, torch.from_numpy(given).to(device), torch.from_numpy(ones).to(device))


def _room(device: torch.device) -> int:
    """Bytes that images may take on the device: half of what is free there."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] // 2
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


@dataclass(frozen=True)
class Views:
    """A batch of one part, augmented and normalised: images (b, C, H, W) float."""

    images: Tensor
    labels: Tensor  # (b,)
    weights: Tensor  # (b,)

    def __getitem__(self, rows: slice) -> "Views":
        return Views(self.images[rows], self.labels[rows], self.weights[rows])

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class PoolViews:
    """A batch of the pool: two views of each image, and its row in the pool. Its labels are not here."""

    weak: Tensor  # (b, C, H, W) float, normalised
    strong: Tensor  # (b, C, H, W) float, normalised
    rows: Tensor  # (b,)

    def __getitem__(self, rows: slice) -> "PoolViews":
        return PoolViews(self.weak[rows], self.strong[rows], self.rows[rows])

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Batch:
    """What one step learns from: labels, frozen pseudo-labels, images a person rejected as a class, and the pool."""

    labeled: Views
    pseudo: Views | None = None
    rejected: Views | None = None
    pool: PoolViews | None = None

    def pieces(self, count: int) -> "Iterator[tuple[Batch, dict[str, float]]]":
        """The batch in so many pieces of nearly equal size, each with its share of every part, [0, 1]."""
        for number in range(count):
            cut = {name: _piece(value, number, count) for name, value in vars(self).items()}
            shares = {n: len(cut[n]) / len(v) for n, v in vars(self).items() if v is not None and cut[n] is not None}
            yield Batch(**cut), shares


def _piece(value: Any, number: int, count: int) -> Any:
    """The numbered piece; None where it would be empty (the labeled part may be empty, it is always there)."""
    if value is None:
        return None
    ends = [len(value) * end // count for end in (number, number + 1)]
    found = value[slice(*ends)]
    return found if len(found) or isinstance(value, Views) else None


class Stream:
    """Endless batches of one part: every image once per permutation, in an order drawn from the run's generator.

    The batch is one of all ranks together; each rank takes its own share of the rows.
    """

    def __init__(self, source: Part, batch_size: int, generator: Generator, *, is_full: bool = False) -> None:
        self.source = source
        # at least two images, which batch norm needs; is_full: a part that is smaller is gone through more than once
        self.batch_size = batch_size if is_full else max(2, min(batch_size, len(source)))
        self._generator = generator  # on the CPU, so that the order is the same on every device
        self._permutation = torch.empty(0, dtype=torch.int64)
        self._position = 0

    def draw(self) -> tuple[Tensor, Tensor]:
        """The next batch: rows (b,) of the part, and their images (b, C, H, W) uint8; both on the device."""
        chosen = self._rows()
        rows = on_device(chosen, self.source.labels.device)
        return rows, self.source.take(chosen if isinstance(self.source.images, OnDisk) else rows)

    def next(self, view: Callable[[Tensor], Tensor]) -> Views:
        """The next batch, its uint8 images passed through `view`; this rank's share of it."""
        rows, images = self.draw()
        mine = distributed.share(rows)
        return Views(distributed.share(view(images)), self.source.labels[mine], self.source.weights[mine])

    def state_dict(self) -> dict[str, Any]:
        """Where in which permutation the stream stands."""
        return {"permutation": self._permutation, "position": self._position}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._permutation, self._position = state["permutation"], state["position"]

    def _rows(self) -> Tensor:
        found = self._permutation[self._position : self._position + self.batch_size]
        self._position += self.batch_size
        while len(found) < self.batch_size:
            self._permutation = torch.randperm(len(self.source), generator=self._generator)
            self._position = self.batch_size - len(found)
            found = torch.cat([found, self._permutation[: self._position]])
        return found
