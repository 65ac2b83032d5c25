"""Realised error against the asked one where the assumption holds and where it breaks, before and after the repair.

A kernel ridge head on handcrafted features of Fashion-MNIST scores everything once; a draw is a choice of calibration
images and of a pool. Before the repair calibration images come from the given labels, after it from the pool itself.
Rows: exchangeable, another scene (stripes of other directions), another class mix, duplicates (calibration images that
are near twins of images that train), wrong calibration labels; each at three sizes. Beside: the plug-in threshold, and
cleanlab's estimate of wrong labels among the suggestions. `python -m benchmarks.guarantees_shifts` prints the Markdown
that stands in docs/BENCHMARKS.md; with `--out FILE` each finished draw is a line of the file, and a program that was
stopped goes on where it stopped. `--kinds blur` measures one row.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from cleanlab.filter import find_label_issues
from numpy.typing import NDArray

from benchmarks.finished_rows import FinishedRows
from benchmarks.guarantees_pool import LEVEL, MIX, Rows, variants
from benchmarks.guarantees_simulated import outcome
from benchmarks.label_issues import LOOK_ALIKES, held_out
from benchmarks.report import environment, table
from core.base.types import Ids, Labels, Mask, PerImage, Pixels
from core.data.datasets import fashion_mnist
from core.features.handcrafted.gradients import hog
from core.heads.fit import fit_head
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import HeadSettings
from core.risk.error_estimates import proportion, threshold_for_error
from core.risk.risk_control import conformal_threshold, high_probability_threshold
from core.risk.shift.class_mix import class_mix_weights, item_weights
from core.risk.shift.two_sample import two_sample_test
from core.risk.shift.weighted_threshold import weighted_conformal_threshold
from core.scoring.calibration import fit_temperature
from core.scoring.scores import confidence, probabilities

DRAWS, TESTED = 300, 50
IMAGES, LABELED, VAL, POOL, COMPARED = 20_000, 1_000, 500, 5_000, 800
SIZES, RISK = (60, 200, 600), 0.1
TWINS = 0.7
"""Share of the calibration images that are near twins of images that train, in the rows of duplicates."""


@dataclass(frozen=True)
class Scored:
    """Images that a head has scored; rows that train or choose the temperature are not among them."""

    features: Rows  # (M, D) of more images
    ids: Ids  # (N,) rows of these
    probs: NDArray[np.float32]  # (N, K)
    truth: Labels  # (N,)

    @property
    def rows(self) -> Rows:
        """Features, (N, D)."""
        return self.features[self.ids]

    @property
    def sure(self) -> PerImage:
        """Confidence, (N,)."""
        return confidence(self.probs)

    @property
    def guess(self) -> Labels:
        """Suggested classes, (N,)."""
        return np.asarray(self.probs.argmax(axis=1))

    def at(self, ids: Ids) -> "Scored":
        """Some of the images."""
        return Scored(self.features, self.ids[ids], self.probs[ids], self.truth[ids])


@dataclass(frozen=True)
class Kind:
    """One kind of difference between calibration images and pool.

    Attributes:
        name: As the table shows it.
        given: Images from which the given labels' calibration images are drawn.
        pool: Images from which pools are drawn.
        val: Images of the given labels that neither train nor calibrate.
        twins: Near twins of images that train, which stand for TWINS of the calibration images; None without.
        wrong: Share of wrong calibration labels, [0, 1].
        look_alike: Whether they are wrong by the class that it is most easily taken for.
    """

    name: str
    given: Scored
    pool: Scored
    val: Scored
    twins: Scored | None = None
    wrong: float = 0.0
    look_alike: bool = False


def kinds(pixels: Pixels, labels: Labels, wanted: Sequence[str]) -> list[Kind]:
    """Train the heads and score every kind, or some of them, once."""
    has_scenes = not wanted or "scene shift" in wanted
    has_blur = not wanted or "blur" in wanted
    others = (*(("blur",) if has_blur else ()), *(("own scenes", "scenes") if has_scenes else ()))
    features = variants(pixels, labels, ("same", *others))
    order = np.random.default_rng(1).permutation(len(labels))
    train, val, rest = order[:LABELED], order[LABELED : LABELED + VAL], order[LABELED + VAL :]

    def scored(source: str) -> dict[str, Scored]:
        none = np.empty(0, dtype=np.int64)
        known = HeadLabels(train, labels[train], np.ones(LABELED, np.float32), none, none, 10)
        head = fit_head(features[source], known, HeadSettings())
        twins = np.clip(pixels[train] + np.random.default_rng(2).normal(0, 4, pixels[train].shape), 0, 255)
        values = {name: rows for name, rows in features.items() if name in (source, "scenes", "blur")}
        parts = {name: (rows[rest], labels[rest]) for name, rows in values.items()}
        parts["val"] = features[source][val], labels[val]
        parts["twins"] = hog(twins.astype(np.uint8), 28, 4), labels[train]
        heat = fit_temperature(head.logits(parts["val"][0]), labels[val])
        return {
            name: Scored(rows, np.arange(len(rows)), probabilities(head.logits(rows), heat), truth)
            for name, (rows, truth) in parts.items()
        }

    plain = scored("same")
    same, rng = plain["same"], np.random.default_rng(3)
    mixed = same.at(np.flatnonzero(rng.random(len(rest)) < MIX[labels[rest]] / MIX.max()))
    exchangeable = Kind("exchangeable", same, same, plain["val"])
    found = [
        exchangeable,
        Kind("class-mix shift", same, mixed, plain["val"]),
        replace(exchangeable, name=f"duplicates, {TWINS:.0%} of calibration", twins=plain["twins"]),
        replace(exchangeable, name="1 % wrong calibration labels", wrong=0.01),
        replace(exchangeable, name="5 % wrong calibration labels", wrong=0.05),
        replace(exchangeable, name="5 % wrong, by look-alikes", wrong=0.05, look_alike=True),
    ]
    if has_blur:
        found.insert(1, Kind("blur", same, plain["blur"], plain["val"]))
    if has_scenes:
        own = scored("own scenes")
        found.insert(1, Kind("scene shift", own["own scenes"], own["scenes"], own["val"]))
    return [kind for kind in found if not wanted or kind.name in wanted]


def answered(items: Scored, kind: Kind, rng: np.random.Generator) -> Labels:
    """Labels of calibration images as a person gives them, some of them wrong."""
    labels = items.truth.copy()
    for row in np.flatnonzero(rng.random(len(labels)) < kind.wrong):
        old = int(labels[row])
        labels[row] = LOOK_ALIKES[old] if kind.look_alike else (old + rng.integers(1, 10)) % 10
    return labels


def calibration_images(kind: Kind, ids: Ids, rng: np.random.Generator) -> Scored:
    """Calibration images of the given labels."""
    items = kind.given.at(ids)
    if kind.twins is None:
        return items
    num = round(TWINS * len(ids))
    twins = kind.twins.at(rng.permutation(len(kind.twins.truth))[:num])
    items = items.at(np.arange(num, len(ids)))
    features = np.concatenate([twins.rows, items.rows])
    probs, truth = np.concatenate([twins.probs, items.probs]), np.concatenate([twins.truth, items.truth])
    return Scored(features, np.arange(len(ids)), probs, truth)


def issues(pool: Scored) -> Mask:
    """Suggestions that cleanlab takes for wrong labels, (N,), by a head cross-validated on the suggestions."""
    probs = held_out(pool.rows, pool.guess, "kernel_ridge", 0).astype(np.float64)
    probs /= probs.sum(axis=1, keepdims=True)
    return np.asarray(find_label_issues(pool.guess, probs, filter_by="confident_learning", n_jobs=1))


def draw(kind: Kind, num: int, target: float, is_issue: Mask, seed: int, tested: int) -> dict[str, float]:
    """One draw of num calibration images and a pool: error and coverage of each form."""
    rng = np.random.default_rng([seed, num])
    is_apart = len(kind.pool.truth) != len(kind.given.truth)  # a pool thinned by class: its rows are other images
    drawn = rng.permutation(len(kind.pool.truth))
    pool_ids, items_ids = drawn[:POOL], drawn[POOL : POOL + num]
    items = calibration_images(kind, rng.permutation(len(kind.given.truth))[:num] if is_apart else items_ids, rng)
    pool = kind.pool.at(pool_ids)
    sure, is_right = pool.sure, pool.guess == pool.truth
    given, guess = answered(items, kind, rng), items.guess
    known = (items.sure, guess == given)
    weights = class_mix_weights(guess, given, pool.guess, 10)
    found = {
        "before": conformal_threshold(sure, *known, target).threshold,
        "before, risk": high_probability_threshold(sure, *known, target, RISK).threshold,
        "plug-in": threshold_for_error(*known, target),
        "weights": weighted_conformal_threshold(sure, *known, item_weights(given, weights), target).threshold,
        "cleanlab": threshold_for_error(sure, ~is_issue[pool_ids], target),
        "oracle": threshold_for_error(sure, is_right, target),
    }
    facts = {f"{name} {what}": value for name, threshold in found.items()
             for what, value in zip(("error", "kept"), outcome(sure, is_right, threshold), strict=True)}  # fmt: skip
    asked, rest = np.arange(num), np.arange(num, POOL)  # the pool is in random order
    answers = answered(pool.at(asked), kind, rng) == pool.guess[asked]
    for name, threshold in (
        ("after", conformal_threshold(sure[rest], sure[asked], answers, target).threshold),
        ("after, risk", high_probability_threshold(sure[rest], sure[asked], answers, target, RISK).threshold),
        ("after, plug-in", threshold_for_error(sure[asked], answers, target)),
    ):
        facts[f"{name} error"], facts[f"{name} kept"] = outcome(sure[rest], is_right[rest], threshold)
    if seed < tested and not kind.wrong:  # the check does not read the calibration labels
        facts["rejected"] = is_rejected(kind, items, pool)
    return facts


def is_rejected(kind: Kind, items: Scored, pool: Scored) -> bool:
    """Whether the pool check withdraws the number: by features or by scores, each at half the level."""
    some = pool.at(np.arange(COMPARED))
    rows = np.concatenate([items.rows, kind.val.rows])[:500]
    pairs = [
        (np.column_stack([part.probs, part.sure]) for part in (items.at(np.arange(min(500, len(items.truth)))), some))
    ]
    return any(
        two_sample_test(a, b, level=LEVEL, num_permutations=199).is_rejected for a, b in [*pairs, (rows, some.rows)]
    )


def cells(kind: Kind, num: int, found: list[dict[str, float]], target: float) -> list[str]:
    """One row of the table."""

    def of(name: str) -> NDArray[np.float64]:
        return np.array([draw[name] for draw in found if name in draw], dtype=np.float64)

    def average(form: str) -> str:
        error = of(f"{form} error")
        half = 1.96 * float(error.std(ddof=1)) / np.sqrt(len(error))
        is_broken = error.mean() - half > target
        text = f"{100 * error.mean():.1f} ± {100 * half:.1f}"
        return f"**{text}**, {share(form)}" if is_broken else f"{text}, {share(form)}"

    def share(form: str) -> str:
        return f"{of(f'{form} kept').mean():.0%}"

    def over(form: str) -> str:
        error = of(f"{form} error")
        some = proportion(int((error > target).sum()), len(error))
        text = f"{100 * some.value:.0f} [{100 * some.low:.0f}, {100 * some.high:.0f}]"
        return f"**{text}**, {share(form)}" if some.low > RISK else f"{text}, {share(form)}"

    def rejects() -> str:
        if kind.wrong:
            return "as exchangeable"
        some = proportion(int(of("rejected").sum()), len(of("rejected")))
        return f"{100 * some.value:.0f} [{100 * some.low:.0f}, {100 * some.high:.0f}]"

    return [
        kind.name, f"{num}", rejects(), average("before"), over("before, risk"), average("plug-in"),
        average("cleanlab"), average("weights"), average("after"), over("after, risk"),
        average("after, plug-in"), share("oracle"),
    ]  # fmt: skip


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=float, default=0.05)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--tested", type=int, default=TESTED, help="draws in which the pool check is made")
    parser.add_argument("--kinds", nargs="*", help="rows of these names alone")
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--out", type=Path, help="file of finished draws, one a line: go on where it stopped")
    asked, begin = parser.parse_args(), time.process_time()
    settings = {"images": IMAGES, "labeled": LABELED, "pool": POOL, "target": asked.target, "tested": asked.tested}
    finished = FinishedRows(asked.out, settings)
    images = fashion_mnist()
    found = kinds(images.pixels[:IMAGES], np.asarray(images.labels[:IMAGES]), asked.kinds or ())
    head = ["calibration and pool", "n", "check rejects", "before: error, kept", "before, risk 10 %: over, kept",
            "plug-in", "cleanlab", "class-mix weights", "after: error, kept",
            "after, risk 10 %: over, kept", "plug-in after", "oracle keeps"]  # fmt: skip
    print(table(head, []), flush=True)
    known: dict[int, Mask] = {}  # kinds with the same pool share cleanlab's answer
    for kind in found:
        if id(kind.pool) not in known:
            known[id(kind.pool)] = issues(kind.pool)
        is_issue = known[id(kind.pool)]
        for num in asked.sizes:
            draws = [
                finished.of(
                    f"{kind.name}/{num}/{seed}", partial(draw, kind, num, asked.target, is_issue, seed, asked.tested)
                )
                for seed in range(asked.draws)
            ]
            print(f"| {' | '.join(cells(kind, num, draws, asked.target))} |", flush=True)
    right = {kind.name: f"{(kind.pool.guess == kind.pool.truth).mean():.1%}" for kind in found}
    print(f"\nRight suggestions in the pool: {right}; CPU {time.process_time() - begin:.0f} s; {environment()}")


if __name__ == "__main__":
    main()
