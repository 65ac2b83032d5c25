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
