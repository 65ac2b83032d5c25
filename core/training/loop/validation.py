"""Evaluation of a model on images with known labels."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.training.batches.part import Part
from core.training.runtime.memory import run_in_chunks


@dataclass(frozen=True)
class Evaluation:
    """Accuracy and loss on images with known labels, and on those that the threshold keeps.

    Without images they are nan.
    """

    accuracy: float = math.nan  # [0, 1]
    loss: float = math.nan  # cross-entropy in nats
    kept: float = math.nan  # share of the images that the threshold keeps, [0, 1]
    kept_accuracy: float = math.nan  # accuracy among them, [0, 1]
    is_right: Tensor | None = field(default=None, compare=False)  # (n,) bool, on the CPU


def evaluate_part(
    part: Part, logits_of: Callable[[Tensor], Tensor], weights_of: Callable[[Tensor], Tensor], size: int
) -> tuple[Evaluation, int]:
    """Evaluate a model on a part, in smaller chunks where memory runs out.

    Args:
        part: Images with known labels, at least one.
        logits_of: Maps images (b, C, H, W) uint8 to logits (b, K).
        weights_of: Maps probabilities (b, K) to the threshold's weights (b,), [0, 1].
        size: Images in a chunk at first.

    Returns:
        The evaluation, and the images in a chunk at the end.

    """
    sums = torch.zeros(4, device=part.labels.device)
    is_right = torch.zeros(len(part), dtype=torch.bool, device=part.labels.device)

    def add(rows: slice) -> None:
        labels = part.labels[rows]
        logits = logits_of(part.take(torch.arange(rows.start, rows.stop, device=labels.device)))
        right, kept = logits.argmax(1) == labels, weights_of(logits.softmax(1))
        loss = cross_entropy(logits, labels, reduction="sum")
        is_right[rows] = right
        sums.add_(torch.stack([right.sum(), loss, kept.sum(), (kept * right).sum()]))

    size = run_in_chunks(slice(0, len(part)), size, add)
    num_right, loss, num_kept, right_kept = sums.tolist()
    kept_accuracy = right_kept / num_kept if num_kept else math.nan
    shares = num_right / len(part), loss / len(part), num_kept / len(part), kept_accuracy
    return Evaluation(*shares, is_right.cpu()), size


def none_if_nan(value: float) -> float | None:
    """None for nan, which JSON cannot hold."""
    return None if math.isnan(value) else value
