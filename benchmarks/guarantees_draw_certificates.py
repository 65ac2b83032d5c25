"""Certificates from the answers to a pool draw, for sets that were fixed before and for sets that the answers chose.

Scores are simulated: a model that is right on 85 % of images and overconfident. Beside the bound that holds for all
sets at once stands the audit's formula on the same answers, which holds for a set fixed before them alone.
`python -m benchmarks.guarantees_draw_certificates` prints the Markdown that stands in docs/BENCHMARKS.md.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import environment, table
from core.base.types import Mask, PerImage
from core.risk.audit_certificate import certified_count
from core.risk.error_estimates import proportion
from core.risk.risk_control import conformal_threshold
from core.risk.shift.draw_bound import draw_bound

DRAWS, POOL, ALPHA, FIXED = 300, 5_000, 0.05, 0.9
Choice = Callable[[PerImage, PerImage, Mask], float | None]


def scores(rng: np.random.Generator) -> tuple[PerImage, Mask]:
    """Confidence of an overconfident model on the pool, and whether it is right."""
    is_right = rng.random(POOL) < 0.85
    strength = np.where(is_right, rng.normal(4.0, 2.0, POOL), rng.normal(1.8, 1.6, POOL))
    return (1 / (1 + np.exp(-strength))).astype(np.float32), is_right


def best_looking(_pool: PerImage, known: PerImage, is_right: Mask) -> float | None:
    """Threshold at which the answers look best for their number."""
    falling = np.argsort(-known)
    count = np.arange(1, len(known) + 1)
    value = np.cumsum(is_right[falling]) / count - np.sqrt(0.5 / count)
    return float(known[falling[int(value.argmax())]])


CHOICES: dict[str, Choice] = {
    "fixed before the answers": lambda _pool, _known, _right: FIXED,
    "target error 10 %, same answers": lambda pool, known, right: (
        conformal_threshold(pool, known, right, 0.1).threshold
    ),
    "looks best in the same answers": best_looking,
}


def one(name: str, num: int, seed: int) -> NDArray[np.float64] | None:
    """Share right of one chosen set, and the shares that each formula proves; None where nothing is kept."""
    rng = np.random.default_rng([seed, num])
    confidence, is_right = scores(rng)
    answered = rng.permutation(POOL)[:num]
    threshold = CHOICES[name](confidence, confidence[answered], is_right[answered])
    if threshold is None:
        return None
    kept = confidence >= np.float32(threshold)
    size = int(kept.sum())
    bound = draw_bound(confidence, kept, answered, is_right[answered], ALPHA)
    alone = certified_count(is_right[answered[kept[answered]]], size, ALPHA)
    return np.array([size / POOL, is_right[kept].mean(), bound.num_proven / size, alone / size])


def row(name: str, num: int) -> list[str]:
    """One row of the table."""
    found = np.array([facts for seed in range(DRAWS) if (facts := one(name, num, seed)) is not None])
    kept, truth, bound, alone = np.median(found, axis=0)

    def false(column: int) -> str:
        some = proportion(int((found[:, column] > found[:, 1]).sum()), len(found))
        text = f"{100 * some.value:.1f} [{100 * some.low:.1f}, {100 * some.high:.1f}]"
        return f"**{text}**" if some.low > ALPHA else text

    return [name, f"{num:,}", f"{len(found)}", f"{kept:.0%}", f"{100 * truth:.1f}", false(2), f"{100 * bound:.1f}",
            false(3), f"{100 * alone:.1f}"]  # fmt: skip


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, nargs="+", default=[100, 300, 1_000])
    asked, begin = parser.parse_args(), time.process_time()
    head = ["the set", "answers", "draws", "keeps", "right %", "all sets at once: false %", "proves %",
            "audit formula: false %", "proves %"]  # fmt: skip
    print(table(head, [row(name, num) for name in CHOICES for num in asked.answers]))
    print(f"\nRisk {ALPHA:.0%}, medians. CPU {time.process_time() - begin:.0f} s; {environment()}")


if __name__ == "__main__":
    main()
