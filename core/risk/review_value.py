"""Review value: accuracy gained per 100 decisions, and when to stop.

A control run is trained with the same seed and budget without the person's decisions: `threshold only` (the same rule,
no single decision) or `random clicks` (as many answers, on images drawn at random).
"""

from dataclasses import dataclass

import numpy as np

from core.base.errors import InputError
from core.base.types import Ids, Labels, Mask
from core.risk.comparison import paired_difference


@dataclass(frozen=True)
class ReviewValue:
    """Test accuracy that 100 decisions gained over a control run."""

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
        """Value with its interval, as text."""
        if not self.is_measurable:
            return f"no measurable gain [{self.low:+.2f}, {self.high:+.2f}] points per 100 decisions"
        return f"{self.per_100:+.2f} points per 100 decisions [{self.low:.2f}, {self.high:.2f}]"


@dataclass(frozen=True)
class StopAdvice:
    """Advice whether to stop reviewing, with reasons."""

    is_enough: bool
    reasons: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Advice as text, without the reasons."""
        return "Stop here: more reviewing is not expected to buy anything." if self.is_enough else "Go on reviewing."


def review_value(
    control: Labels, curated: Labels, labels: Labels, num_decisions: int, groups: Ids | None = None
) -> ReviewValue:
    """Compute the accuracy gained per 100 decisions over a control run.

    The interval is that of a paired difference on this test set: it does not contain the spread between training seeds.

    Args:
        control: (n,) predictions of the control run on the test images.
        curated: (n,) predictions of the curated run on the same images.
        labels: (n,) true classes.
        num_decisions: Decisions between the two runs.
        groups: (n,) groups of the images, over which the interval is computed; None without groups.

    Returns:
        Percentage points per 100 decisions; positive = the decisions helped.

    Raises:
        InputError: There are no decisions or no test images.
    """
    if num_decisions < 1:
        raise InputError(
            "There is no decision between these two runs, so nothing was bought: review some images first."
        )
    if not len(labels):
        raise InputError("This project has no test images: make it with a test part to measure what reviewing buys.")
    paired = paired_difference(control, curated, labels, groups)
    (low, high), scale = paired.interval, 100 * 100 / num_decisions
    return ReviewValue(paired.difference * scale, low * scale, high * scale, num_decisions, len(labels))


def flip_rate(before: Labels, after: Labels, mask: Mask | None = None) -> float:
    """Return the share of images whose pseudo-label changed between two runs.

    Args:
        before: (n,) pseudo-labels of the earlier run.
        after: (n,) pseudo-labels of the later run.
        mask: (n,) images to count; None counts all.

    Returns:
        The share, [0, 1]; nan for no image.
    """
    changed = before != after if mask is None else (before != after)[mask]
    return float(np.mean(changed)) if len(changed) else float("nan")


def stop_advice(
    flips: float, certified: float, target: float, value: ReviewValue | None, *, settled: float = 0.005
) -> StopAdvice:
    """Advise whether to stop reviewing.

    Stop when nothing measurable is gained, or when the target is proven; in both cases only once labels have stopped
    changing.

    Args:
        flips: Share of pool labels that changed in the last round, [0, 1]; nan where unknown.
        certified: Share proven right by the audit, [0, 1].
        target: Share that is asked for, [0, 1].
        value: Gain over a control run; None where none has been trained.
        settled: Most flips at which labels count as unchanged.

    Returns:
        The advice and its reasons.
    """
    is_proven, is_settled = certified >= target, flips <= settled
    is_useless = value is not None and not value.is_measurable
    proven = f"the audit proves {100 * certified:.1f} % right" if certified > 0 else "no audit proves a share right yet"
    reasons = (
        f"{proven}; the target is {100 * target:.1f} %",
        "no earlier run to compare pseudo-labels with"
        if np.isnan(flips)
        else f"{100 * flips:.1f} % of pseudo-labels changed",
        "no control run has been trained yet" if value is None else value.sentence,
    )
    return StopAdvice((is_proven and is_settled) or (is_useless and is_settled), reasons)
