"""The types of one step's batch: augmented views of labeled, pseudo-labeled, rejected and pool images."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Views:
    """A batch of one part, augmented and normalized."""

    images: Tensor  # (b, C, H, W) float
    labels: Tensor  # (b,) int64
    weights: Tensor  # (b,) float, [0, 1], weight in the loss

    def __getitem__(self, rows: slice) -> "Views":
        return Views(self.images[rows], self.labels[rows], self.weights[rows])

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class PoolViews:
    """A batch of the pool: two views of each image and its row in the pool, without labels."""

    weak: Tensor  # (b, C, H, W) float, normalized
    strong: Tensor  # (b, C, H, W) float, normalized; the second view, weak or the same for some methods
    rows: Tensor  # (b,) int64

    def __getitem__(self, rows: slice) -> "PoolViews":
        return PoolViews(self.weak[rows], self.strong[rows], self.rows[rows])

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Batch:
    """The images of one training step: labeled, pseudo-labeled, rejected and of the pool."""

    labeled: Views
    pseudo: Views | None = None  # curated pseudo-labels, frozen
    rejected: Views | None = None  # labels are the classes that a person rejected
    pool: PoolViews | None = None

    def pieces(self, count: int) -> "Iterator[tuple[Batch, dict[str, float]]]":
        """Split the batch into pieces of nearly equal size, each with its share of every part, [0, 1]."""
        for number in range(count):
            piece = {name: _piece(value, number, count) for name, value in vars(self).items()}
            shares = {
                name: len(piece[name]) / len(value)
                for name, value in vars(self).items()
                if value is not None and piece[name] is not None
            }
            yield Batch(**piece), shares


def _piece(value: Any, number: int, count: int) -> Any:
    """One piece of a part.

    None where it is empty, except of a part with labels, which may be empty.
    """
    if value is None:
        return None
    ends = [len(value) * end // count for end in (number, number + 1)]
    found = value[slice(*ends)]
    return found if len(found) or isinstance(value, Views) else None
