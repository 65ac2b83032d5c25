"""Check the guarantees on real scores of Fashion-MNIST.

Calibration sets are drawn from the pool of a trained model.

A small CNN learns from a few labels of the 60,000 training images; the rest is the pool, whose true labels judge. Each
draw hides n calibration items at random among 20,000 random pool images. `python benchmarks/guarantees_fashion_mnist.py
[--keep FOLDER]` trains (or takes the projects kept in FOLDER) and prints the Markdown that stands in
docs/BENCHMARKS.md.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.guarantees_simulated import outcome
from benchmarks.report import environment, table
from core import Project, SplitConfig, TrainConfig
from core.base.types import Ids, Mask, PerImage
from core.risk import audit_certificate, risk_control
from core.risk.error_estimates import threshold_for_error

DRAWS, POOL, ROUNDS = 300, 20_000, 1_000
TARGETS, SIZES = (0.01, 0.02, 0.05), (200, 500, 1_000)
BUDGETS = {1_000: 40, 10_000: 12}
"""Epochs by number of labels."""


@dataclass(frozen=True)
class Scored:
    """Confidence of one trained run on its whole pool, and whether it is right."""

    ids: Ids  # (m,) of the images
    confidence: PerImage  # (m,)
    is_right: Mask  # (m,)
    num_labels: int
    test_accuracy: float  # on the 10,000 official test images

    def drawn(self, num: int, rng: np.random.Generator) -> tuple[PerImage, Mask, PerImage, Mask]:
        """A random pool of 20,000 images and num calibration items, no image in both."""
        rows = rng.permutation(len(self.is_right))[: POOL + num]
        pool, known = rows[:POOL], rows[POOL:]
        return self.confidence[pool], self.is_right[pool], self.confidence[known], self.is_right[known]


def scored(folder: Path, num_labels: int) -> Scored:
    """The run of that many labels, trained where the folder does not hold it yet."""
    path = folder / f"labels-{num_labels}"
    if not (path / "project.toml").exists():
        split = SplitConfig(labeled=num_labels, val=500, calibration=0, test=10_000)
        Project.create(path, "fashion_mnist", split=split)
    project = Project(path)
    if not project.runs():
        project.start_run(TrainConfig(epochs=BUDGETS[num_labels], log_epochs=2))
    run = project.wait_run(project.runs()[0].id)
    pool, labels = project.scores(run.id), project.images.labels
    test = project.splits.test
    accuracy = float((np.asarray(run.folder.logits()[test]).argmax(axis=1) == labels[test]).mean())
    is_right = pool.scores.pseudo_labels == labels[pool.ids]
    return Scored(pool.ids, pool.scores.confidence, is_right, num_labels, accuracy)


def draws(found: Scored, target: float, num: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(DRAWS, 5): oracle's coverage, error and coverage of conformal selection, and of the plug-in threshold."""
    rows = []
    for _ in range(DRAWS):
        pool, is_right, sure, is_known_right = found.drawn(num, rng)
        best = outcome(pool, is_right, threshold_for_error(pool, is_right, target))[1]
        conformal = risk_control.conformal_threshold(pool, sure, is_known_right, target).threshold
        plug_in = threshold_for_error(sure, is_known_right, target)
        rows.append([best, *outcome(pool, is_right, conformal), *outcome(pool, is_right, plug_in)])
    return np.array(rows)


def target_row(found: Scored, target: float, num: int, rng: np.random.Generator) -> list[str]:
    """One row: conformal selection beside the oracle and beside the plug-in threshold."""
    rows = draws(found, target, num, rng)
    mean, spread = rows.mean(axis=0), rows.std(axis=0, ddof=1) / np.sqrt(DRAWS)
    over = (rows > target).mean(axis=0)
    return [
        f"{found.num_labels:,}", f"{target:.0%}", f"{num:,}", f"{mean[1]:.4f} ± {spread[1]:.4f}",
        "yes" if mean[1] <= target + 2 * spread[1] else "NO", f"{mean[2]:.3f} ± {spread[2]:.3f}", f"{mean[0]:.3f}",
        f"{mean[3]:.4f} ± {spread[3]:.4f}", "yes" if mean[3] <= target + 2 * spread[3] else "NO",
        f"{over[3]:.0%}", f"{over[1]:.0%}", f"{(rows[:, 2] == 0).mean():.0%}",
    ]  # fmt: skip


