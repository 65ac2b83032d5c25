"""The types of one step's batch: augmented views of labeled, pseudo-labeled, rejected and pool images."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor


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
