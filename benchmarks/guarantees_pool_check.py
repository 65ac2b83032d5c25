"""False alarms and power of the pool check's two-sample test, simulated.

Calibration images and pool are normal features of D dimensions; the pool's mean is shifted along one of them by some
standard deviations, or not at all. Counted: how often "both are draws from one population" is rejected at 5 %, and
whether shifts whose AUROC the test calls detectable are found. `python -m benchmarks.guarantees_pool_check` prints the
Markdown that stands in docs/BENCHMARKS.md.
"""

import time

import numpy as np
from scipy.special import ndtr

from benchmarks.report import environment, table
from core.risk.error_estimates import proportion
from core.risk.shift.two_sample import two_sample_test

ROUNDS, SIZES, POOL, WIDTH, PERMUTATIONS = 200, (30, 60, 120), 300, 8, 99
SHIFTS = (0.0, 0.5, 1.0, 2.0)
"""Standard deviations along one dimension; 0 is the false-alarm rate."""


def row(shift: float, num: int) -> list[str]:
    """One row: rejections of ROUNDS draws."""
    rejected, aurocs, detectable = 0, [], []
    for seed in range(ROUNDS):
        rng = np.random.default_rng([seed, num, int(10 * shift)])
        known, pool = rng.normal(size=(num, WIDTH)), rng.normal(size=(POOL, WIDTH))
        pool[:, 0] += shift
        found = two_sample_test(known, pool, seed=seed, num_permutations=PERMUTATIONS)
        rejected += found.is_rejected
        aurocs.append(found.auroc)
        detectable.append(found.detectable)
    share = proportion(rejected, ROUNDS)
    return [
        f"{shift:g}", f"{num}", f"{ndtr(shift / np.sqrt(2)):.2f}", f"{np.mean(aurocs):.2f}",
        f"{np.mean(detectable):.2f}",
        f"{100 * share.value:.1f} % [{100 * share.low:.1f}, {100 * share.high:.1f}]",
    ]  # fmt: skip


def false_alarms(rounds: int = 4_000, num: int = 30, pool: int = 60) -> str:
    """Rejections of many small draws from one population: at most 5 % are to be expected."""
    rejected = 0
    for seed in range(rounds):
        rows = np.random.default_rng([seed, 77]).normal(size=(num + pool, WIDTH))
        found = two_sample_test(rows[:num], rows[num:], seed=seed + 10**6, num_permutations=PERMUTATIONS)
        rejected += found.is_rejected
    share = proportion(rejected, rounds)
    return (
        f"{rounds:,} draws of {num} and {pool} from one population: {100 * share.value:.1f} % rejected "
        f"[{100 * share.low:.1f}, {100 * share.high:.1f}]."
    )


def main() -> None:
    """Print the table."""
    begin = time.process_time()
    head = ["shift", "n", "AUROC of the best classifier", "AUROC found", "told as detectable", "rejected"]
    rows = [row(shift, num) for shift in SHIFTS for num in SIZES]
    print(f"{table(head, rows)}\n\n{false_alarms()}\n")
    print(f"{ROUNDS} draws a row; CPU {time.process_time() - begin:.0f} s; {environment()}")


if __name__ == "__main__":
    main()
