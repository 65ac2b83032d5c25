"""A model made ready for training: device, memory layout, other ranks, compiling."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from core.base.config import TrainConfig
from core.training.runtime import distributed


class GlobalBatchNorm(nn.BatchNorm2d):
    """Batch norm over the batch of all ranks, on any device (torch's own SyncBatchNorm needs CUDA)."""

    def forward(self, images: Tensor) -> Tensor:
        """As nn.BatchNorm2d, with mean and variance of all ranks' images together."""
        if not self.training:
            return super().forward(images)
        values = images.float()
        size = torch.full_like(values[0, :, 0, 0], values.numel() / values.shape[1])
        total, squares, count = distributed.summed_with_gradient(
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


def wrapped(
    model: nn.Module, config: TrainConfig, device: torch.device
) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:  # fmt: skip
    """The model on its device, and the forward pass that training calls."""
    model = model.to(device)
    if distributed.world() > 1:
        model = _synchronous(model, device)
    model = model.to(memory_format=torch.channels_last).train()
    forward: Callable[[Tensor], Tensor] = model
    if distributed.world() > 1:
        forward = DistributedDataParallel(model, device_ids=[device] if device.type == "cuda" else None)
    return model, torch.compile(forward) if config.compile else forward


def _synchronous(model: nn.Module, device: torch.device) -> nn.Module:
    """Batch norm over all ranks: torch's on CUDA, ours elsewhere; names and weights stay."""
    if device.type == "cuda":
        synchronous: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
        return synchronous
    for module in model.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = GlobalBatchNorm
    return model
