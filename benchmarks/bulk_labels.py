"""Measure how labels accepted in bulk should teach a head: their weight, and the landmarks that stand for them.

For each draw of the demo: 200 margin clicks in ten screens, all open images accepted at a target error (conformal),
and then one fit for each arm. Choose an arm by the val column.

    python -m benchmarks.bulk_labels [--splits 6] [--labeled 500] [--clicks 200]
"""

import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.head_rounds import SCREEN, Split, bulk_accepted, fitted, least_margin, parsed, splits_of_demo
from benchmarks.report import environment, table
from core.base.types import Ids, Labels
from core.heads import kernel_ridge
from core.heads.fit import head_logits
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import HeadSettings

ALL = 1_000_000
"""More labels than there are: each is a point of the kernel."""


@dataclass(frozen=True)
class Arm:
    """How bulk labels are taken.

    Attributes:
        target: Target error of the bulk accept, (0, 1).
        weight: Weight of a bulk label; below 1 the labels of single images become landmarks first.
        points: Most points of the kernel.
    """

    target: float
    weight: float
    points: int

    def __str__(self) -> str:
        """For the table."""
        points = "all labels" if self.points == ALL else f"{self.points:,} landmarks"
        return f"{self.target:.0%} | {points} | {self.weight:g}"


ARMS = (
    *(Arm(0.05, weight, points) for points in (ALL, 2_000, 1_000) for weight in (1.0, 0.999, 0.5, 0.3, 0.1)),
    *(Arm(0.1, weight, ALL) for weight in (1.0, 0.5, 0.1)),
)


def clicked(split: Split, clicks: int) -> tuple[Ids, Labels, NDArray[np.float32]]:
    """Images and labels after margin clicks, and the probabilities (N, K) that they give."""
    ids, labels = split.labeled, split.labels[split.labeled]
    probs = fitted(split, ids, labels)
    for _ in range(clicks // SCREEN):
        shown = least_margin(split, ids, probs)
        ids, labels = np.concatenate([ids, shown]), np.concatenate([labels, split.labels[shown]])
        probs = fitted(split, ids, labels)
    return ids, labels, probs


def accuracies(split: Split, ids: Ids, labels: Labels, weights: NDArray[np.float32]) -> tuple[float, float]:
    """Share of the val and of the test images that the head names right, in percent."""
    nothing = np.array([], dtype=np.int64)
    logits = head_logits(split.features, HeadLabels(ids, labels, weights, nothing, nothing, 10), HeadSettings())
    is_right = logits.argmax(axis=1) == split.labels
    return 100 * float(is_right[split.val].mean()), 100 * float(is_right[split.test].mean())


def measured(split: Split, clicks: int) -> dict[str, tuple[float, float]]:
    """Val and test accuracy (percent) by arm; "before" and "clicks" hold no bulk label."""
    ids, labels, probs = clicked(split, clicks)
    given = split.labeled, split.labels[split.labeled]
    found = {
        "before | – | –": accuracies(split, *given, np.ones(len(given[0]), np.float32)),
        "clicks alone | – | –": accuracies(split, ids, labels, np.ones(len(ids), np.float32)),
    }
    for arm in ARMS:
        kernel_ridge.EXACT_LABELS, kernel_ridge.NUM_LANDMARKS = (ALL, ALL) if arm.points == ALL else (0, arm.points)
        kept, suggested = bulk_accepted(split, ids, probs, arm.target)
        weights = np.concatenate([np.ones(len(ids)), np.full(len(kept), arm.weight)]).astype(np.float32)
        both = np.concatenate([ids, kept]), np.concatenate([labels, suggested])
        found[str(arm)] = accuracies(split, *both, weights)
    kernel_ridge.EXACT_LABELS, kernel_ridge.NUM_LANDMARKS = 3_000, 2_000
    return found


def main() -> None:
    """Measure all arms on every split and print the gains."""
    asked = parsed()
    print(environment())
    by_arm: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for split in splits_of_demo(Path(folder), asked.splits, asked.labeled):
            for name, found in measured(split, asked.clicks).items():
                by_arm[name].append(found)
    before = np.array(next(iter(by_arm.values())))
    rows = []
    for name, values in by_arm.items():
        gains = np.array(values) - before
        error = gains.std(axis=0, ddof=1) / np.sqrt(len(gains))
        rows.append([*name.split(" | "), *(f"{gains[:, part].mean():+.2f} ± {error[part]:.2f}" for part in (0, 1))])
    print(table(["target error", "points", "weight of a bulk label", "gain on val", "gain on test"], rows))


if __name__ == "__main__":
    main()
