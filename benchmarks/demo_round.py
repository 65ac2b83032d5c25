"""Measure the demo's first round: baseline, bulk accept, retrain.

With 3 seeds, at 5 % estimated error. The threshold is the lowest at which the hidden calibration items show at most
5 % error (a plug-in estimate, no guarantee). The true labels of the pool, which nobody sees in the product, say what
the error really was.

    python benchmarks/demo_round.py [--seeds 3] [--target 0.05]
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.report import environment, table
from core import Project, SplitConfig, TrainConfig


@dataclass(frozen=True)
class Round:
    """Results of one seed; accuracies and errors in [0, 1], times in seconds."""

    seed: int
    seconds: float
    accuracy: float
    threshold: float
    count: int
    coverage: float
    estimated_error: float
    true_error: float
    retrain_seconds: float
    retrained_accuracy: float
    difference: float
    low: float
    high: float


def run_round(folder: Path, seed: int, target: float, config: TrainConfig, retrain: TrainConfig) -> Round:
    """Run one round with one seed, on labels drawn with that seed."""
    project = Project.create(folder / f"seed-{seed}", "demo", split=SplitConfig(seed=seed))
    baseline = project.start_run(config.model_copy(update={"seed": seed}))
    project.wait_run(baseline.id)
    threshold = project.quality.plug_in_threshold(baseline.id, target)
    assert threshold is not None
    kept = project.select(baseline.id, "fixed_threshold", threshold=threshold)
    project.bulk_accept(baseline.id, "fixed_threshold", threshold=threshold)
    retrained = project.start_run(retrain.model_copy(update={"seed": seed}), parent=baseline.id)
    project.wait_run(retrained.id)
    test = project.compare(baseline.id, retrained.id).comparison
    return Round(
        seed, baseline.status.seconds, test.accuracy_a.value, threshold, kept.count, kept.coverage, kept.error.value,
        float((project.images.labels[kept.ids] != kept.labels).mean()),
        retrained.status.seconds, test.accuracy_b.value, test.difference, test.low, test.high,
    )  # fmt: skip


def main() -> None:
    """Run every seed and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--target", type=float, default=0.05)
    words = parser.parse_args()
    config, retrain = TrainConfig(), TrainConfig(method="self_training")
    with tempfile.TemporaryDirectory() as folder:
        rounds = [run_round(Path(folder), seed, words.target, config, retrain) for seed in range(words.seeds)]
    head = ["seed", "baseline s", "test acc.", "threshold", "accepted", "coverage", "est. error", "true error"]
    head += ["retrain s", "test acc. after", "difference [95 %]"]
    rows = [
        [
            str(r.seed), f"{r.seconds:.0f}", f"{r.accuracy:.2%}", f"{r.threshold:.3f}", f"{r.count:,}",
            f"{r.coverage:.1%}", f"{r.estimated_error:.1%}", f"{r.true_error:.1%}", f"{r.retrain_seconds:.0f}",
            f"{r.retrained_accuracy:.2%}", f"{100 * r.difference:+.1f} [{100 * r.low:+.1f}, {100 * r.high:+.1f}]",
        ]
        for r in rounds
    ]  # fmt: skip
    before, after = [r.accuracy for r in rounds], [r.retrained_accuracy for r in rounds]
    print(table(head, rows))
    print(f"\nMedian {median(before):.2%} (range {min(before):.2%} to {max(before):.2%}) before, ", end="")
    print(f"{median(after):.2%} ({min(after):.2%} to {max(after):.2%}) after, n = {len(rounds)} seeds.")
    print(f"\n{environment()}")


if __name__ == "__main__":
    main()
