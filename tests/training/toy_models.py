"""Toy images that can be told apart, as parts, training data and runs."""

from dataclasses import replace
from typing import Any

import torch

from core.base.config import TrainConfig
from core.training.batches.batch import Views
from core.training.batches.part import Part
from core.training.batches.train_data import TrainData
from core.training.loop.trainer import Trainer
from core.training.models.models import build

CPU = torch.device("cpu")
CONFIG = TrainConfig(model="mlp", epochs=3, batch_size=4, unlabeled_ratio=2, precision="fp32", device="cpu")


def part(num: int, seed: int, num_classes: int = 3, side: int = 8) -> Part:
    """Return noise with one bright column block per class."""
    draws = torch.Generator().manual_seed(seed)
    labels = torch.arange(num) % num_classes
    images = torch.randint(0, 100, (num, 1, side, side), generator=draws, dtype=torch.uint8)
    width = side // num_classes
    for row, label in enumerate(labels.tolist()):
        images[row, :, :, label * width : (label + 1) * width] += 120
    return Part(images, labels, torch.ones(num))


def views(num: int, seed: int) -> Views:
    """Return a part as a step sees it, without augmentation."""
    source = part(num, seed)
    return Views((source.take(torch.arange(num)).float() / 255 - 0.4) / 0.25, source.labels, source.weights)


def data(**changes: Any) -> TrainData:
    """Return training data of toy images.

    Ten labels, twelve pseudo-labels, six rejects, a pool of fourteen with a head's answers, nine of val and
    calibration each.
    """
    mean, std = torch.full((1, 1, 1, 1), 0.4), torch.full((1, 1, 1, 1), 0.25)
    rejected = part(6, 3)
    rejected = replace(rejected, labels=(rejected.labels + 1) % 3)
    pool = part(14, 6)
    truth, pool = pool.labels, replace(pool, labels=torch.full_like(pool.labels, -1))
    parts = part(10, 1), part(12, 2), rejected, pool, truth, part(9, 4), part(9, 5)
    teacher = (4 * torch.nn.functional.one_hot(truth, 3)).float().softmax(1)
    return replace(TrainData(*parts, mean, std, teacher), **changes)


def trainer(config: TrainConfig = CONFIG, material: TrainData | None = None) -> Trainer:
    """Return a trainer at step 0, on the CPU in fp32."""
    model = build(config.model, 3, 1, 8, 8, seed=config.seed)
    return Trainer(config, model, material or data(), CPU, "fp32")