def second_round_row(first: Scored, second: Scored, target: float, num: int, rng: np.random.Generator) -> list[str]:
    """One row: accept by the first model, then by the second from what is left, calibration items likewise.

    A round that accepts nothing has no error, as in the guarantee. Coverage is of the whole pool.
    """
    found = []
    _, in_first, in_second = np.intersect1d(first.ids, second.ids, return_indices=True)
    for _ in range(DRAWS):
        rows = rng.permutation(len(in_first))[: POOL + num]
        pool, known = rows[:POOL], rows[POOL:]
        counts = []
        for model, place in ((first, in_first), (second, in_second)):
            sure, is_right = model.confidence[place], model.is_right[place]
            found_threshold = risk_control.conformal_threshold(
                sure[pool], sure[known], is_right[known], target
            ).threshold
            threshold = np.float32(np.inf if found_threshold is None else found_threshold)
            kept = sure[pool] >= threshold
            counts += [int(kept.sum()), int((~is_right[pool][kept]).sum())]
            pool, known = pool[~kept], known[sure[known] < threshold]
        n1, wrong1, n2, wrong2 = counts
        pairs = ((n1, wrong1), (n2, wrong2), (n1 + n2, wrong1 + wrong2))
        found.append([*(wrong / max(1, n) for n, wrong in pairs), n1 / POOL, n2 / POOL, n2 == 0])
    mean = np.mean(found, axis=0)
    spread = np.std(np.array(found, dtype=np.float64), axis=0, ddof=1) / np.sqrt(DRAWS)
    errors = [f"{mean[i]:.4f} ± {spread[i]:.4f}" for i in range(3)]
    is_kept = ["yes" if mean[i] <= target + 2 * spread[i] else "NO" for i in range(3)]
    return [
        f"{target:.0%}", f"{num:,}", errors[0], f"{mean[3]:.3f}", errors[1], is_kept[1], f"{mean[4]:.3f}",
        f"{mean[5]:.0%}", errors[2], is_kept[2],
    ]  # fmt: skip


def false_certificates(found: Scored, threshold: float, alpha: float, rng: np.random.Generator) -> list[str]:
    """One row: audits of a real selection, the target just above its truth, a look after every one of 600 answers."""
    right = found.is_right[found.confidence >= np.float32(threshold)]
    size, num_right = len(right), int(right.sum())
    target = (num_right + 1) / size  # one image more than is true: no certificate for it can be right
    refuted = audit_certificate.highest_refuted(size, target)
    false = 0
    for _ in range(ROUNDS):
        answers = rng.permutation(right)[:600]
        false += _is_certified(answers, size, refuted, alpha)
    return [
        f"{found.num_labels:,}", f"{threshold:.2f}", f"{size:,}", f"{num_right / size:.4f}", f"{alpha:.0%}",
        f"{false / ROUNDS:.1%}", "yes" if false / ROUNDS <= alpha else "NO", f"{ROUNDS:,}",
    ]  # fmt: skip


def _is_certified(answers: Mask, size: int, refuted: int, alpha: float) -> bool:
    """Whether the evidence reached 1 / alpha after any of the answers."""
    limit = -np.log(alpha)
    return any(
        answers[number - 1] and audit_certificate.log_evidence(size, right, number - right, refuted) >= limit
        for number, right in enumerate(np.cumsum(answers).tolist(), start=1)
    )


def main() -> None:
    """Train or take what is kept, and print the section."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", type=Path, help="folder in which the trained projects stay")
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as temporary:
        models = [scored(asked.keep or Path(temporary), num_labels) for num_labels in BUDGETS]
    print("## Guarantees on real images (`python benchmarks/guarantees_fashion_mnist.py`)\n")
    for found in models:
        print(f"* {found.num_labels:,} labels: test accuracy {found.test_accuracy:.1%} (n = 10,000), "
              f"pool {len(found.is_right):,}, of which {found.is_right.mean():.1%} are right")  # fmt: skip
    head = ["labels", "target", "n", "realised error ± SE", "kept", "coverage ± SE", "oracle", "plug-in error ± SE",
            "plug-in keeps", "plug-in over", "conformal over", "kept nothing"]  # fmt: skip
    rows = [target_row(found, target, num, rng) for found in models for target in TARGETS for num in SIZES]
    print(f"\n{DRAWS} draws a row:\n\n{table(head, rows)}\n")
    head = ["target", "n", "round 1 error ± SE", "coverage", "round 2 error ± SE", "kept", "coverage added",
            "added nothing", "both rounds ± SE", "kept"]  # fmt: skip
    rows = [second_round_row(models[0], models[1], target, num, rng) for target in TARGETS for num in SIZES]
    print(f"Two rounds, by the first model and then by the second:\n\n{table(head, rows)}\n")
    head = ["labels", "confidence ≥", "images", "truth", "alpha", "falsely certified", "kept", "rounds"]
    audits = [false_certificates(found, 0.9, alpha, rng) for found in models for alpha in (0.05, 0.1)]
    print(f"{table(head, audits)}\n\n{environment()}")


if __name__ == "__main__":
    main()
