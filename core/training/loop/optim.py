"""The optimizer."""

from typing import Any

import torch
from torch import nn

from core.base.config import TrainConfig
from core.training.models.pretrained_body import rate_groups


def make_optimizer(model: nn.Module, config: TrainConfig, device: torch.device) -> torch.optim.Optimizer:
    """Create SGD with Nesterov momentum, for a fine-tuning AdamW, without weight decay on biases and norms.

    Layers of pretrained networks have gradients of very different size: one rate of SGD that moves some breaks others.

    Args:
        model: The model whose parameters are trained.
        config: Settings; learning_rate and weight_decay are used.
        device: Device of the model; the fused kernel is used on cuda and xpu.

    Returns:
        The optimizer with two parameter groups, with and without weight decay, for each share of the learning rate that
        parts of the model have; a group's entry `share` holds it.

    """
    groups: list[dict[str, Any]] = []
    for share, parameters in rate_groups(model, config):
        for is_decayed in (True, False):
            mine = [p for p in parameters if (p.ndim > 1) == is_decayed]
            groups.append({"params": mine, "weight_decay": config.weight_decay * is_decayed, "share": share})
    fused = device.type in ("cuda", "xpu")
    if config.is_fine_tuned:
        return torch.optim.AdamW(groups, lr=config.learning_rate, fused=fused)
    return torch.optim.SGD(groups, lr=config.learning_rate, momentum=0.9, nesterov=True, fused=fused)


def load_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Restore an optimizer's state; that of a checkpoint before 0.2 has no shares of the learning rate.

    Raises:
        ValueError: The state belongs to other parameters.
    """
    optimizer.load_state_dict(state)
    for group in optimizer.param_groups:
        group.setdefault("share", 1.0)
