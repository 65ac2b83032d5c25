"""What a training may see: which images, with which labels and weights, become which part on the device."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.base.errors import TrainingError
from core.base.records import CuratedSet, Ids, ImageSet, Labels, PerImage, Source, Splits
from core.learn.batches import Part, part

_STATISTICS = 10_000  # images that mean and deviation are taken from


@dataclass(frozen=True)
class TrainData:
    """What a training may see. calibration is only watched: nothing is learned from it and nothing chosen by it."""

    labeled: Part
    unlabeled: Part | None
    rejected: Part | None
    val: Part | None
    calibration: Part | None
    mean: Tensor  # (1, C, 1, 1) of pixels in [0, 1]
    std: Tensor


def train_data(images: ImageSet, splits: Splits, curated: CuratedSet | None, device: torch.device) -> TrainData:
    """What training may see, on the device; calibration labels go into the part that is only watched."""

    def chosen(ids: Ids, labels: Labels, weights: PerImage | None = None) -> Part | None:
        return part(images.pixels, ids, labels, weights, device) if len(ids) else None

    if curated is None:
        labeled = chosen(splits.labeled, images.labels[splits.labeled])
        unlabeled = rejected = None
    else:
        is_bulk = curated.sources == Source.BULK
        labeled = chosen(curated.ids[~is_bulk], curated.labels[~is_bulk], curated.weights[~is_bulk])
        unlabeled = chosen(curated.ids[is_bulk], curated.labels[is_bulk], curated.weights[is_bulk])
        rejected = chosen(curated.reject_ids, curated.reject_labels)
    if labeled is None:
        raise TrainingError("There is no labeled image to train on: make a project with labels, or accept some.")
    every = max(1, len(images.pixels) // _STATISTICS)
    sample = np.asarray(images.pixels[::every], dtype=np.float32) / 255
    mean, std = sample.mean(axis=(0, 1, 2)), sample.std(axis=(0, 1, 2)) + 1e-3
    return TrainData(
        labeled,
        unlabeled,
        rejected,
        chosen(splits.val, images.labels[splits.val]),
        chosen(splits.calibration, images.labels[splits.calibration]),
        torch.tensor(mean, device=device).view(1, -1, 1, 1),
        torch.tensor(std, device=device).view(1, -1, 1, 1),
    )
