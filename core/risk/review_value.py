"""Value: what did the clicking buy, and would more of it buy anything?

A control arm is trained on the same seed and budget without the person's judgement: `threshold only` (the same rule, no
single decision) or `random clicks` (as many answers, on images drawn at random).
"""

from dataclasses import dataclass

import numpy as np

from core.base.errors import InputError
from core.base.types import Labels, Mask
from core.risk.comparison import paired_interval


@dataclass(frozen=True)
class ReviewValue:
    """Points of test accuracy that 100 decisions bought over a control arm."""

    per_100: float  # percentage points per 100 decisions
    low: float  # 95 % interval
    high: float
    num_decisions: int
    n: int  # test images

    @property
    def is_measurable(self) -> bool:
        """Whether the interval lies above zero."""
        return self.low > 0

    @property
    def sentence(self) -> str:
        """The value in words."""
        if not self.is_measurable:
            return f"no measurable gain [{self.low:+.2f}, {self.high:+.2f}] points per 100 decisions"
        return f"{self.per_100:+.2f} points per 100 decisions [{self.low:.2f}, {self.high:.2f}]"


@dataclass(frozen=True)
class StopAdvice:
    """Whether to go on reviewing, and why."""

    is_enough: bool
    reasons: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The advice in words; the reasons follow it."""
        return "Stop here: more reviewing is not expected to buy anything." if self.is_enough else "Go on reviewing."


def review_value(control: Labels, curated: Labels, labels: Labels, num_decisions: int) -> ReviewValue:
    """Compare predictions (n,) of the control arm and of the curated run on the same test images, per 100 decisions.

    The interval is that of a paired difference on this test set: it does not contain the spread between training seeds.
    InputError without decisions or without test images.
    """
    if num_decisions < 1:
        raise InputError(
            "There is no decision between these two runs, so nothing was bought: review some images first."
        )
    if not len(labels):
        raise InputError("This project has no test images: make it with a test part to measure what reviewing buys.")
    gained = int(((control != labels) & (curated == labels)).sum())
    lost = int(((control == labels) & (curated != labels)).sum())
    low, high = paired_interval(gained, lost, len(labels))
    scale = 100 * 100 / num_decisions
    return ReviewValue((gained - lost) / len(labels) * scale, low * scale, high * scale, num_decisions, len(labels))


def flip_rate(before: Labels, after: Labels, mask: Mask | None = None) -> float:
    """Share of images whose pseudo-label changed between two runs, among mask if given; nan for no image."""
    changed = before != after if mask is None else (before != after)[mask]
    return float(np.mean(changed)) if len(changed) else float("nan")


def stop_advice(
    flips: float, certified: float, target: float, value: ReviewValue | None, *, settled: float = 0.005
) -> StopAdvice:
    """Stop when nothing measurable is gained, or when the target is proven and labels have stopped changing.

    flips: share of pool labels that changed in the last round; certified: share proven right by the audit.
    """
    is_proven, is_settled = certified >= target, flips <= settled
    is_useless = value is not None and not value.is_measurable
    reasons = (
        f"the audit proves {100 * certified:.1f} % right; the target is {100 * target:.1f} %",
        "no earlier run to compare pseudo-labels with"
        if np.isnan(flips)
        else f"{100 * flips:.1f} % of pseudo-labels changed",
        "no control arm has been trained yet" if value is None else value.sentence,
    )
    return StopAdvice((is_proven and is_settled) or (is_useless and is_settled), reasons)
