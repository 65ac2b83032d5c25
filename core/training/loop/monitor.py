"""Statistics of the method's own pseudo-labels of the pool: kept share, accuracy, class mix, flips.

Nothing is learned from them: true labels (of hidden calibration images, and of others where known) are only counted.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from core.base.types import UNKNOWN
from core.training.methods.methods import PseudoLabels
from core.training.runtime import distributed

_SUMS = ("seen", "kept", "known", "right", "known_kept", "right_kept", "again", "flips")


class PoolMonitor:
    """Counts pseudo-labels on the device, over all ranks.

    Read once an epoch, or every step where configured.

    Args:
        truth: True label (P,) of each pool image, UNKNOWN where it is not known.
        prior: Share (K,) of each class among the labels.

    """

    def __init__(self, truth: Tensor, prior: Tensor) -> None:
        self._truth = truth
        self._prior = prior
        self._last = torch.full_like(truth, UNKNOWN)
        self._mix = torch.zeros_like(prior)
        self._sums = torch.zeros(len(_SUMS), device=truth.device)

    def count(self, pseudo_labels: PseudoLabels) -> dict[str, Tensor]:
        """Count one batch; returns its own sums and class mix."""
        labels, weights, rows = (
            distributed.gather(value)
            for value in (pseudo_labels.probs.argmax(1), pseudo_labels.weights.float(), pseudo_labels.rows)
        )
        truth, last = self._truth[rows], self._last[rows]
        known, right = truth != UNKNOWN, truth == labels
        again = last != UNKNOWN
        found = [
            torch.ones_like(weights), weights, known, right, weights * known, weights * right, again,
            again & (last != labels),
        ]  # fmt: skip
        sums = torch.stack([value.sum().float() for value in found])
        mix = (one_hot(labels, len(self._prior)) * weights[:, None]).sum(0)
        self._last[rows] = labels
        self._sums += sums
        self._mix += mix
        return {"sums": sums, "mix": mix}

    def end_epoch(self) -> dict[str, Any]:
        """Metrics of the epoch (see `metrics`).

        Counts start again, each image's last label is kept.

        pool_accuracy is that of the latest labels of the whole pool once every image has been drawn. Before that, and
        always for the kept ones (pool_kept_accuracy), it is that of the images drawn in this epoch, each as often as
        it was drawn.
        """
        found = self.metrics({"sums": self._sums, "mix": self._mix})
        if found and (latest := self._latest_accuracy()) is not None:
            found["pool_accuracy"] = latest
        self._sums.zero_()
        self._mix.zero_()
        return found

    def metrics(self, counts: dict[str, Tensor]) -> dict[str, Any]:
        """Shares from sums, [0, 1]: mask rate, accuracy (all, kept), flip rate, class mix.

        kl_to_prior in bits.
        """
        sums = dict(zip(_SUMS, counts["sums"].tolist(), strict=True))
        if not sums["seen"]:
            return {}
        mix = (counts["mix"] / counts["mix"].sum().clamp(min=1e-12)).tolist() if sums["kept"] else None
        return {
            "mask_rate": sums["kept"] / sums["seen"],
            "pool_accuracy": _share(sums["right"], sums["known"]),
            "pool_kept_accuracy": _share(sums["right_kept"], sums["known_kept"]),
            "flip_rate": _share(sums["flips"], sums["again"]),
            "class_mix": mix,
            "kl_to_prior": divergence(mix, self._prior.tolist()) if mix else None,
        }

    def state_dict(self) -> dict[str, Tensor]:
        """Sums so far, and each pool image's last label."""
        return {"last": self._last, "mix": self._mix, "sums": self._sums}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore a saved state."""
        device = self._truth.device
        self._last, self._mix, self._sums = (state[name].to(device) for name in ("last", "mix", "sums"))

    def _latest_accuracy(self) -> float | None:
        """Accuracy of the pool's latest labels, where the truth is known.

        None until all images have been drawn.
        """
        known = self._truth != UNKNOWN
        waiting, right, total = torch.stack(
            [(self._last == UNKNOWN).sum(), (known & (self._last == self._truth)).sum(), known.sum()]
        ).tolist()
        return None if waiting else _share(right, total)


def divergence(mix: list[float], prior: list[float]) -> float:
    """KL(mix ‖ prior) in bits, ≥ 0.

    Every class of the prior gets 1e-4 more, so that it is finite.
    """
    smooth = [value + 1e-4 for value in prior]
    total = sum(smooth)
    return sum(share * math.log2(share * total / usual) for share, usual in zip(mix, smooth, strict=True) if share > 0)


def _share(count: float, total: float) -> float | None:
    return count / total if total else None
