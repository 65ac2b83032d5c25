"""The optimizer of a training."""

import torch
from torch import nn

from core.base.config import TrainConfig


def optimizer_for(model: nn.Module, config: TrainConfig, device: torch.device) -> torch.optim.Optimizer:
    """SGD with Nesterov momentum; biases and norms (one-dimensional) are spared the weight decay."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    spared = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": spared, "weight_decay": 0.0}]
    fused = device.type == "cuda"
    return torch.optim.SGD(groups, lr=config.learning_rate, momentum=0.9, nesterov=True, fused=fused)
