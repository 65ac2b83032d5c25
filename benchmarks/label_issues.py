"""Find wrong given labels: Winnow's ranking beside cleanlab's, on Fashion-MNIST with flipped labels.

Labels of the demo's images are flipped, 5 % or 20 % of them, to any other class or to a look-alike one. Both rank all
labels on the same HOG features and the same five folds: cleanlab by its own scores of one cross-validated head (the
kernel head or the linear one), Winnow by `core.heads.label_quality`. The effort is k, the number of flipped labels.

    python -m benchmarks.label_issues [--seeds 5] [--images 2000]
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from cleanlab.rank import get_label_quality_scores

from benchmarks.report import environment, table
from core.base.types import Ids, Labels, Mask
from core.data.datasets import demo
from core.features.extractors import handcrafted_compute
from core.heads.fit import Features, fit_head
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import HeadSettings
from core.heads.label_quality import FOLDS, group_folds, label_quality
from core.scoring.calibration import fit_temperature
from core.scoring.scores import probabilities

LOOK_ALIKES = {0: 6, 6: 0, 2: 4, 4: 2, 5: 7, 7: 5, 9: 7, 3: 0, 1: 3, 8: 6}
"""The class that each class of Fashion-MNIST is most easily taken for."""
RATES = (0.05, 0.2)
KINDS = ("uniform", "look-alike")
NONE = np.empty(0, dtype=np.int64)
Ranker = Callable[[Features, Labels, int], np.ndarray]


def flipped(labels: Labels, rate: float, kind: str, rng: np.random.Generator) -> tuple[Labels, Mask]:
    """Flip a share of labels (n,); return them and which are wrong."""
    wrong, is_wrong = labels.copy(), np.zeros(len(labels), dtype=np.bool_)
    for row in rng.choice(len(labels), round(rate * len(labels)), replace=False):
        old = int(labels[row])
        wrong[row] = LOOK_ALIKES[old] if kind == "look-alike" else (old + rng.integers(1, 10)) % 10
        is_wrong[row] = True
    return wrong, is_wrong


def held_out(rows: Features, labels: Labels, kind: str, seed: int) -> np.ndarray:
    """Probabilities (n, 10) of one cross-validated head, as a user of cleanlab would make them."""
    logits, every = np.zeros((len(rows), 10), dtype=np.float32), np.arange(len(rows))
    for fold in group_folds(labels, every, FOLDS, seed):
        kept = np.setdiff1d(every, fold)
        known = HeadLabels(kept, labels[kept], np.ones(len(kept), dtype=np.float32), NONE, NONE, 10)
        logits[fold] = fit_head(rows, known, HeadSettings.checked({"kind": kind, "seed": seed})).logits(rows[fold])
    return probabilities(logits, fit_temperature(logits, labels))


def cleanlab_by(kind: str, method: str) -> Ranker:
    """Score every label by cleanlab, low: probably wrong."""

    def rank(rows: Features, labels: Labels, seed: int) -> np.ndarray:
        probs = held_out(rows, labels, kind, seed).astype(np.float64)
        return np.asarray(get_label_quality_scores(labels, probs / probs.sum(axis=1, keepdims=True), method=method))

    return rank


def winnow(rows: Features, labels: Labels, seed: int) -> np.ndarray:
    """Winnow's quality of every label, low: probably wrong."""
    every: Ids = np.arange(len(rows))
    return label_quality(rows, every, labels, every, 10, seed=seed).quality


RANKERS: dict[str, Ranker] = {
    "cleanlab, self-confidence, kernel head": cleanlab_by("kernel_ridge", "self_confidence"),
    "cleanlab, normalized margin, kernel head": cleanlab_by("kernel_ridge", "normalized_margin"),
    "cleanlab, self-confidence, linear head": cleanlab_by("logistic", "self_confidence"),
    "Winnow": winnow,
}


def main() -> None:
    """Rank, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--images", type=int, default=2_000)
    asked = parser.parse_args()
    images = demo()
    features = np.asarray(handcrafted_compute("hog")(images.pixels), dtype=np.float32)
    found: dict[tuple[float, str, str], list[tuple[float, ...]]] = {}
    for seed in range(asked.seeds):
        rng = np.random.default_rng(seed)
        ids = rng.choice(len(features), asked.images, replace=False)
        for rate in RATES:
            for kind in KINDS:
                labels, is_wrong = flipped(images.labels[ids], rate, kind, rng)
                num = int(is_wrong.sum())
                for name, rank in RANKERS.items():
                    begin = time.process_time()
                    order = np.argsort(rank(features[ids], labels, seed), kind="stable")
                    seconds = time.process_time() - begin
                    hits = [int(is_wrong[order[:k]].sum()) for k in (num // 2, num, 2 * num)]
                    line = (hits[0] / (num // 2), hits[1] / num, hits[2] / num, seconds)
                    found.setdefault((rate, kind, name), []).append(line)
    rows = []
    for (rate, kind, name), lines in found.items():
        mean, spread = np.mean(lines, axis=0), np.std(lines, axis=0, ddof=1)
        cells = [f"{100 * mean[i]:.1f} ± {100 * spread[i]:.1f}" for i in range(3)]
        rows.append([f"{100 * rate:.0f} % {kind}", name, *cells, f"{mean[3]:.1f}"])
    head = ["flipped", "ranking", "precision of the first k/2", "precision and recall of the first k"]
    print(table([*head, "recall of the first 2 k", "CPU s"], rows))
    print(f"\n{asked.images:,} labels, mean ± standard deviation over {asked.seeds} draws, percent.\n\n{environment()}")


if __name__ == "__main__":
    main()
