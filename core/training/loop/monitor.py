"""What is watched while a method labels the pool: how much it keeps, how right, which classes, how often it flips.

Nothing is learned from it: true labels (of hidden calibration images, and of others where known) are only counted.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from core.base.types import UNKNOWN
from core.training.batches.part import Part
from core.training.methods.methods import Guess
from core.training.runtime import distributed
from core.training.runtime.memory import in_chunks

_SUMS = ("seen", "kept", "known", "right", "known_kept", "right_kept", "again", "flips")


@dataclass(frozen=True)
class Judged:
    """A model on images with known labels: accuracy [0, 1], loss in nats; the same on those a threshold keeps."""

    accuracy: float = math.nan
    loss: float = math.nan
    kept: float = math.nan  # share, [0, 1]
    kept_accuracy: float = math.nan


def judged(
    part: Part, answer: Callable[[Tensor], Tensor], judge: Callable[[Tensor], Tensor], size: int
) -> tuple[Judged, int]:
    """A model on images with known labels, `size` at a time, fewer where memory runs out: and how many in the end.

    answer: uint8 images (b, C, H, W) to logits (b, K); judge: probabilities (b, K) to weights (b,).
    """
    sums = torch.zeros(4, device=part.labels.device)

    def look(rows: slice) -> None:
        labels = part.labels[rows]
        logits = answer(part.take(torch.arange(rows.start, rows.stop, device=labels.device)))
        right, kept = logits.argmax(1) == labels, judge(logits.softmax(1))
        loss = cross_entropy(logits, labels, reduction="sum")
        sums.add_(torch.stack([right.sum(), loss, kept.sum(), (kept * right).sum()]))

    size = in_chunks(slice(0, len(part)), size, look)
    num_right, loss, num_kept, right_kept = sums.tolist()
    kept_accuracy = right_kept / num_kept if num_kept else math.nan
    return Judged(num_right / len(part), loss / len(part), num_kept / len(part), kept_accuracy), size


class Watch:
    """Adds up on the device, over all ranks; read once an epoch, or every step where that was asked for."""

    def __init__(self, truth: Tensor, prior: Tensor) -> None:
        self._truth = truth  # (P,)
        self._prior = prior  # (K,) share of each class among the labels
        self._last = torch.full_like(truth, UNKNOWN)
        self._mix = torch.zeros_like(prior)
        self._sums = torch.zeros(len(_SUMS), device=truth.device)

    def see(self, guess: Guess) -> dict[str, Tensor]:
        """Count one batch; answers with its own sums and class mix."""
        labels, weights, rows = (
            distributed.gathered(value) for value in (guess.probs.argmax(1), guess.weights.float(), guess.rows)
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

    def _latest(self) -> float | None:
        """Share of the pool whose latest label is right, of those with a known one; None until all have been drawn."""
        known = self._truth != UNKNOWN
        waiting, right, total = torch.stack(
            [(self._last == UNKNOWN).sum(), (known & (self._last == self._truth)).sum(), known.sum()]
        ).tolist()
        return None if waiting else _share(right, total)

    def line(self) -> dict[str, Any]:
        """The numbers of an epoch; the counting begins anew, the memory of each image's last label stays.

        pool_accuracy is that of the whole pool's latest labels once every image has been drawn; before that, and always
        for the kept ones (pool_kept_accuracy), of the images drawn in this epoch, each as often as it was drawn.
        """
        found = self.read({"sums": self._sums, "mix": self._mix})
        if found and (latest := self._latest()) is not None:
            found["pool_accuracy"] = latest
        self._sums.zero_()
        self._mix.zero_()
        return found

    def read(self, counts: dict[str, Tensor]) -> dict[str, Any]:
        """Shares from sums, [0, 1]: mask rate, accuracy on the images drawn (all, kept), flip rate, mix; KL in bits."""
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
        """Go on from there."""
        device = self._truth.device
        self._last, self._mix, self._sums = (state[name].to(device) for name in ("last", "mix", "sums"))


def divergence(mix: list[float], prior: list[float]) -> float:
    """KL(mix ‖ prior) in bits, ≥ 0; the prior gets half an image's worth everywhere, so that it is finite."""
    smooth = [value + 1e-4 for value in prior]
    total = sum(smooth)
    return sum(share * math.log2(share * total / usual) for share, usual in zip(mix, smooth, strict=True) if share > 0)


def _share(count: float, total: float) -> float | None:
    return count / total if total else None
