"""What a project holds, in numbers: the Data page's summary."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.config import SplitConfig
from core.base.types import SPLIT_NAMES, ImageSet, QuarantinedFile, Splits


@dataclass(frozen=True)
class DataSummary:
    """What the Data page shows: sizes, splits, what was left out and why."""

    num_images: int
    height: int
    width: int
    channels: int
    class_names: tuple[str, ...]
    split_sizes: Mapping[str, int]
    class_counts: Mapping[str, NDArray[np.int64]]  # (K,) per split whose labels may be shown: labeled, val, test
    num_set_aside: int
    num_duplicates: int
    quarantined: tuple[QuarantinedFile, ...]
    source: str
    created: str
    split: SplitConfig


def summarize_data(images: ImageSet, splits: Splits, facts: Mapping[str, Any]) -> DataSummary:
    """Sizes, splits, class counts, duplicates and files left out; facts: what project.toml says."""
    num_images, height, width, channels = images.pixels.shape
    parts = {name: getattr(splits, name) for name in SPLIT_NAMES}
    shown = ("labeled", "val", "test")
    counts = {n: np.bincount(images.labels[parts[n]], minlength=len(images.class_names)) for n in shown}
    return DataSummary(
        num_images, height, width, channels, images.class_names,
        {name: len(ids) for name, ids in parts.items()}, counts,
        len(splits.set_aside), int(facts.get("num_duplicates", 0)), images.quarantined,
        str(facts["source"]), str(facts["created"]), splits.config,
    )  # fmt: skip
