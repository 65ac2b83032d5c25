"""Realised error of thresholds where images come in groups: all calibration images against one of each group.

Groups share an effect on whether their images are right: with "whole groups" a group is right or wrong as a whole, with
"group effect" it shifts the log odds. k groups calibrate, 200 others are the pool. `python
benchmarks/guarantees_groups.py` prints the Markdown that stands in docs/BENCHMARKS.md.
"""

from collections.abc import Callable

import numpy as np

from benchmarks.report import environment, table
from core.base.types import Ids, Mask, PerImage
from core.data.groups.group_numbers import one_per_group
from core.risk.risk_control import conformal_threshold, high_probability_threshold

DRAWS, POOL_GROUPS, DELTA = 300, 200, 0.1
World = tuple[Ids, PerImage, Mask]


def whole_groups(sizes: Ids, rng: np.random.Generator) -> World:
    """Groups that are right or wrong as a whole: 15 % are wrong at the middle, fewer where the model is sure."""
    groups = np.repeat(np.arange(len(sizes)), sizes)
    own = rng.normal(0, 1, len(sizes))
    sure = own[groups] + 0.3 * rng.normal(0, 1, len(groups))
    is_wrong = rng.random(len(sizes)) < 0.3 / (1 + np.exp(0.5 * own))
    return groups, _confidence(sure), ~is_wrong[groups]


def group_effect(sizes: Ids, rng: np.random.Generator) -> World:
    """Groups whose effect shifts the log odds of being right, standard deviation 4."""
    groups = np.repeat(np.arange(len(sizes)), sizes)
    sure = 3 + rng.normal(0, 1, len(groups))
    odds = sure + rng.normal(0, 4, len(sizes))[groups]
    return groups, _confidence(sure), rng.random(len(groups)) < 1 / (1 + np.exp(-odds))


def independent(sizes: Ids, rng: np.random.Generator) -> World:
    """Images whose group says nothing."""
    groups = np.repeat(np.arange(len(sizes)), sizes)
    sure = 2 + rng.normal(0, 1.5, len(groups))
    return groups, _confidence(sure), rng.random(len(groups)) < 1 / (1 + np.exp(-sure))


def _confidence(sure: np.ndarray) -> PerImage:
    return np.asarray(1 / (1 + np.exp(-sure)), dtype=np.float32)


WORLDS: dict[str, Callable[[Ids, np.random.Generator], World]] = {
    "whole groups": whole_groups,
    "group effect": group_effect,
    "no effect": independent,
}


def outcome(world: World, num: int, target: float) -> list[float]:
    """Error and coverage of all images and of one per group; on average, then with high probability.

    Args:
        world: Groups 0 to num - 1 calibrate, the others are the pool.
        num: Groups that calibrate.
        target: Target error.

    Returns:
        Eight numbers: error, coverage for each; the error counts each group of the pool the same for one per group.
    """
    groups, sure, is_right = world
    ids, known = np.arange(len(groups)), groups < num
    pool, cal = ids[~known], ids[known]
    one_pool, one_cal = (part[one_per_group(part, groups[part])] for part in (pool, cal))
    found = []
    for find in (conformal_threshold, high_probability_threshold):
        for some_pool, some_cal in ((pool, cal), (one_pool, one_cal)):
            threshold = find(sure[some_pool], sure[some_cal], is_right[some_cal], target).threshold
            kept = sure[pool] >= np.float32(np.inf if threshold is None else threshold)
            wrong = float((~is_right[pool][kept]).mean()) if kept.any() else 0.0
            found += [wrong, float(kept.mean())]
    return found


def row(name: str, num: int, size: int, target: float, rng: np.random.Generator, *, uneven: bool = False) -> list[str]:
    """One row: 300 draws of calibration groups and pool."""
    rows = []
    for _ in range(DRAWS):
        sizes = np.full(num + POOL_GROUPS, size)
        if uneven:
            sizes = np.clip(rng.geometric(1 / size, num + POOL_GROUPS), 1, 10 * size)
        rows.append(outcome(WORLDS[name](sizes, rng), num, target))
    found = np.array(rows)
    mean, spread = found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(DRAWS)
    over = (found > target).mean(axis=0)
    cells = [f"{mean[i]:.4f} ± {spread[i]:.4f}" for i in (0, 2)]
    return [
        name, f"{num}", f"1–{10 * size}, mean {size}" if uneven else f"{size}", f"{target:.0%}",
        cells[0], "yes" if mean[0] <= target + 2 * spread[0] else "NO", f"{mean[1]:.2f}",
        cells[1], "yes" if mean[2] <= target + 2 * spread[2] else "NO", f"{mean[3]:.2f}",
        f"{over[4]:.0%}", f"{mean[5]:.2f}", f"{over[6]:.0%}", f"{mean[7]:.2f}",
    ]  # fmt: skip


def main() -> None:
    """Print the section."""
    rng = np.random.default_rng(0)
    head = ["groups", "k", "images of each", "target", "all images: error", "kept", "coverage", "one of each: error",
            "kept", "coverage", "LTT all: over target", "coverage", "LTT one: over target", "coverage"]  # fmt: skip
    rows = [
        *(row("whole groups", num, 20, 0.1, rng) for num in (10, 20, 60, 200)),
        row("whole groups", 60, 20, 0.1, rng, uneven=True),
        *(row("group effect", num, 20, 0.1, rng) for num in (20, 60, 200)),
        *(row("no effect", num, 20, 0.1, rng) for num in (20, 60)),
    ]
    print(f"## Groups (`python benchmarks/guarantees_groups.py`)\n\n{table(head, rows)}\n\n{environment()}")


if __name__ == "__main__":
    main()
