"""The optimizer."""

import torch
from torch import nn

from core.base.config import TrainConfig


def make_optimizer(model: nn.Module, config: TrainConfig, device: torch.device) -> torch.optim.Optimizer:
    """Create SGD with Nesterov momentum, without weight decay on biases and norms.

    Args:
        model: The model whose parameters are trained.
        config: Settings; learning_rate and weight_decay are used.
        device: Device of the model; the fused kernel is used on cuda and xpu.

    Returns:
        The optimizer with two parameter groups: with and without weight decay.

    """
    decayed = [p for p in model.parameters() if p.ndim > 1]
    not_decayed = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": not_decayed, "weight_decay": 0.0}]
    fused = device.type in ("cuda", "xpu")
    return torch.optim.SGD(groups, lr=config.learning_rate, momentum=0.9, nesterov=True, fused=fused)
