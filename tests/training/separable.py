"""Small images of three classes that any model can tell apart."""

import numpy as np
import torch

from core.base.config import SplitConfig
from core.base.types import CuratedSet, ImageSet, LabelSource, Splits
from core.training.batches.train_data import TrainData, train_data

CPU = torch.device("cpu")
SIZE, NUM_CLASSES = 8, 3
CENTER = slice(2, 6)


def make_images(num: int = 150, channels: int = 1, seed: int = 0) -> ImageSet:
    """Make images of class i % 3: bright center, dark center, or none.

    No flip or small rotation hides which.
    """
    rng = np.random.default_rng(seed)
    labels = np.arange(num, dtype=np.int64) % NUM_CLASSES
    pixels = rng.normal(110, 12, (num, SIZE, SIZE, channels))
    pixels[labels == 0, CENTER, CENTER] += 100
    pixels[labels == 1, CENTER, CENTER] -= 100
    names = np.array([f"{i}.png" for i in range(num)])
    clipped = np.clip(pixels, 0, 255).astype(np.uint8)
    return ImageSet(clipped, labels, ("bright", "dark", "plain"), names, np.empty(0, np.int64))


def make_splits(num: int = 150) -> Splits:
    """Split into 30 labeled, 30 val, 30 calibration, 30 test; the rest is unlabeled."""
    ids = np.arange(num, dtype=np.int64)
    config = SplitConfig(labeled=30, val=30, calibration=30, test=30)
    return Splits(ids[:30], ids[30:60], ids[60:90], ids[120:], ids[90:120], config, ids[:0])


def make_curated(images: ImageSet, splits: Splits) -> CuratedSet:
    """Make a curated set: given, two accepted, one corrected, pseudo-labels and five rejects."""
    beside = splits.unlabeled
    sources = np.array([LabelSource.GIVEN] * len(splits.labeled) + [LabelSource.BULK] * len(beside), dtype=np.int8)
    sources[len(splits.labeled) : len(splits.labeled) + 3] = (
        LabelSource.ACCEPTED,
        LabelSource.ACCEPTED,
        LabelSource.CORRECTED,
    )
    ids = np.concatenate([splits.labeled, beside])
    weights = np.where(sources == LabelSource.BULK, 0.5, 1.0).astype(np.float32)
    rejects = splits.calibration[:5]
    return CuratedSet(
        ids, images.labels[ids], weights, sources, np.zeros(len(ids), np.int64),
        rejects, (images.labels[rejects] + 1) % NUM_CLASSES, "digest",
    )  # fmt: skip


def make_data(*, is_curated: bool = True) -> TrainData:
    """Make the training data of the small data set."""
    images, splits = make_images(), make_splits()
    return train_data(images, splits, make_curated(images, splits) if is_curated else None, CPU)
