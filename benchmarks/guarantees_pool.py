"""Is the pool like the labels, and does calibrating on the pool keep the error? Simulated projects on real images.

    python -m benchmarks.guarantees_pool [VARIANT …]

Each project draws labeled, val and calibration images from the demo's 10,000 Fashion-MNIST images, and its pool from
the same images, from other scenes (stripes before the picture), blurred, noisy, or of another class mix; for "new
scenes" the labeled images of each class have stripes of one direction. A kernel ridge head on handcrafted features
suggests. Counted: how often the pool check rejects; realised error of what a target error of 10 % accepts, with
calibration images of the labels and with answers about the pool itself.
"""

import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from benchmarks.report import environment, table
from core.base.types import Labels, Pixels
from core.data.datasets import DATASETS
from core.features.handcrafted.gradients import hog
from core.heads.fit import head_logits
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import HeadSettings
from core.risk.risk_control import conformal_threshold, high_probability_threshold
from core.risk.shift.calibration_size import answers_needed
from core.risk.shift.class_mix import class_mix_weights, item_weights, thinned
from core.risk.shift.two_sample import two_sample_test
from core.risk.shift.weighted_threshold import weighted_conformal_threshold
from core.scoring.calibration import fit_temperature
from core.scoring.scores import confidence, probabilities

PROJECTS, TESTED = 200, 60
LABELED, VAL, CALIBRATION, POOL = 240, 90, 120, 2_500
TARGET, RISK, LEVEL = 0.1, 0.05, 0.025
MIX = np.array([3.0, 0.3, 2.0, 0.5, 0.3, 1.0, 3.0, 1.0, 0.3, 0.3])
VARIANTS = ("same", "scenes", "blur", "noise", "class mix", "new scenes")

Rows = NDArray[np.float32]


def variants(images: Pixels, labels: Labels, wanted: Sequence[str] = ()) -> dict[str, Rows]:
    """Features (N, D) of each variant of images (N, 28, 28, 1) of 10 classes, or of some variants."""
    pixels, rng = np.asarray(images).astype(np.float32), np.random.default_rng(0)
    y, x = np.mgrid[:28, :28]
    angle, phase = rng.uniform(0, np.pi, (2, len(pixels), 1, 1))
    own = np.where(rng.random(len(pixels)) < 0.05, angle.ravel(), labels * np.pi / 10)[:, None, None]

    def stripes(angle: NDArray[np.float64]) -> NDArray[np.float64]:
        waves = np.sin((np.cos(angle) * x + np.sin(angle) * y) * 0.9 + 2 * phase)
        return np.asarray(np.maximum(60 * waves, 0)[..., None])

    changed: dict[str, NDArray[Any]] = {
        "same": pixels,
        "scenes": pixels + stripes(angle),
        "own scenes": pixels + stripes(own),
        "blur": gaussian_filter(pixels, (0, 1.0, 1.0, 0)),
        "noise": pixels + rng.normal(0, 20, pixels.shape),
    }
    found = {
        name: hog(np.clip(values, 0, 255).astype(np.uint8), 28, 4)
        for name, values in changed.items()
        if name in wanted or not wanted
    }
    if wanted:
        return found
    return found | {"class mix": found["same"], "new scenes": found["scenes"]}


