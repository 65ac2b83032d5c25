"""Learning curve over clicks: how well each model version names the val images, and what the last clicks bought."""

from dataclasses import dataclass

import numpy as np

from core.base.types import Estimate, Labels
from core.risk.comparison import paired_interval
from core.risk.error_estimates import proportion

LAST_CLICKS = 100
"""Clicks over which the latest gain is measured."""


@dataclass(frozen=True)
class LearningPoint:
    """One model version on the val images.

    Attributes:
        version: Its name; for the first point that of the run itself.
        num_clicks: Images that a person had decided one by one.
        num_bulk: Labels that were accepted in bulk.
        accuracy: Share of the val images that it names right, with 95 % interval and n.
    """

    version: str
    num_clicks: int
    num_bulk: int
    accuracy: Estimate


@dataclass(frozen=True)
class Gain:
    """Difference in val accuracy between two versions, on the same images.

    Attributes:
        num_clicks: Clicks between the two.
        num_bulk: Labels accepted in bulk between the two.
        difference: Later minus earlier, [-1, 1]; high is good.
        low: Lower end of the 95 % interval.
        high: Upper end.
        num_val: Images compared.
    """

    num_clicks: int
    num_bulk: int
    difference: float
    low: float
    high: float
    num_val: int

    @property
    def sentence(self) -> str:
        """The gain in words, or that the images cannot tell one."""
        what = f"{self.num_clicks:,} clicks" if self.num_clicks else f"{self.num_bulk:,} labels accepted in bulk"
        points, low, high = (100 * value for value in (self.difference, self.low, self.high))
        if low <= 0 <= high:
            said = f"{points:+.1f} points [{low:+.1f}, {high:+.1f}]"
            return f"The last {what}: no gain that {self.num_val:,} val images can tell ({said})."
        word = "bought" if points > 0 else "cost"
        return (
            f"The last {what} {word} {points:+.1f} points [{low:+.1f}, {high:+.1f}], n = {self.num_val:,} val images."
        )


@dataclass(frozen=True)
class VersionResult:
    """What the curve needs of one version: its counts, and which class it gives each val image."""

    version: str
    num_clicks: int
    num_bulk: int
    predictions: Labels  # (n_val,)


def learning_points(results: list[VersionResult], labels: Labels) -> list[LearningPoint]:
    """Measure each version on the val images.

    Args:
        results: The versions, oldest first.
        labels: (n_val,) true classes, at least one.
    """
    return [
        LearningPoint(one.version, one.num_clicks, one.num_bulk, proportion(_num_right(one, labels), len(labels)))
        for one in results
    ]


def latest_gain(results: list[VersionResult], labels: Labels, clicks: int = LAST_CLICKS) -> Gain | None:
    """Compare the latest version with the one about `clicks` clicks before it.

    Args:
        results: The versions, oldest first.
        labels: (n_val,) true classes.
        clicks: Clicks to look back; fewer where there are fewer.

    Returns:
        The gain; None with fewer than two versions or without val images.
    """
    if len(results) < 2 or not len(labels):
        return None
    latest = results[-1]
    before = [one for one in results[:-1] if latest.num_clicks - one.num_clicks >= clicks]
    return gain_between(before[-1] if before else results[0], latest, labels)


def gain_between(before: VersionResult, after: VersionResult, labels: Labels) -> Gain:
    """Compare two versions on the same val images, n > 0 (Agresti and Min 2005)."""
    was_right, is_right = before.predictions == labels, after.predictions == labels
    gained, lost = int(np.sum(~was_right & is_right)), int(np.sum(was_right & ~is_right))
    low, high = paired_interval(gained, lost, len(labels))
    clicks, bulk = after.num_clicks - before.num_clicks, after.num_bulk - before.num_bulk
    return Gain(clicks, bulk, (gained - lost) / len(labels), low, high, len(labels))


def _num_right(result: VersionResult, labels: Labels) -> int:
    return int((result.predictions == labels).sum())
