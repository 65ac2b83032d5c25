"""Thresholds: the weight of each pool image in a step, [0, 1]; adaptive ones have a state that is saved.

The state is that of all ranks together: probabilities are gathered before an update. Where memory ran out and a step
takes several pieces, it is updated once, by the whole batch; with batch norm once for each piece (decision 12).
"""

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from core.base.config import TrainConfig
from core.training.runtime import distributed


class Threshold:
    """Fixed threshold: weight 1 where confidence ≥ threshold, else 0 (Sohn et al. 2020, arXiv 2001.07685).

    Args:
        config: Settings of the run.
        num_classes: K.
        num_pool: Number of pool images.
        device: Device of the state.

    """

    is_adaptive: ClassVar[bool] = False
    was_updated_early = False
    """Whether the state was updated by the whole batch before its pieces, which then leave it unchanged."""

    def __init__(self, config: TrainConfig, num_classes: int, num_pool: int, device: torch.device) -> None:
        self.config, self.num_classes, self.num_pool, self.device = config, num_classes, num_pool, device

    def weights(self, probs: Tensor, rows: Tensor) -> Tensor:
        """Update the state unless that was done early.

        Weights (b,) from probabilities (b, K) and pool rows (b,).
        """
        if not self.was_updated_early:
            self.update(probs, rows)
        return self.current_weights(probs)

    def update(self, probs: Tensor, rows: Tensor) -> None:
        """Update the state by probabilities (b, K) of pool rows (b,).

        A fixed threshold has none.
        """

    def current_weights(self, probs: Tensor) -> Tensor:
        """Weights (b,) under the current state."""
        return (probs.amax(1) >= self.config.threshold).float()

    def state_dict(self) -> dict[str, Tensor]:
        """Tensors that the next step depends on."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore a saved state; KeyError where it belongs to another threshold."""
        for name in self.state_dict():
            setattr(self, name, state[name].to(self.device))

    def rollback_state(self) -> dict[str, Tensor]:
        """Part of the state to restore before a failed step is tried again."""
        return {}


class FlexThreshold(Threshold):
    """Lower thresholds for classes that are rarely confident (Zhang et al. 2021, arXiv 2110.08263).

    threshold · β(c) / (2 − β(c)), β(c) = count(c) / max(largest count, images never confident): the warm-up form.
    Each pool image keeps the class it was last given with confidence; an update costs O(batch).
    """

    is_adaptive = True

    def __init__(self, config: TrainConfig, num_classes: int, num_pool: int, device: torch.device) -> None:
        super().__init__(config, num_classes, num_pool, device)
        self.last = torch.full((num_pool,), num_classes, dtype=torch.int64, device=device)  # num_classes: none yet
        self.counts = torch.zeros(num_classes + 1, device=device)
        self.counts[num_classes] = num_pool
        self._position = torch.zeros(num_pool, dtype=torch.int64, device=device)

    def update(self, probs: Tensor, rows: Tensor) -> None:
        """Move images that are confident at the fixed threshold from their last class to the new one."""
        probs, rows = distributed.gather(probs), distributed.gather(rows)
        confidence, classes = probs.max(1)
        before, positions = self.last[rows], torch.arange(len(rows), device=rows.device)
        self._position[rows] = positions
        winner = self._position[rows]  # an image that comes twice in a batch counts once
        after = torch.where(confidence >= self.config.threshold, classes, before)[winner]
        moved = (winner == positions).float()
        self.last[rows] = after
        self.counts.index_add_(0, before, -moved).index_add_(0, after, moved)

    def per_class(self) -> Tensor:
        """Threshold of each class (K,)."""
        learned = self.counts[: self.num_classes] / self.counts.amax().clamp(min=1)
        return (self.config.threshold * learned / (2 - learned)).clamp(min=self.config.threshold_floor)

    def current_weights(self, probs: Tensor) -> Tensor:
        """Weight 1 where confidence ≥ the predicted class's threshold, else 0."""
        confidence, classes = probs.max(1)
        return (confidence >= self.per_class()[classes]).float()

    def state_dict(self) -> dict[str, Tensor]:
        """Last confident class of each pool image, and the number of images of each class."""
        return {"last": self.last, "counts": self.counts}


