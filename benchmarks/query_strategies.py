"""How many clicks each queue needs: test accuracy after 50, 100 and 200 clicks, the head refitted after every 20.

A simulated reviewer answers screens of 20 images by the true labels, or with errors. Every queue starts from the same
draws. Val says which queue would be chosen, test what it is worth; test is read for the table alone.

    python -m benchmarks.query_strategies [--sets demo stamps elpv] [--seeds 10] [--cache FOLDER] [--elpv FOLDER]
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.image_sets import Parts, draw, labeled_set
from benchmarks.report import environment, table
from core.base.types import Ids, Labels
from core.curation.query_strategies import AcquisitionInputs, typical_ids
from core.heads.fit import head_logits
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import HeadSettings
from core.scoring.calibration import fit_temperature
from core.scoring.scores import probabilities, score
from core.simulation.strategies import choose, simulated_answers

SCREEN, CLICKS = 20, 200
MEASURED = (50, 100, 200)
QUEUES = ("random", "margin", "entropy", "confidence", "mixed", "mixed_margin", "diverse", "badge")
"""mixed draws 30 % at random and else by entropy, mixed_margin else by margin; diverse is drawn once, at the start."""
MOST_POOL = 4_000
"""Images that a person could label; of a larger pool so many are drawn, to save time."""
DIRECTIONS = 64
"""Directions of largest variance in which diverse clusters a pool of MOST_POOL images, to save time."""
ARMS = (*((queue, 0.0) for queue in QUEUES), ("entropy", 0.05), ("margin", 0.05), ("mixed", 0.05))


@dataclass(frozen=True)
class Setting:
    """An image set and where it starts."""

    name: str
    image_set: str
    extractor: str
    per_class: int
    val: float
    test: float


SETTINGS = (
    Setting("demo, 100 labels", "demo", "hog", 10, 0.03, 0.15),
    Setting("demo, 500 labels", "demo", "hog", 50, 0.03, 0.15),
    Setting("stamps, 35 labels", "stamps", "efficientnet_lite0", 5, 0.15, 0.25),
    Setting("elpv, 20 labels", "elpv", "efficientnet_lite0", 10, 0.15, 0.30),
)


@dataclass
class Review:
    """One reviewer on one draw."""

    features: NDArray[np.float32]
    truth: Labels
    parts: Parts
    rng: np.random.Generator
    ids: Ids
    answers: Labels
    typical: Ids = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def num_classes(self) -> int:
        """K."""
        return int(self.truth.max()) + 1

    def fit(self, count: int | None = None) -> NDArray[np.float32]:
        """Calibrated logits (N, K) of a head on the first `count` labels."""
        nothing = np.empty(0, np.int64)
        ids = self.ids[:count]
        known = HeadLabels(ids, self.answers[:count], np.ones(len(ids), np.float32), nothing, nothing, self.num_classes)
        return head_logits(self.features, known, HeadSettings())

    def next_screen(self, queue: str, logits: NDArray[np.float32]) -> Ids:
        """The images of the next screen."""
        parts = self.parts
        open_ids = np.setdiff1d(parts.pool, self.ids)
        if queue == "diverse":
            return self.typical[~np.isin(self.typical, self.ids)][:SCREEN]
        heat = fit_temperature(logits[parts.val], self.truth[parts.val])
        scores, nothing = score(logits[open_ids], heat), np.zeros(len(open_ids), np.bool_)
        inputs = AcquisitionInputs(scores, ~nothing, nothing, 0.0, nothing)
        probs = probabilities(logits[open_ids], heat)
        return open_ids[choose(queue, inputs, SCREEN, self.rng, self.features[open_ids], probs).positions]

    def accuracy(self, logits: NDArray[np.float32], ids: Ids) -> float:
        """Share of some images that are named right."""
        return float((logits[ids].argmax(axis=1) == self.truth[ids]).mean())


def curve(review: Review, queue: str, error_rate: float) -> dict[int, tuple[float, float]]:
    """Val and test accuracy by the number of clicks."""
    parts, given = review.parts, len(review.ids)
    if queue == "diverse":
        ids = np.concatenate([parts.labeled, parts.pool])
        is_labeled = np.arange(len(ids)) < len(parts.labeled)
        seed = int(review.rng.integers(2**31))
        values = review.features[ids]
        if len(parts.pool) == MOST_POOL:
            values = values - values.mean(axis=0)
            values = values @ np.linalg.eigh(values.T @ values)[1][:, -DIRECTIONS:]
        review.typical = ids[typical_ids(values, is_labeled, ~is_labeled, CLICKS, seed)]
    found: dict[int, tuple[float, float]] = {}
    for clicks in range(0, CLICKS + 1, SCREEN):
        logits = review.fit()
        if clicks == 60:
            half = review.fit(given + 50)
            found[50] = review.accuracy(half, parts.val), review.accuracy(half, parts.test)
        found[clicks] = review.accuracy(logits, parts.val), review.accuracy(logits, parts.test)
        shown = review.next_screen(queue, logits)
        if not len(shown):
            break
        answers = simulated_answers(review.truth[shown], error_rate, review.num_classes, review.rng)
        review.ids, review.answers = np.concatenate([review.ids, shown]), np.concatenate([review.answers, answers])
    return found


def curves(setting: Setting, seeds: int, cache: Path, elpv: Path | None) -> dict[str, NDArray[np.float64]]:
    """By arm: accuracies (seeds, clicks, 2) of val and test."""
    images = labeled_set(setting.image_set, cache, elpv)
    values, found = images.features(setting.extractor), {}
    for queue, error_rate in ARMS:
        rows = []
        for seed in range(seeds):
            parts = draw(images.labels, seed, setting.per_class, val=setting.val, test=setting.test)
            used, parts = reduced(parts, np.random.default_rng(seed))
            rng, truth = np.random.default_rng([seed, 1]), images.labels[used]
            review = Review(values[used], truth, parts, rng, parts.labeled, truth[parts.labeled])
            rows.append([pair for _, pair in sorted(curve(review, queue, error_rate).items())])
        found[queue if error_rate == 0 else f"{queue}, 5 % wrong"] = np.array(rows)
        print(setting.name, queue, error_rate, np.array(rows)[:, -1].mean(axis=0).round(4), flush=True)
    return found


def reduced(parts: Parts, rng: np.random.Generator) -> tuple[Ids, Parts]:
    """Images that are used, and the parts among these, with a pool of at most MOST_POOL."""
    pool = rng.choice(parts.pool, min(MOST_POOL, len(parts.pool)), replace=False)
    used = np.sort(np.concatenate([parts.labeled, parts.val, pool, parts.test]))
    places = (np.searchsorted(used, ids) for ids in (parts.labeled, parts.val, np.sort(pool), parts.test))
    return used, Parts(*places)


def clicks_to_reach(clicks: NDArray[np.int64], accuracy: NDArray[np.float64], wanted: float) -> str:
    """The first number of clicks at which a mean curve reaches an accuracy, between two screens by a straight line."""
    above = np.flatnonzero(accuracy >= wanted)
    if not len(above):
        return "> 200"
    place = int(above[0])
    if place == 0:
        return "0"
    low, high = accuracy[place - 1], accuracy[place]
    return f"{clicks[place - 1] + (wanted - low) / (high - low) * (clicks[place] - clicks[place - 1]):.0f}"


def rows_of(found: dict[str, NDArray[np.float64]]) -> list[list[str]]:
    """A row for each arm of one setting."""
    clicks = np.array(sorted({*range(0, CLICKS + 1, SCREEN), 50}))
    wanted = float(found["random"][:, -1, 1].mean())
    rows = []
    for name, values in found.items():
        test = values[:, :, 1]
        gains = test[:, -1] - found["random"][:, -1, 1]
        cells = [spread(100 * test[:, clicks == count][:, 0]) for count in (0, *MEASURED)]
        val = 100 * values[:, np.isin(clicks, (100, 200)), 0].mean()
        reached = clicks_to_reach(clicks, test.mean(axis=0), wanted)
        rows.append([name, *cells, "–" if name == "random" else spread(100 * gains, "+"), reached, f"{val:.1f}"])
    return rows


def spread(values: NDArray[np.float64], sign: str = "") -> str:
    """Mean and standard error."""
    return f"{values.mean():{sign}.1f} ± {values.std(ddof=1) / np.sqrt(len(values)):.1f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every arm of every setting and print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sets", nargs="+", default=["demo", "stamps", "elpv"])
    parser.add_argument("--labels", type=int, help="Labels a class of the setting to run; default: all settings.")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--cache", type=Path, default=Path("/tmp/winnow-image-sets"))
    parser.add_argument("--elpv", type=Path)
    options = parser.parse_args(arguments)
    print(environment())
    head = ["queue", "start", *(f"{n} clicks" for n in MEASURED), "200: over random", "clicks to random's 200",
            "val, mean of 100 and 200"]  # fmt: skip
    for setting in SETTINGS:
        if setting.image_set in options.sets and options.labels in (None, setting.per_class):
            found = curves(setting, options.seeds, options.cache, options.elpv)
            text = json.dumps({name: values.tolist() for name, values in found.items()})
            (options.cache / f"{setting.name.replace(', ', '-').replace(' ', '-')}.json").write_text(text)
            print(f"\n{setting.name}, {setting.extractor}\n\n{table(head, rows_of(found))}\n", flush=True)


if __name__ == "__main__":
    main()
