"""Memory layout of image tensors, and their transfer to the device."""

import torch
from torch import Tensor

from core.training.runtime.devices import pins


def channels_last(images: Tensor) -> Tensor:
    """The same images (b, C, H, W) in channels-last layout, the fastest for convolutions on CPU and GPU.

    A single channel has both layouts at once; only strides that say channels-last select the fast kernels.
    """
    images = images.contiguous(memory_format=torch.channels_last)
    _, channels, height, width = images.shape
    return images.as_strided(images.shape, (height * width, 1, width, 1)) if channels == 1 else images


def on_device(values: Tensor, device: torch.device) -> Tensor:
    """A tensor in main memory, on the device.

    Through pinned memory where the device takes it, so that the host does not wait.
    """
    return values.pin_memory().to(device, non_blocking=True) if pins(device) else values.to(device)
