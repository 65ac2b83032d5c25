"""Summary of a project's data for the Data page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.config import SplitConfig
from core.base.types import SPLIT_NAMES, UNKNOWN, Ids, ImageSet, QuarantinedFile, Splits
from core.data.sources.source_preview import LeftOut, grouped
from core.risk.size_notes import size_notes


@dataclass(frozen=True)
class DataSummary:
    """Sizes, splits and unreadable files of a project."""

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
    size_notes: tuple[str, ...] = ()  # what the parts can and cannot show at their sizes
    left_out: tuple[LeftOut, ...] = ()  # `quarantined` by reason and suffix, the most first
    facts: Mapping[str, Any] = field(default_factory=dict)  # layout, remarks, warnings, value_range


def summarize_data(images: ImageSet, splits: Splits, info: Mapping[str, Any], groups: Ids | None = None) -> DataSummary:
    """Summarize images and splits.

    Args:
        images: The images.
        splits: Their parts.
        info: Content of project.toml.
        groups: (N,) group of each image; None without groups.

    Returns:
        Sizes, class counts, duplicates, and files left out.
    """
    num_images, height, width, channels = images.pixels.shape
    parts = {name: getattr(splits, name) for name in SPLIT_NAMES}
    shown = ("labeled", "val", "test")
    counts = {n: np.bincount(images.labels[parts[n]], minlength=len(images.class_names)) for n in shown}
    sizes = {name: len(ids) for name, ids in parts.items()}
    num_hidden = int((images.labels[splits.unlabeled] != UNKNOWN).sum())
    num_groups = None if groups is None else len(np.unique(groups[splits.calibration]))
    return DataSummary(
        num_images, height, width, channels, images.class_names,
        sizes, counts,
        len(splits.set_aside), int(info.get("num_duplicates", 0)), images.quarantined,
        str(info["source"]), str(info["created"]), splits.config,
        (*size_notes(sizes, num_hidden, num_groups), *_copied_notes(images, splits)),
        grouped(images.quarantined), images.facts,
    )  # fmt: skip


def _copied_notes(images: ImageSet, splits: Splits) -> list[str]:
    """Return a sentence for each class whose images are all set aside as copies of images of other classes."""
    drawn = np.concatenate([getattr(splits, name) for name in ("labeled", "val", "calibration", "test")])
    hidden = splits.unlabeled[images.labels[splits.unlabeled] != UNKNOWN]
    num_classes = len(images.class_names)
    own, copies = (
        np.bincount(images.labels[ids][images.labels[ids] != UNKNOWN], minlength=num_classes)
        for ids in (np.concatenate([drawn, hidden]), splits.set_aside)
    )
    return [
        f"Class {images.class_names[label]} has no image of its own: all {copies[label]:,} are exact copies of images "
        "of other classes, so that nothing can be learned of it. Give each image one class."
        for label in np.flatnonzero((copies > 0) & (own == 0))
    ]
