"""Schedules of learning rate and unlabeled weight, as functions of the step or epoch."""

import math

from core.base.config import TrainConfig


def learning_rate(step: int, steps: int, config: TrainConfig) -> float:
    """Compute the learning rate of a step: linear warm-up times cos(7πk / 16K).

    Source: Sohn et al. 2020, arXiv 2001.07685.

    Args:
        step: Step k, from 0.
        steps: Steps K of the training.
        config: Peak learning rate and warm-up steps.

    Returns:
        The rate, 0 to the peak.
    """
    warm_up = min(1.0, (step + 1) / config.warm_up_steps) if config.warm_up_steps else 1.0
    return config.learning_rate * warm_up * math.cos(7 * math.pi * step / (16 * max(1, steps)))


def unlabeled_weight(epoch: float, config: TrainConfig) -> float:
    """Weight of the unlabeled loss at a fractional epoch, by the configured ramp.

    sigmoid is exp(−5 (1 − x)²), where x goes from 0 at ramp_start to 1 at ramp_end (Tarvainen & Valpola 2017, arXiv
    1703.01780).
    """
    if config.ramp == "none":
        return config.unlabeled_weight
    if config.ramp == "linear":
        return config.unlabeled_weight * _clipped(epoch / config.epochs)
    progress = _clipped((epoch - config.ramp_start) / (config.ramp_end - config.ramp_start))
    return config.unlabeled_weight * (math.exp(-5 * (1 - progress) ** 2) if config.ramp == "sigmoid" else progress)


def _clipped(value: float) -> float:
    return min(1.0, max(0.0, value))
