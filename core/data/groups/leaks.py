"""Leaks: held-out images that share a group with an image that trains."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.base.types import Ids, Splits
from core.data.groups.split_changes import HELD_OUT


@dataclass(frozen=True)
class Leaks:
    """Held-out images whose group has an image that trains.

    Attributes:
        rule: What the groups are.
        ids: Part → its leaking images, sorted.
        sizes: Part → all of its images.
        num_groups: Groups that hold both.
    """

    rule: str
    ids: Mapping[str, Ids]
    sizes: Mapping[str, int]
    num_groups: int

    @property
    def num_images(self) -> int:
        """Leaking images of all parts."""
        return sum(len(ids) for ids in self.ids.values())

    @property
    def all_ids(self) -> Ids:
        """Leaking images of all parts, sorted."""
        return np.sort(np.concatenate([*self.ids.values(), np.empty(0, dtype=np.int64)]))

    @property
    def sentence(self) -> str:
        """How many images of which part leak."""
        if not self.num_images:
            return "No held-out image shares a group with an image that trains."
        parts = ", ".join(f"{len(ids):,} of {self.sizes[name]:,} {name}" for name, ids in self.ids.items() if len(ids))
        groups = "1 group" if self.num_groups == 1 else f"{self.num_groups:,} groups"
        images = "1 held-out image shares" if self.num_images == 1 else f"{self.num_images:,} held-out images share"
        return (
            f"Leaks: {images} a group with an image that trains ({parts}; {groups} by "
            f"{self.rule}). Results on them are too good."
        )


def find_leaks(rule: str, groups: Ids, splits: Splits, trained: Ids) -> Leaks:
    """Find held-out images whose group has an image that trains.

    Args:
        rule: What the groups are.
        groups: (N,) groups.
        splits: The parts.
        trained: Images that train beside the labeled ones: those that a person decided.

    Returns:
        The leaks by part.
    """
    trains = np.zeros(len(groups), dtype=np.bool_)
    trains[splits.labeled] = trains[trained] = True
    of_training = np.unique(groups[trains])
    parts = {name: getattr(splits, name) for name in HELD_OUT}
    leaking = {name: ids[np.isin(groups[ids], of_training) & ~trains[ids]] for name, ids in parts.items()}
    found = np.concatenate([*leaking.values(), np.empty(0, dtype=np.int64)])
    sizes = {name: len(ids) for name, ids in parts.items()}
    return Leaks(rule, leaking, sizes, len(np.unique(groups[found])))