def project(features: dict[str, Rows], labels: Labels, name: str, seed: int) -> dict[str, float]:
    """Simulate one project."""
    rng = np.random.default_rng([seed, VARIANTS.index(name)])
    order = rng.permutation(len(labels))
    given, rest = order[: LABELED + VAL + CALIBRATION], order[LABELED + VAL + CALIBRATION :]
    if name == "class mix":
        rest = rest[rng.random(len(rest)) < MIX[labels[rest]] / MIX.max()]
    pool = rest[:POOL]
    source = features["own scenes" if name == "new scenes" else "same"]
    rows = np.concatenate([source[given], features[name][pool]])
    known, truth = labels[given], labels[pool]
    none = np.empty(0, dtype=np.int64)
    taught = HeadLabels(np.arange(LABELED), known[:LABELED], np.ones(LABELED, np.float32), none, none, 10)
    logits = head_logits(rows, taught, HeadSettings())
    val, items = slice(LABELED, LABELED + VAL), slice(LABELED + VAL, len(given))
    probs = probabilities(logits, fit_temperature(logits[val], known[val]))
    sure, guess = confidence(probs), probs.argmax(axis=1)
    is_right = guess[items] == known[items]
    pool_sure, pool_right = sure[len(given) :], guess[len(given) :] == truth
    before = conformal_threshold(pool_sure, sure[items], is_right, TARGET)
    found = _realised("before", before.threshold, pool_sure, pool_right)
    weights = item_weights(
        known[items], class_mix_weights(guess[LABELED : len(given)], known[LABELED:], guess[len(given) :], 10)
    )
    weighted = weighted_conformal_threshold(pool_sure, sure[items], is_right, weights, TARGET)
    found |= _realised("weighted", weighted.threshold, pool_sure, pool_right)
    for form, risk in (("average", None), ("high", RISK)):
        num = answers_needed(TARGET, len(pool), risk)
        drawn = np.isin(np.arange(len(pool)), rng.permutation(len(pool))[:num])
        facts = (pool_sure[~drawn], pool_sure[drawn], pool_right[drawn], TARGET)
        after = conformal_threshold(*facts) if risk is None else high_probability_threshold(*facts, risk)
        found |= _realised(form, after.threshold, pool_sure[~drawn], pool_right[~drawn])
    if seed < TESTED:
        a, b = rows[LABELED : len(given)][:210], rows[len(given) : len(given) + 800]
        scores = np.column_stack([probs, sure])
        first = two_sample_test(a, b, level=LEVEL, num_permutations=199)
        second = two_sample_test(
            scores[items], scores[len(given) : len(given) + 800], level=LEVEL, num_permutations=199
        )
        is_rejected = first.is_rejected or second.is_rejected
        found |= {"rejected": is_rejected, "auroc": first.auroc, "detectable": first.detectable}
        kept = np.flatnonzero(thinned(weights, rng)) + LABELED + VAL
        if is_rejected:
            again = [
                two_sample_test(values[kept], values[len(given) : len(given) + 800], level=LEVEL, num_permutations=199)
                for values in (rows, scores)
            ]
            found["class_mix"] = len(kept) >= 30 and not any(test.is_rejected for test in again)
    return found


def _realised(form: str, threshold: float | None, sure: Rows, is_right: NDArray[np.bool_]) -> dict[str, float]:
    keep = sure >= np.float32(2 if threshold is None else threshold)
    return {
        f"{form} error": float(1 - is_right[keep].mean()) if keep.any() else 0.0,
        f"{form} kept": float(keep.mean()),
    }


def main() -> None:
    """Print one row a variant, for docs/BENCHMARKS.md."""
    begin = time.process_time()
    images = DATASETS["demo"].load(None)
    labels = np.asarray(images.labels[:10_000])
    features = variants(images.pixels[:10_000], labels)
    head = ["pool", "rejected", "as class mix", "before: mean error, over target, kept", "weighted: mean error"]
    head += ["on the pool, average: mean error ± s.d., kept", "high probability: within target, kept"]
    print(table(head, []), flush=True)
    for name in sys.argv[1:] or VARIANTS:
        rows = [project(features, labels, name, seed) for seed in range(PROJECTS)]

        def of(key: str, rows: list[dict[str, float]] = rows) -> NDArray[np.float64]:
            return np.array([row[key] for row in rows if key in row], dtype=np.float64)

        mixes = f"{of('class_mix').mean():.0%}" if len(of("class_mix")) else "–"
        before, average, high = of("before error"), of("average error"), of("high error")
        print(
            f"| {name} | {of('rejected').mean():.1%} of {TESTED} (AUROC {of('auroc').mean():.2f}) | {mixes} | "
            f"{before.mean():.1%}, {(before > TARGET).mean():.0%}, {of('before kept').mean():.0%} | "
            f"{of('weighted error').mean():.1%} | {average.mean():.1%} ± {average.std():.1%}, "
            f"{of('average kept').mean():.0%} | {(high <= TARGET).mean():.1%}, {of('high kept').mean():.0%} |",
            flush=True,
        )
        if name == "same":
            print(f"detectable AUROC {of('detectable').mean():.3f}")
    numbers = f"{answers_needed(TARGET, POOL)} and {answers_needed(TARGET, POOL, RISK)}"
    print(f"answers {numbers}; CPU {time.process_time() - begin:.0f} s; {environment()}")


if __name__ == "__main__":
    main()