class FreeThreshold(Threshold):
    """Thresholds that follow the model's own confidence (Wang et al. 2023, arXiv 2205.07246).

    τ · p̃(c) / max p̃, where τ is the moving mean of confidence and p̃ that of the probabilities; both start at 1/K.
    """

    is_adaptive = True

    def __init__(self, config: TrainConfig, num_classes: int, num_pool: int, device: torch.device) -> None:
        super().__init__(config, num_classes, num_pool, device)
        self.pace = 1 - config.threshold_memory
        self.common = torch.full((), 1 / num_classes, device=device)
        self.mean_probs = torch.full((num_classes,), 1 / num_classes, device=device)
        self.mix = torch.full((num_classes,), 1 / num_classes, device=device)  # h̃: share of each pseudo-label

    def update(self, probs: Tensor, rows: Tensor) -> None:
        """Move the averages towards this batch."""
        probs = distributed.gather(probs)
        mix = one_hot(probs.argmax(1), self.num_classes).to(probs).mean(0)
        self.common = self.common.lerp(probs.amax(1).mean(), self.pace)
        self.mean_probs = self.mean_probs.lerp(probs.mean(0), self.pace)
        self.mix = self.mix.lerp(mix, self.pace)

    def per_class(self) -> Tensor:
        """Threshold of each class (K,)."""
        found = self.common * self.mean_probs / self.mean_probs.amax()
        return found.clamp(min=self.config.threshold_floor)

    def current_weights(self, probs: Tensor) -> Tensor:
        """Weight 1 where confidence ≥ the predicted class's threshold, else 0."""
        confidence, classes = probs.max(1)
        return (confidence >= self.per_class()[classes]).float()

    def rollback_state(self) -> dict[str, Tensor]:
        """The averages, which are replaced and never changed in place."""
        return self.state_dict()


class SoftThreshold(Threshold):
    """Weights that fall below the mean confidence (Chen et al. 2023, arXiv 2301.10921).

    exp(−min(s − μ, 0)² / (2σ²/n²)), n = 2, on probabilities aligned to the uniform mix; μ, σ² are moving averages.
    The pseudo-label itself is the unaligned one, as in the paper.
    """

    is_adaptive = True
    _WIDTH = 2.0

    def __init__(self, config: TrainConfig, num_classes: int, num_pool: int, device: torch.device) -> None:
        super().__init__(config, num_classes, num_pool, device)
        self.pace = 1 - config.threshold_memory
        self.mean_probs = torch.full((num_classes,), 1 / num_classes, device=device)
        self.mean = torch.full((), 1 / num_classes, device=device)
        self.variance = torch.ones((), device=device)

    def update(self, probs: Tensor, rows: Tensor) -> None:
        """Move the averages towards this batch, those of the alignment first."""
        probs = distributed.gather(probs)
        self.mean_probs = self.mean_probs.lerp(probs.mean(0), self.pace)
        confidence = self._aligned(probs)
        self.mean = self.mean.lerp(confidence.mean(), self.pace)
        self.variance = self.variance.lerp(confidence.var(unbiased=len(confidence) > 1), self.pace)

    def current_weights(self, probs: Tensor) -> Tensor:
        """Weight 1 where confidence ≥ its mean, less below it."""
        below = (self._aligned(probs) - self.mean).clamp(max=0)
        return torch.exp(-(below**2) / (2 * self.variance / self._WIDTH**2).clamp(min=1e-12))

    def rollback_state(self) -> dict[str, Tensor]:
        """The averages, which are replaced and never changed in place."""
        return self.state_dict()

    def _aligned(self, probs: Tensor) -> Tensor:
        """Confidence (b,) of probabilities aligned to the uniform class mix."""
        aligned = probs / (self.num_classes * self.mean_probs).clamp(min=1e-6)
        return (aligned / aligned.sum(1, keepdim=True)).amax(1)


THRESHOLDS: dict[str, Callable[[TrainConfig, int, int, torch.device], Threshold]] = {
    "flexmatch": FlexThreshold,
    "freematch": FreeThreshold,
    "softmatch": SoftThreshold,
}
"""Adaptive thresholds by method; every other method has the fixed one."""
