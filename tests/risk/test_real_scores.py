"""Guarantees hold on real scores of Fashion-MNIST.

8,000 pool images, scored by a small CNN that was trained on 10,000 labels (90.0 % right). The scores are those of
`benchmarks/guarantees_fashion_mnist.py`, which draws from all 49,500; confidence is rounded to float16.
"""

from pathlib import Path

import numpy as np
import pytest

from core.risk.error_estimates import threshold_for_error
from core.risk.risk_control import conformal_threshold

DRAWS, POOL = 300, 7000


@pytest.fixture(scope="module")
def scores() -> tuple[np.ndarray, np.ndarray]:
    with np.load(Path(__file__).with_name("fashion_mnist_scores.npz")) as file:
        return file["confidence"].astype(np.float32), file["is_right"]


def drawn(scores: tuple[np.ndarray, np.ndarray], target: float, num: int) -> np.ndarray:
    """Return (DRAWS, 4) results of random calibration draws.

    The columns are error and coverage of conformal selection, error of the plug-in threshold, coverage of the oracle.
    """
    confidence, is_right = scores
    rng, rows = np.random.default_rng(0), []
    for _ in range(DRAWS):
        order = rng.permutation(len(is_right))
        pool, known = order[:POOL], order[POOL : POOL + num]
        found = []
        for threshold in (
            conformal_threshold(confidence[pool], confidence[known], is_right[known], target).threshold,
            threshold_for_error(confidence[known], is_right[known], target),
            threshold_for_error(confidence[pool], is_right[pool], target),
        ):
            kept = confidence[pool] >= np.float32(np.inf if threshold is None else threshold)
            found.append((float((~is_right[pool][kept]).mean()) if kept.any() else 0.0, float(kept.mean())))
        rows.append([*found[0], found[1][0], found[2][1]])
    return np.array(rows)


@pytest.mark.parametrize("target", [0.01, 0.02, 0.05])
@pytest.mark.parametrize("num", [200, 500, 1000])
def test_conformal_selection_keeps_its_target_on_real_scores(
    scores: tuple[np.ndarray, np.ndarray], target: float, num: int
) -> None:
    error = drawn(scores, target, num)[:, 0]
    assert error.mean() <= target + 2 * error.std(ddof=1) / np.sqrt(DRAWS)


def test_the_plug_in_threshold_breaks_the_same_target_on_real_scores(scores: tuple[np.ndarray, np.ndarray]) -> None:
    rows = drawn(scores, 0.02, 500)
    plug_in = rows[:, 2]
    assert plug_in.mean() > 0.02 + 2 * plug_in.std(ddof=1) / np.sqrt(DRAWS)
    assert (plug_in > 0.02).mean() > (rows[:, 0] > 0.02).mean()


def test_coverage_is_near_the_oracles(scores: tuple[np.ndarray, np.ndarray]) -> None:
    rows = drawn(scores, 0.02, 500)
    assert rows[:, 1].mean() >= rows[:, 3].mean() - 0.03
