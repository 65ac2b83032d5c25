"""How learning rate and unlabeled weight go through a run: plain functions of the step or epoch."""

import math

from core.base.config import TrainConfig


def learning_rate(step: int, steps: int, config: TrainConfig) -> float:
    """Linear warm-up over warm_up_steps, then cos(7 pi k / 16 K) (Sohn et al. 2020, arXiv 2001.07685)."""
    warm_up = min(1.0, (step + 1) / config.warm_up_steps) if config.warm_up_steps else 1.0
    return config.learning_rate * warm_up * math.cos(7 * math.pi * step / (16 * max(1, steps)))


def unlabeled_weight(epoch: float, config: TrainConfig) -> float:
    """Weight of the pseudo-label loss at an epoch (fractions count), by the chosen ramp."""
    if config.ramp == "none":
        rise = 1.0
    elif config.ramp == "linear":
        rise = epoch / config.epochs
    else:
        rise = (epoch - config.ramp_start) / (config.ramp_end - config.ramp_start)
    return config.unlabeled_weight * min(1.0, max(0.0, rise))
