"""Settings of a head."""

from typing import Annotated

from core.base.config import Balance, Between, Config, HeadKind, TrainConfig


class HeadSettings(Config):
    """What decides a head, beside its features and labels."""

    kind: HeadKind = "kernel_ridge"
    """kernel_ridge: RBF, one class against the rest; logistic: linear; label_propagation: over near neighbors."""
    strength: Annotated[float, Between(0.0, 1e6)] = 0.0
    """Regularization; 0 takes the kind's own: .1 for kernel_ridge and logistic, unused in label_propagation."""
    balance: Balance = "none"
    """For uneven classes: weights by class, or log priors taken off the logits (Menon et al. 2021)."""
    reject_weight: Annotated[float, Between(0.0, 100.0)] = 1.0
    """Weight of rejected labels, which say "not this class"; 0 ignores them."""
    neighbors: Annotated[int, Between(1, 1000)] = 10
    """label_propagation: neighbors of each image in the graph."""
    seed: Annotated[int, Between(0, 2**31 - 1)] = 0
    """Seed of the landmarks that stand for many labels."""


def head_settings(config: TrainConfig) -> HeadSettings:
    """Settings of the head that a run's config asks for."""
    return HeadSettings(
        kind=config.head, balance=config.head_balance, reject_weight=config.reject_weight, seed=config.seed
    )
