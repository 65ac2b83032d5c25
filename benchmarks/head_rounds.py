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
from core import Project, SplitConfig
from core.base.types import Ids, Labels
from core.features.catalog import find_extractor
from core.features.compute import compute_features
from core.heads.fit import head_logits
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import HeadSettings
from core.risk.risk_control import conformal_threshold
from core.scoring.calibration import fit_temperature

SCREEN = 20
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


def fitted(split: Split, ids: Ids, labels: Labels) -> NDArray[np.float32]:
    """Calibrated probabilities (N, K) of a head on some labels."""
    nothing = np.array([], dtype=np.int64)
    known = HeadLabels(ids, labels, np.ones(len(ids), np.float32), nothing, nothing, 10)
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
        open_ids = np.setdiff1d(split.pool, ids)
        if ranking == "random":
            shown = rng.choice(open_ids, SCREEN, replace=False)
        else:
            top = np.sort(probs[open_ids], axis=1)
            shown = open_ids[np.argsort(top[:, -1] - top[:, -2], kind="stable")[:SCREEN]]
        answers = split.labels[shown].copy()
        is_wrong = rng.random(SCREEN) < error_rate
        answers[is_wrong] = (answers[is_wrong] + rng.integers(1, 10, is_wrong.sum())) % 10
        ids, labels = np.concatenate([ids, shown]), np.concatenate([labels, answers])
        probs = fitted(split, ids, labels)
    seconds = (time.perf_counter() - begin) / max(1, screens)
    after = accuracy(split, probs)
    return before, after, accuracy(split, accepted(split, ids, labels, probs)), seconds


def accepted(split: Split, ids: Ids, labels: Labels, probs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities of the head after accepting all open images at a target error of 5 %."""
    open_ids, hidden = np.setdiff1d(split.pool, ids), np.setdiff1d(split.calibration, ids)
    is_right = probs[hidden].argmax(axis=1) == split.labels[hidden]
    found = conformal_threshold(probs[open_ids].max(axis=1), probs[hidden].max(axis=1), is_right, 0.05)
    if found.threshold is None:
        return probs
    kept = open_ids[probs[open_ids].max(axis=1) >= found.threshold]
    suggestions = probs[kept].argmax(axis=1)
    return fitted(split, np.concatenate([ids, kept]), np.concatenate([labels, suggestions]))


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


def main() -> None:
    """Run every arm on every split and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--splits", type=int, default=6)
    parser.add_argument("--labeled", type=int, default=500)
    parser.add_argument("--clicks", type=int, default=200)
    arguments = parser.parse_args()
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
