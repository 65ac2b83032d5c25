"""Memory layout of image tensors, and their way to the device."""

import torch
from torch import Tensor


def channels_last(images: Tensor) -> Tensor:
    """The same images (b, C, H, W) laid out pixel by pixel, which convolutions on CPU and GPU are fastest on.

    One channel looks laid out either way; without strides that say which, the slow kernels are taken.
    """
    images = images.contiguous(memory_format=torch.channels_last)
    _, channels, height, width = images.shape
    return images.as_strided(images.shape, (height * width, 1, width, 1)) if channels == 1 else images


def on_device(values: Tensor, device: torch.device) -> Tensor:
    """A tensor in main memory, on the device; to a GPU by way of pinned memory, so that the host does not wait."""
    return values.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else values
