"""Training data of a run: labeled, pseudo-labeled, rejected, pool and evaluation parts on the device."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.base.errors import TrainingError
from core.base.types import CuratedSet, Ids, ImageSet, Labels, LabelSource, PerImage, Pixels, Splits
from core.training.batches.part import AnswersOnDisk, Part, load_part
from core.training.runtime.memory import chunk_size

_STATISTICS = 10_000  # images that mean and standard deviation are taken from


@dataclass(frozen=True)
class TrainData:
    """The parts of a training.

    The fields calibration and pool_truth are only evaluated, never learned from or chosen by.
    """

    labeled: Part
    pseudo: Part | None  # curated pseudo-labels
    rejected: Part | None  # labels are the classes that a person rejected
    pool: Part | None  # unlabeled and hidden calibration images, without their labels
    pool_truth: Tensor  # (P,) true label of each pool image, UNKNOWN where it is not known
    val: Part | None
    calibration: Part | None
    mean: Tensor  # (1, C, 1, 1) of pixels in [0, 1]
    std: Tensor  # (1, C, 1, 1)
    teacher: Tensor | AnswersOnDisk | None = None  # (P, K) float16, a head's probabilities of the pool; distillation


def train_data(
    images: ImageSet,
    splits: Splits,
    curated: CuratedSet | None,
    device: torch.device,
    *,
    needs_pool: bool = False,
    is_normalized: bool = True,
) -> TrainData:
    """Load everything that a training may see.

    Test images are not read, not even for mean and deviation.

    Args:
        images: All images of the project.
        splits: Ids of its parts.
        curated: Frozen labels of the run; None trains on the given labels alone.
        device: Device of the training.
        needs_pool: Whether the method uses unlabeled images; they are not read otherwise.
        is_normalized: Whether the model gets images with mean 0 and deviation 1; else with values in [0, 1].

    Returns:
        The parts.

    Raises:
        TrainingError: There is no labeled image.

    """

    def chosen(ids: Ids, labels: Labels | None, weights: PerImage | None = None) -> Part | None:
        return load_part(images.pixels, ids, labels, weights, device) if len(ids) else None

    if curated is None:
        labeled = chosen(splits.labeled, images.labels[splits.labeled])
        pseudo = rejected = None
    else:
        is_bulk = curated.sources == LabelSource.BULK
        labeled = chosen(curated.ids[~is_bulk], curated.labels[~is_bulk], curated.weights[~is_bulk])
        pseudo = chosen(curated.ids[is_bulk], curated.labels[is_bulk], curated.weights[is_bulk])
        rejected = chosen(curated.reject_ids, curated.reject_labels)
    if labeled is None:
        raise TrainingError("There is no labeled image to train on: make a project with labels, or accept some.")
    pool = chosen(splits.pool, None) if needs_pool else None
    seen = np.concatenate([splits.labeled, splits.val, splits.pool])
    channels = images.pixels.shape[3]
    mean, std = _statistics(images.pixels, seen) if is_normalized else (np.zeros(channels), np.ones(channels))
    return TrainData(
        labeled,
        pseudo,
        rejected,
        pool,
        torch.from_numpy(images.labels[splits.pool].copy()).to(device),
        chosen(splits.val, images.labels[splits.val]),
        chosen(splits.calibration, images.labels[splits.calibration]),
        torch.tensor(mean, dtype=torch.float32, device=device).view(1, -1, 1, 1),
        torch.tensor(std, dtype=torch.float32, device=device).view(1, -1, 1, 1),
    )


def _statistics(pixels: Pixels, ids: Ids) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation (C,) of pixels in [0, 1] over a sample of images, from counts of the 256 values."""
    sample = ids[:: max(1, len(ids) // _STATISTICS)]
    channels, size = pixels.shape[3], chunk_size(*pixels.shape[1:3])
    counts = np.zeros((channels, 256), dtype=np.int64)
    for start in range(0, len(sample), size):
        chunk = pixels[sample[start : start + size]].reshape(-1, channels)
        counts += [np.bincount(chunk[:, channel], minlength=256) for channel in range(channels)]
    values, weights = np.arange(256) / 255, counts / counts.sum(axis=1, keepdims=True)
    mean = weights @ values
    return mean, np.sqrt((weights * (values - mean[:, None]) ** 2).sum(axis=1)) + 1e-3
