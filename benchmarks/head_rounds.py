"""Measure what a person's clicks gain with a head that is refitted after every screen of 20 images.

A simulated reviewer answers screens of 20 images and then accepts all at a target error of 5 % (conformal selection
over the calibration items that are still open). Control arms: no click at all, and clicks at random. The true labels of
the pool answer the clicks; the test images are only read for the table.

    python -m benchmarks.head_rounds [--splits 6] [--labeled 500] [--clicks 200]
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from benchmarks.report import environment, table
from core import Project, SplitConfig, constants
from core.base.types import Ids, Labels
from core.features.catalog import find_extractor
from core.features.compute import compute_features
from core.heads.fit import head_logits
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import HeadSettings
from core.risk.risk_control import conformal_threshold
from core.scoring.calibration import fit_temperature

SCREEN, TARGET = 20, 0.05
ARMS = {"no clicks": ("margin", 0, 0.0), "random clicks": ("random", 1, 0.0), "margin clicks": ("margin", 1, 0.0),
        "margin clicks, 5 % wrong": ("margin", 1, 0.05)}  # fmt: skip
"""By name: ranking, whether clicks are given, share of wrong answers."""


@dataclass(frozen=True)
class Split:
    """One draw of the demo: features, true labels, and the ids of each part."""

    features: NDArray[np.float16]
    labels: Labels
    labeled: Ids
    val: Ids
    pool: Ids
    calibration: Ids
    test: Ids


def fitted(split: Split, ids: Ids, labels: Labels, *, num_bulk: int = 0) -> NDArray[np.float32]:
    """Calibrated probabilities (N, K) of a head on some labels, the last num_bulk of them accepted in bulk."""
    nothing, weights = np.array([], dtype=np.int64), np.ones(len(ids), np.float32)
    weights[len(ids) - num_bulk :] = constants.PRESETS["head"].config().unlabeled_weight
    known = HeadLabels(ids, labels, weights, nothing, nothing, 10)
    logits = head_logits(split.features, known, HeadSettings())
    return np.asarray(softmax(logits / fit_temperature(logits[split.val], split.labels[split.val]), axis=1), np.float32)


def accuracy(split: Split, probs: NDArray[np.float32]) -> float:
    """Share of the test images that are named right."""
    return float((probs[split.test].argmax(axis=1) == split.labels[split.test]).mean())


def run_arm(split: Split, name: str, clicks: int, seed: int) -> tuple[float, float, float, float]:
    """Test accuracy before, after the clicks and after accepting all; seconds a screen."""
    ranking, is_clicking, error_rate = ARMS[name]
    rng = np.random.default_rng(seed)
    ids, labels = split.labeled, split.labels[split.labeled]
    probs = fitted(split, ids, labels)
    before, begin = accuracy(split, probs), time.perf_counter()
    screens = clicks * is_clicking // SCREEN
    for _ in range(screens):
        is_random = ranking == "random"
        shown = rng.choice(np.setdiff1d(split.pool, ids), SCREEN, replace=False) if is_random else (
            least_margin(split, ids, probs)
        )  # fmt: skip
        answers = split.labels[shown].copy()
        is_wrong = rng.random(SCREEN) < error_rate
        answers[is_wrong] = (answers[is_wrong] + rng.integers(1, 10, is_wrong.sum())) % 10
        ids, labels = np.concatenate([ids, shown]), np.concatenate([labels, answers])
        probs = fitted(split, ids, labels)
    seconds = (time.perf_counter() - begin) / max(1, screens)
    after = accuracy(split, probs)
    kept, suggested = bulk_accepted(split, ids, probs, TARGET)
    ids, labels = np.concatenate([ids, kept]), np.concatenate([labels, suggested])
    return before, after, accuracy(split, fitted(split, ids, labels, num_bulk=len(kept))), seconds


def least_margin(split: Split, ids: Ids, probs: NDArray[np.float32]) -> Ids:
    """The next screen: open images whose two most probable classes are closest."""
    open_ids = np.setdiff1d(split.pool, ids)
    top = np.sort(probs[open_ids], axis=1)
    return open_ids[np.argsort(top[:, -1] - top[:, -2], kind="stable")[:SCREEN]]


def bulk_accepted(split: Split, ids: Ids, probs: NDArray[np.float32], target: float) -> tuple[Ids, Labels]:
    """Open images that a bulk accept takes, and their suggestions; none where no threshold keeps the target."""
    open_ids, hidden = np.setdiff1d(split.pool, ids), np.setdiff1d(split.calibration, ids)
    is_right = probs[hidden].argmax(axis=1) == split.labels[hidden]
    found = conformal_threshold(probs[open_ids].max(axis=1), probs[hidden].max(axis=1), is_right, target)
    kept = open_ids[:0]
    if found.threshold is not None:
        kept = open_ids[probs[open_ids].max(axis=1) >= found.threshold]
    return kept, probs[kept].argmax(axis=1)


def splits_of_demo(folder: Path, number: int, labeled: int) -> list[Split]:
    """Draw the demo several times; its features are computed once."""
    found, features = [], None
    for seed in range(number):
        project = Project.create(folder / f"split-{seed}", "demo", split=SplitConfig(seed=seed, labeled=labeled))
        if features is None:
            extractor = find_extractor("hog")
            features = compute_features(extractor, project.path / "images", folder / "features").values
        parts = project.splits
        found.append(
            Split(features, np.asarray(project.images.labels), parts.labeled, parts.val, parts.pool, parts.calibration,
                  parts.test)
        )  # fmt: skip
    return found


def parsed() -> argparse.Namespace:
    """Splits, labeled images and clicks of the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--splits", type=int, default=6)
    parser.add_argument("--labeled", type=int, default=500)
    parser.add_argument("--clicks", type=int, default=200)
    return parser.parse_args()


def main() -> None:
    """Run every arm on every split and print the table."""
    arguments = parsed()
    print(environment())
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        splits = splits_of_demo(Path(folder), arguments.splits, arguments.labeled)
        for name in ARMS:
            found = np.array([run_arm(split, name, arguments.clicks, seed) for seed, split in enumerate(splits)])
            rows.append([name, f"{100 * found[:, 0].mean():.1f}", *(gain(found, column) for column in (1, 2)),
                         f"{found[:, 3].mean():.2f}" if ARMS[name][1] else "–"])  # fmt: skip
    head = ["arm", "test before, %", "gain of clicks", "gain of clicks and bulk accept", "seconds a screen"]
    print(table(head, rows))


def gain(found: NDArray[np.float64], column: int) -> str:
    """Mean gain in points with its standard error, range, and number of splits that gained."""
    points = 100 * (found[:, column] - found[:, 0])
    error = points.std(ddof=1) / np.sqrt(len(points))
    share = f"{(points > 0).sum()} of {len(points)}"
    return f"{points.mean():+.1f} ± {error:.1f} ({points.min():+.1f} to {points.max():+.1f}; {share})"


if __name__ == "__main__":
    main()
