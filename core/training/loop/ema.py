"""Exponential moving average of a model's parameters; buffers (of batch norm) are copied."""

import copy

import torch
from torch import nn


class AveragedModel:
    """A model's average with decay min(decay, (1 + k) / (10 + k)) in step k.

    With decay 0 the model itself.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self._decay = decay

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move the average towards the model after step k = `step`."""
        decay = min(self._decay, (1 + step) / (10 + step))
        own, new = [p.detach() for p in self.model.parameters()], [p.detach() for p in model.parameters()]
        torch._foreach_lerp_(own, new, 1 - decay)
        for buffer, other in zip(self.model.buffers(), model.buffers(), strict=True):
            buffer.copy_(other)
