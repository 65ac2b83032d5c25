"""Preparation of a model for training: device, memory layout, other ranks, compilation."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from core.base.config import TrainConfig
from core.training.runtime import distributed


class GlobalBatchNorm(nn.BatchNorm2d):
    """Batch norm over the batch of all ranks, on any device (torch.nn.SyncBatchNorm needs CUDA)."""

    def forward(self, images: Tensor) -> Tensor:
        """Normalize with mean and variance of all ranks' images, as nn.BatchNorm2d does with those of one."""
        if not self.training:
            return super().forward(images)
        values = images.float()
        size = torch.full_like(values[0, :, 0, 0], values.numel() / values.shape[1])
        total, squares, count = distributed.sum_over_ranks_with_gradient(
            torch.stack([values.sum((0, 2, 3)), values.square().sum((0, 2, 3)), size])
        )
        mean, variance = total / count, squares / count - (total / count).square()
        with torch.no_grad():
            assert self.running_mean is not None
            assert self.running_var is not None
            assert self.momentum is not None
            assert self.num_batches_tracked is not None
            self.num_batches_tracked.add_(1)
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1).clamp(min=1), self.momentum)
        scale = self.weight / (variance + self.eps).sqrt()
        found: Tensor = images * scale[:, None, None] + (self.bias - mean * scale)[:, None, None]
        return found


def prepare_model(
    model: nn.Module, config: TrainConfig, device: torch.device
) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:  # fmt: skip
    """Move a model to its device and make it ready for several ranks and compilation.

    Args:
        model: The model.
        config: Settings; `compile` says whether torch.compile is used.
        device: Device of this rank.

    Returns:
        The model, in training mode, and the forward pass that training calls.

    """
    model = model.to(device)
    if distributed.world_size() > 1:
        model = _synchronous(model, device)
    model = model.to(memory_format=torch.channels_last).train()
    forward: Callable[[Tensor], Tensor] = model
    if distributed.world_size() > 1:
        forward = DistributedDataParallel(model, device_ids=None if device.type == "cpu" else [device])
    return model, torch.compile(forward) if config.compile else forward


def _synchronous(model: nn.Module, device: torch.device) -> nn.Module:
    """Replace batch norm by one over all ranks: torch's on CUDA, GlobalBatchNorm elsewhere.

    Weights stay.
    """
    if device.type == "cuda":
        synchronous: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
        return synchronous
    for module in model.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = GlobalBatchNorm
    return model
