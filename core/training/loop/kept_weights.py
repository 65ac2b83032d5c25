"""Averaged weights that a run keeps: those that val calls the best, or the last ones.

Val looks at every evaluation, so the highest accuracy among them is partly luck: on few images the last weights are as
good or better, unless the best ones are clearly ahead.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from core.base.config import KeptWeights
from core.risk.comparison import PairedDifference
from core.training.loop.validation import Evaluation

NONE_YET: Mapping[str, Any] = {
    "epoch": 0, "val_accuracy": -1.0, "val_loss": math.inf, "weights": {}, "is_right": None
}  # fmt: skip
"""Best evaluation before the first one."""


@dataclass(frozen=True)
class Kept:
    """The weights that a run keeps, and why.

    Attributes:
        epoch: Epoch of the weights.
        weights: State of the averaged model.
        sentence: Which weights these are, and why; empty without val images.
        note: Of a fine-tuning: whether they beat the head that it began from.
    """

    epoch: int
    weights: Mapping[str, Tensor]
    sentence: str
    note: str = ""


def begin(val: Evaluation, model: nn.Module) -> dict[str, Any]:
    """Return the best evaluation before the first step of a fine-tuning: a head on the untouched features.

    Args:
        val: Evaluation of the model with that head.
        model: The averaged model, whose weights are copied.
    """
    start = torch.zeros(0, dtype=torch.bool) if val.is_right is None else val.is_right
    return {**better(dict(NONE_YET), val, 0, model), "start": start}


def better(best: dict[str, Any], val: Evaluation, epoch: int, model: nn.Module) -> dict[str, Any]:
    """Return the better of the best evaluation so far and a new one; without val images the new one.

    Args:
        best: Epoch, val accuracy and loss, weights, and (n,) whether each val image is right.
        val: Evaluation of the averaged model.
        epoch: Its epoch.
        model: The averaged model, whose weights are copied.
    """
    is_better = (val.accuracy, -val.loss) > (best["val_accuracy"], -best["val_loss"])
    if not (math.isnan(val.accuracy) or is_better):
        return best
    weights = {name: value.detach().clone() for name, value in model.state_dict().items()}
    return {
        "epoch": epoch, "val_accuracy": val.accuracy, "val_loss": val.loss, "weights": weights,
        "is_right": val.is_right, "start": best.get("start"),
    }  # fmt: skip


def choose(best: Mapping[str, Any], last: Evaluation, epoch: int, model: nn.Module, rule: KeptWeights) -> Kept:
    """Choose the weights that a run keeps, and say of a fine-tuning whether they beat the head that it began from.

    Args:
        best: The best evaluation on val.
        last: The last evaluation on val.
        epoch: Its epoch.
        model: The averaged model at the end.
        rule: best, last, or clear_best: the best ones where the 95 % interval of the paired difference on val, best
            less last, lies above 0.

    Returns:
        Weights, their epoch, and a sentence.
    """
    kept = _choose(best, last, epoch, model, rule)
    start, chosen = best.get("start"), best.get("is_right") if kept.epoch == best["epoch"] else last.is_right
    return kept if start is None else replace(kept, note=start_note(kept.epoch, start, chosen))


def start_note(epoch: int, start: Tensor, kept: Tensor | None) -> str:
    """Say whether fine-tuning beat the head that it began from.

    Args:
        epoch: Of the kept weights; 0 are those before the first step.
        start: (n,) whether each val image is right under the head on the untouched features.
        kept: (n,) the same under the kept weights.
    """
    if kept is None or not len(start):
        return "Without val images nobody knows whether fine-tuning beats a head on the untouched features."
    images = f"On {len(start):,} val images"
    if epoch == 0:
        return f"{images} no epoch of the fine-tuning beat the head on the untouched features: a head is enough."
    paired = PairedDifference(int((kept & ~start).sum()), int((start & ~kept).sum()), len(start))
    low, high = (100 * value for value in paired.interval)
    numbers = f"{100 * paired.difference:+.1f} points [{low:+.1f}, {high:+.1f}]"
    if low > 0:
        return f"{images} the fine-tuned network is more accurate than the head on its untouched features ({numbers})."
    if high < 0:
        return (
            f"{images} the head on the untouched features is more accurate ({numbers} by fine-tuning): use that head."
        )
    return (
        f"{images} fine-tuning is not shown to be better than the head on the untouched features ({numbers}): a head "
        "takes seconds."
    )


def _choose(best: Mapping[str, Any], last: Evaluation, epoch: int, model: nn.Module, rule: KeptWeights) -> Kept:
    found = Kept(
        best["epoch"], best["weights"], f"Kept the averaged weights of epoch {best['epoch']}, the best on val."
    )
    if math.isnan(last.accuracy):
        return Kept(found.epoch, found.weights, "")
    before = best.get("is_right")  # a checkpoint of an older Winnow does not hold it
    if rule == "best" or best["epoch"] == epoch or (before is None and rule == "clear_best"):
        return found
    end = Kept(epoch, model.state_dict(), "Kept the last averaged weights.")
    if rule == "last" or before is None or last.is_right is None:
        return end
    is_ahead, is_behind = before & ~last.is_right, last.is_right & ~before
    paired = PairedDifference(int(is_ahead.sum()), int(is_behind.sum()), len(before))
    low, high = (100 * value for value in paired.interval)
    numbers = f"{100 * paired.difference:.1f} points [{low:.1f}, {high:.1f}] ahead on val"
    if low > 0:
        return replace(found, sentence=f"Kept the averaged weights of epoch {found.epoch}, {numbers} of the last ones.")
    text = f"Kept the last averaged weights: those of epoch {found.epoch} are {numbers}, which may be luck."
    return replace(end, sentence=text)
