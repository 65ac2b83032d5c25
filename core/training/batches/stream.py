"""Endless batches of one part, in an order drawn from the run's generator."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from core.training.batches.batch import Views
from core.training.batches.part import OnDisk, Part
from core.training.runtime import distributed
from core.training.runtime.tensors import on_device


class Stream:
    """Endless batches of all ranks together; every image comes once per permutation.

    Args:
        source: The part to draw from.
        batch_size: Images in a batch, over all ranks.
        generator: Draws the permutations; on the CPU, so that the order is the same on every device.
        is_full: Whether a batch has batch_size images even where the part has fewer, and repeats some. Otherwise a
            batch has as many as the part, but at least two, which batch norm needs.

    """

    def __init__(self, source: Part, batch_size: int, generator: Generator, *, is_full: bool = False) -> None:
        self.source = source
        self.batch_size = batch_size if is_full else max(2, min(batch_size, len(source)))
        self._generator = generator
        self._permutation = torch.empty(0, dtype=torch.int64)
        self._position = 0

    def draw(self) -> tuple[Tensor, Tensor]:
        """Next batch of all ranks: rows (b,) of the part and their images (b, C, H, W) uint8, on the device."""
        chosen = self._rows()
        rows = on_device(chosen, self.source.labels.device)
        return rows, self.source.take(chosen if isinstance(self.source.images, OnDisk) else rows)

    def next(self, view: Callable[[Tensor], Tensor]) -> Views:
        """Share of this rank of the next batch, its uint8 images passed through `view`."""
        rows, images = self.draw()
        own = distributed.local_share(rows)
        return Views(distributed.local_share(view(images)), self.source.labels[own], self.source.weights[own])

    def state_dict(self) -> dict[str, Any]:
        """The current permutation and the position in it."""
        return {"permutation": self._permutation, "position": self._position}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved position."""
        self._permutation, self._position = state["permutation"], state["position"]

    def _rows(self) -> Tensor:
        found = self._permutation[self._position : self._position + self.batch_size]
        self._position += self.batch_size
        while len(found) < self.batch_size:
            self._permutation = torch.randperm(len(self.source), generator=self._generator)
            self._position = self.batch_size - len(found)
            found = torch.cat([found, self._permutation[: self._position]])
        return found
