"""Runs of a project whose classes were merged: what they predict for merged classes is added up."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.base.types import Logits
from core.store.files import load_array
from core.store.run_folder import RunFolder

_APART = 40.0
"""Logits, in units of the temperature, by which a merged class lies below all others."""


class MergedRunFolder(RunFolder):
    """A run folder whose logits have the probability of merged classes in the class that they belong to now.

    Args:
        path: The folder.
        merged: Class → the class that it was merged into.
    """

    def __init__(self, path: Path, merged: Mapping[int, int]) -> None:
        super().__init__(path)
        self.merged = dict(merged)

    def logits(self) -> Logits:
        """Load logits of all images, (N, K) float32, merged; row = image id."""
        file = self.path / "predictions" / "logits.npy"
        stored = load_array(file)
        if not any(number < stored.shape[1] for number in self.merged):
            return stored
        facts = file.stat()
        return _merged(file, facts.st_mtime_ns, facts.st_size, self.temperature(), tuple(sorted(self.merged.items())))


@lru_cache(maxsize=4)
def _merged(file: Path, _time: int, _size: int, temperature: float, merged: tuple[tuple[int, int], ...]) -> Logits:
    return merge_logits(load_array(file), dict(merged), temperature)


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
