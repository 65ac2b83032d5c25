"""Check the guarantees on simulated scores.

Realised error, coverage beside an oracle, false certificates, answers needed, speed.
Scores are simulated: a model that is right on 94.6 % of images and overconfident.
`python benchmarks/guarantees_simulated.py` prints the Markdown that stands in docs/BENCHMARKS.md.
"""

import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import environment, table
from core.base.types import Mask, PerImage
from core.curation import query_strategies
from core.risk import audit_certificate, risk_control
from core.risk.error_estimates import threshold_for_error
from core.scoring.ood import conformal_p_values

DRAWS, POOL = 300, 20_000
ROUNDS, SIZE = 1_000, 5_000


def draw(num: int, rng: np.random.Generator) -> tuple[PerImage, Mask]:
    """Confidence of an overconfident model on num images, and whether it is right."""
    is_right = rng.random(num) < 0.946
    strength = np.where(is_right, rng.normal(4.5, 1.8, num), rng.normal(1.2, 1.4, num))
    return (1 / (1 + np.exp(-strength))).astype(np.float32), is_right


def outcome(pool: PerImage, is_right: Mask, threshold: float | None) -> tuple[float, float]:
    """Error and coverage that a threshold really has on the pool."""
    if threshold is None:
        return 0.0, 0.0
    kept = pool >= np.float32(threshold)
    return float((~is_right[kept]).mean()) if kept.any() else 0.0, float(kept.mean())


def oracle(pool: PerImage, is_right: Mask, target: float) -> float:
    """Coverage of the lowest threshold whose true error on the pool meets the target."""
    return outcome(pool, is_right, threshold_for_error(pool, is_right, target))[1]


def target_error(target: float, num: int, rng: np.random.Generator) -> list[str]:
    """One row: conformal selection, the plug-in beside it, and Learn then Test."""
    rows = []
    for _ in range(DRAWS):
        (pool, is_right), (sure, is_known_right) = draw(POOL, rng), draw(num, rng)
        thresholds = (
            risk_control.conformal_threshold(pool, sure, is_known_right, target).threshold,
            threshold_for_error(sure, is_known_right, target),
            risk_control.high_probability_threshold(pool, sure, is_known_right, target).threshold,
        )
        rows.append([oracle(pool, is_right, target), *(x for one in thresholds for x in outcome(pool, is_right, one))])
    found: NDArray[np.float64] = np.array(rows)
    mean, spread = found.mean(axis=0), 2 * found.std(axis=0, ddof=1) / np.sqrt(DRAWS)
    over = (found > target).mean(axis=0)
    is_kept = "yes" if mean[1] <= target + spread[1] else "NO"
    return [
        f"{target:.0%}", f"{num:,}", f"{mean[1]:.4f} ± {spread[1]:.4f}", is_kept,
        f"{mean[2]:.3f}", f"{mean[0]:.3f}", f"{mean[3]:.4f}", f"{over[3]:.0%}", f"{over[1]:.0%}", f"{mean[6]:.3f}",
        f"{over[5]:.0%}",
    ]  # fmt: skip


def false_certificates(target: float, rng: np.random.Generator, most: int = 600) -> list[str]:
    """One row: how often a set whose truth is target - .001 is certified when one looks after every answer."""
    truth, refuted, false = round((target - 0.001) * SIZE), audit_certificate.highest_refuted(SIZE, target), 0
    for _ in range(ROUNDS):
        false += first_certified(rng.permutation(np.arange(SIZE) < truth)[:most], refuted) is not None
    return [f"{target - 0.001:.3f}", f"{target:.2f}", f"{false / ROUNDS:.1%}", f"{ROUNDS:,}"]


def answers_needed(truth: float, target: float, rng: np.random.Generator) -> list[str]:
    """One row: the median number of answers until a set of that truth is certified, with its quartiles."""
    refuted = audit_certificate.highest_refuted(SIZE, target)
    found = [first_certified(rng.permutation(np.arange(SIZE) < round(truth * SIZE)), refuted) for _ in range(DRAWS)]
    low, middle, high = np.percentile([number or SIZE for number in found], [25, 50, 75])
    return [f"{truth:.3f}", f"{target:.2f}", f"{middle:.0f} [{low:.0f}, {high:.0f}]", f"{DRAWS}"]


def first_certified(answers: Mask, refuted: int, alpha: float = 0.05) -> int | None:
    """Number of answers after which "at most `refuted` are right" is refuted; None where it never is."""
    for number, right in enumerate(np.cumsum(answers).tolist(), start=1):
        if answers[number - 1] and audit_certificate.log_evidence(SIZE, right, number - right, refuted) >= -np.log(
            alpha
        ):
            return number
    return None


def speed(size: int, rng: np.random.Generator) -> list[list[str]]:
    """Rows: milliseconds of each function on `size` scores, best of three."""
    pool, _ = draw(size, rng)
    sure, is_right = draw(1_000, rng)
    labels, known_labels = rng.integers(0, 10, size), rng.integers(0, 10, 1_000)
    answers, everything = rng.random(300) < 0.99, np.ones(size, dtype=np.bool_)
    work: dict[str, Callable[[], object]] = {
        "conformal threshold": lambda: risk_control.conformal_threshold(pool, sure, is_right, 0.02),
        "conformal threshold per class": lambda: risk_control.conformal_thresholds_per_class(
            pool, labels, sure, known_labels, is_right, 0.02, 10
        ),
        "Learn then Test": lambda: risk_control.high_probability_threshold(pool, sure, is_right, 0.05),
        "certificate, 300 answers": lambda: audit_certificate.certificate(answers, size),
        "conformal p values": lambda: conformal_p_values(pool, sure),
        "audit draws, 1,000": lambda: query_strategies.audit(everything, 1_000, rng),
        "mixed queue, 1,000": lambda: query_strategies.mixed(pool, everything, 1_000, rng),
    }
    return [[name, f"{size:,}", f"{milliseconds(function):,.0f}"] for name, function in work.items()]


def milliseconds(function: Callable[[], object]) -> float:
    """The shortest of three runs."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1_000 * min(times)


def main() -> None:
    """Print the section."""
    rng = np.random.default_rng(0)
    head = ["target", "n", "realised error", "kept", "coverage", "oracle", "plug-in error", "plug-in over target",
            "conformal over target", "LTT coverage", "LTT over target"]  # fmt: skip
    rows = [target_error(target, num, rng) for target in (0.01, 0.02, 0.05) for num in (200, 500, 1_000)]
    print(f"## Guarantees, simulated (`python benchmarks/guarantees_simulated.py`)\n\n{table(head, rows)}\n")
    false = [false_certificates(target, rng) for target in (0.9, 0.95, 0.98)]
    print(table(["truth", "target", "falsely certified", "rounds"], false), "\n")
    needed = [answers_needed(truth, target, rng) for truth, target in ((0.99, 0.95), (0.995, 0.98))]
    print(table(["truth", "target", "answers, median [quartiles]", "rounds"], needed), "\n")
    sizes = [1_000_000] if "--fast" in sys.argv else [1_000_000, 10_000_000]
    print(table(["what", "scores", "ms"], [row for size in sizes for row in speed(size, rng)]))
    print(f"\n{environment()}")


if __name__ == "__main__":
    main()
