"""Logits and features of all images under a finished model."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.base.types import Logits, Pixels
from core.training.models.models import Classifier, images_at_a_time
from core.training.runtime import distributed
from core.training.runtime.memory import run_in_chunks
from core.training.runtime.precision import autocast
from core.training.runtime.tensors import channels_last


def predict(
    model: Classifier,
    pixels: Pixels,
    normal: tuple[Tensor, Tensor],
    device: torch.device,
    precision: str,
    out: tuple[Logits, NDArray[np.float16]],
    on_chunk: Callable[[int], None],
) -> None:
    """Write logits and features of this rank's share of the images.

    Where memory runs out, half as many images go through at a time.

    Args:
        model: Body and head.
        pixels: (N, H, W, C) uint8.
        normal: Mean and standard deviation of pixels in [0, 1], (1, C, 1, 1) each.
        device: Where the model is.
        precision: fp32 or bf16.
        out: (N, K) logits and (N, D) features to write into.
        on_chunk: Called with the number of rows done.
    """
    model = model.to(device).to(memory_format=torch.channels_last).eval()
    (mean, std), (logits, features) = normal, out
    mine = distributed.local_span(len(pixels))

    def answer(rows: slice) -> None:
        chunk = torch.from_numpy(np.array(pixels[rows])).to(device)
        images = ((chunk.permute(0, 3, 1, 2).float() / 255) - mean) / std
        with torch.inference_mode(), autocast(device, precision):
            found = model.features(channels_last(images))
            logits[rows] = model.classify(found).float().cpu().numpy()
        features[rows] = found.float().clamp(-65504, 65504).half().cpu().numpy()
        on_chunk(rows.stop - mine.start)

    run_in_chunks(mine, images_at_a_time(model, *pixels.shape[1:3]), answer)
