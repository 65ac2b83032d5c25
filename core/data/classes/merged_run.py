"""Runs of a project whose classes were merged: what they predict for merged classes is added up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np

from core.base.types import Logits
from core.store.run_folder import RunFolder

_APART = 40.0
"""Logits, in units of the temperature, by which a merged class lies below all others."""


@dataclass(frozen=True)
class _Stored:
    """Logits as a file holds them; equal where file, time and size, temperature and merged classes are."""

    file: Path
    facts: tuple[int, int]
    temperature: float
    merged: tuple[tuple[int, int], ...]
    logits: Logits = field(compare=False)


class MergedRunFolder(RunFolder):
    """A run folder whose logits have the probability of merged classes in the class that they belong to now.

    Args:
        path: The folder.
        merged: Class → the class that it was merged into.
    """

    def __init__(self, path: Path, merged: Mapping[int, int]) -> None:
        super().__init__(path)
        self.merged = dict(merged)
        self._kept_facts: tuple[int, int] | None = None

    def logits(self) -> Logits:
        """Load logits of all images, (N, K) float32, merged; row = image id."""
        stored = super().logits()
        if not any(number < stored.shape[1] for number in self.merged):
            return stored
        merged, facts = tuple(sorted(self.merged.items())), self._kept_facts or self._facts()
        return _merged(_Stored(self.path, facts, self.temperature(), merged, stored))

    def keep_predictions(self) -> Self:
        """Map the logits once, and return this folder: it can then be read after its predictions were removed."""
        self._kept_facts = self._facts()
        return super().keep_predictions()

    def _facts(self) -> tuple[int, int]:
        facts = (self.path / "predictions" / "logits.npy").stat()
        return facts.st_mtime_ns, facts.st_size


@lru_cache(maxsize=4)
def _merged(stored: _Stored) -> Logits:
    return merge_logits(stored.logits, dict(stored.merged), stored.temperature)


def merge_logits(logits: Logits, merged: Mapping[int, int], temperature: float = 1.0) -> Logits:
    """Add the probability of merged classes to that of the classes that they belong to now.

    Args:
        logits: (N, K).
        merged: Class → the class that it was merged into.
        temperature: Divides the logits.

    Returns:
        (N, K) float32, or wider where a class was merged into one that the model does not know.
    """
    num = logits.shape[1]
    width = max([num, *(into + 1 for number, into in merged.items() if number < num)])
    lowest = float(logits.min(initial=0.0)) - _APART * temperature
    found = np.full((len(logits), width), lowest, dtype=np.float32)
    found[:, :num] = logits
    for number, into in merged.items():
        if number < num:
            one, other = found[:, into].astype(np.float64), found[:, number].astype(np.float64)
            found[:, into] = temperature * np.logaddexp(one / temperature, other / temperature)
            found[:, number] = lowest
    found.setflags(write=False)
    return found
