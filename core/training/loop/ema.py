"""An averaged copy of a model: parameters by exponential moving average, buffers (batch norm's) copied."""

import copy

import torch
from torch import nn


class AveragedModel:
    """Decay per step, less in the first steps: min(decay, (1 + k) / (10 + k)); with decay 0 it is the model itself."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self._decay = decay

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move the average towards the model after step k."""
        decay = min(self._decay, (1 + step) / (10 + step))
        mine, theirs = [p.detach() for p in self.model.parameters()], [p.detach() for p in model.parameters()]
        torch._foreach_lerp_(mine, theirs, 1 - decay)
        for own, other in zip(self.model.buffers(), model.buffers(), strict=True):
            own.copy_(other)
