"""Paired comparison of two runs on the same labeled images.

Positions are rows of the arrays given.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtri

from core.base.types import Estimate, Ids, Labels, Logits
from core.risk.clustered import clustered_interval, clustered_p_value, clustered_proportion
from core.risk.error_estimates import proportion


@dataclass(frozen=True)
class PairedDifference:
    """Accuracy of a new model less that of another one on the same images."""

    gained: int  # images that only the new model gets right
    lost: int  # images that only the other one gets right
    n: int  # images, 1 or more
    num_groups: int = 0  # groups of the images; 0 without groups
    clustered: tuple[float, float] | None = None  # interval over groups

    @property
    def difference(self) -> float:
        """Accuracy of the new model less that of the other one, [-1, 1]."""
        return (self.gained - self.lost) / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the difference; over groups where the images come in groups."""
        return self.clustered or paired_interval(self.gained, self.lost, self.n)

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0, so that the images tell which model is better."""
        low, high = self.interval
        return low > 0 or high < 0

    def sentence(self, part: str = "test") -> str:
        """Say whether the images show a gain or a loss, in percentage points.

        Args:
            part: Where the images are from.
        """
        low, high = self.interval
        images = f"{self.n:,} {part} images" + (f" of {self.num_groups:,} groups" if self.num_groups else "")
        if not self.is_clear:
            reach = 50 * (high - low)
            return f"No gain that {images} can tell ({100 * self.difference:+.1f} points, ± {reach:.1f})."
        word = "gain" if self.difference > 0 else "loss"
        return f"A {word} on {images}: {100 * self.difference:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]."


@dataclass(frozen=True)
class ClassAccuracy:
    """Accuracy of both runs on the images of one class."""

    label: int
    accuracy_a: Estimate
    accuracy_b: Estimate


@dataclass(frozen=True)
class Comparison:
    """Run b compared with run a; positive differences mean that b is better."""

    accuracy_a: Estimate
    accuracy_b: Estimate
    gained: int  # wrong under a, right under b
    lost: int  # right under a, wrong under b
    difference: float  # accuracy of b - accuracy of a, [-1, 1]
    low: float  # lower end of the 95 % interval of the difference
    high: float
    p_value: float  # exact McNemar test, two-sided
    per_class: tuple[ClassAccuracy, ...]
    confusion_a: NDArray[np.int64]  # (K, K) true class, predicted class
    confusion_b: NDArray[np.int64]
    predictions_a: Labels  # (n,)
    predictions_b: Labels  # (n,)
    flips: Ids  # positions where the predictions differ
    num_groups: int = 0  # groups of the images, over which intervals and p value are computed; 0 without groups

    @property
    def paired(self) -> PairedDifference:
        """Accuracy of b less that of a."""
        interval = (self.low, self.high) if self.num_groups else None
        return PairedDifference(self.gained, self.lost, self.accuracy_a.n, self.num_groups, interval)

    @property
    def changed(self) -> int:
        """Number of images that both runs get wrong with different classes."""
        return len(self.flips) - self.gained - self.lost


def accuracy(logits: Logits, labels: Labels, groups: Ids | None = None) -> Estimate:
    """Return the share of images predicted right, with its exact interval; over groups where there are some.

    Args:
        logits: (n, K).
        labels: (n,).
        groups: (n,) groups of the images; None without groups.
    """
    is_right = logits.argmax(axis=1) == labels
    if groups is not None:
        return clustered_proportion(is_right, groups)
    return proportion(int(is_right.sum()), len(labels))


def confusion(predictions: Labels, labels: Labels, num_classes: int) -> NDArray[np.int64]:
    """Return the images per true class (row) and predicted class (column), (K, K).

    Args:
        predictions: (n,) predicted classes.
        labels: (n,) true classes.
        num_classes: K.
    """
    return np.bincount(labels * num_classes + predictions, minlength=num_classes**2).reshape(num_classes, num_classes)


def compare(logits_a: Logits, logits_b: Logits, labels: Labels, groups: Ids | None = None) -> Comparison:
    """Compare two runs on the same n > 0 images.

    Args:
        logits_a: (n, K) of run a.
        logits_b: (n, K) of run b.
        labels: (n,) true classes.
        groups: (n,) groups of the images, over which intervals are computed; None without groups.

    Returns:
        Accuracies, paired difference and confusion matrices.
    """
    num_classes = logits_a.shape[1]
    a, b = logits_a.argmax(axis=1).astype(np.int64), logits_b.argmax(axis=1).astype(np.int64)
    gained = int(((a != labels) & (b == labels)).sum())
    lost = int(((a == labels) & (b != labels)).sum())
    low, high = paired_interval(gained, lost, len(labels))
    p_value = mcnemar(gained, lost)
    if groups is not None:
        change = (b == labels).astype(np.float64) - (a == labels)
        low, high = clustered_interval(change, groups, (low, high))
        p_value = clustered_p_value(change, groups, p_value)
    return Comparison(
        accuracy_a=accuracy(logits_a, labels, groups),
        accuracy_b=accuracy(logits_b, labels, groups),
        gained=gained,
        lost=lost,
        difference=(gained - lost) / len(labels),
        low=low,
        high=high,
        p_value=p_value,
        per_class=tuple(_class_row(c, logits_a, logits_b, labels, groups) for c in range(num_classes)),
        confusion_a=confusion(a, labels, num_classes),
        confusion_b=confusion(b, labels, num_classes),
        predictions_a=a,
        predictions_b=b,
        flips=np.flatnonzero(a != b),
        num_groups=0 if groups is None else len(np.unique(groups)),
    )


def paired_difference(old: Labels, new: Labels, labels: Labels, groups: Ids | None = None) -> PairedDifference:
    """Compare the predictions of a new model with those of another one on n > 0 images.

    Args:
        old: (n,) predicted classes of the other model.
        new: (n,) predicted classes of the new model.
        labels: (n,) true classes.
        groups: (n,) groups of the images, over which the interval is computed; None without groups.
    """
    was_right, is_right = old == labels, new == labels
    found = PairedDifference(int((is_right & ~was_right).sum()), int((was_right & ~is_right).sum()), len(labels))
    if groups is None:
        return found
    interval = clustered_interval(is_right.astype(np.float64) - was_right, groups, found.interval)
    return replace(found, num_groups=len(np.unique(groups)), clustered=interval)


def mcnemar(gained: int, lost: int) -> float:
    """Return the exact two-sided p value of McNemar's test (McNemar 1947).

    The hypothesis is that gains and losses are equally likely.

    Args:
        gained: Images that only run b gets right.
        lost: Images that only run a gets right.

    Returns:
        The p value, [0, 1]; 1 where nothing changed.
    """
    return min(1.0, 2 * float(bdtr(min(gained, lost), gained + lost, 0.5)))


def paired_interval(gained: int, lost: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return an interval of (gained - lost) / n for paired answers.

    After Agresti and Min 2005: half an answer is added to each of the four cells, then the usual normal interval is
    taken.

    Args:
        gained: Images that only run b gets right.
        lost: Images that only run a gets right.
        n: Images.
        level: Coverage of the interval, (0, 1).

    Returns:
        Lower and upper end, [-1, 1].
    """
    gains, losses, total = gained + 0.5, lost + 0.5, n + 2
    middle = (gains - losses) / total
    spread = np.sqrt(gains + losses - (gains - losses) ** 2 / total) / total
    reach = float(ndtri((1 + level) / 2) * spread)
    return max(-1.0, middle - reach), min(1.0, middle + reach)


def _class_row(label: int, logits_a: Logits, logits_b: Logits, labels: Labels, groups: Ids | None) -> ClassAccuracy:
    rows = labels == label
    known, of = labels[rows], None if groups is None else groups[rows]
    return ClassAccuracy(label, accuracy(logits_a[rows], known, of), accuracy(logits_b[rows], known, of))
