"""Which features and which head: test accuracy by labels per class, and after 100 clicks by margin.

Every extractor and head sees the same draws; the head is refitted after each 20 clicks. --network adds the small
network from scratch, trained in a process of its own; --recommend what `winnow compare-extractors` recommends.

    python -m benchmarks.extractors [--sets stamps elpv] [--seeds 5] [--network 3] [--recommend 10] [--cache FOLDER]
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.image_sets import LabeledSet, Parts, draw, labeled_set
from benchmarks.report import environment, table
from core import Project, SplitConfig, TrainConfig
from core.base.config import HeadKind
from core.base.types import Ids
from core.heads.fit import head_logits
from core.heads.head_comparison import compare_heads, simplest_within_error
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import HeadSettings
from core.scoring.scores import margin, probabilities

SCREEN, CLICKS = 20, 100
PER_CLASS = (5, 10, 25)
TEST = {"stamps": 0.25, "elpv": 0.3}
EXTRACTORS: tuple[tuple[str, int | None], ...] = (
    ("pixels", None),
    ("hog", None),
    ("patches", None),
    ("efficientnet_lite0", 128),
    ("efficientnet_lite0", 224),
)
HEADS: tuple[HeadKind, ...] = ("kernel_ridge", "logistic", "label_propagation")
RECOMMENDED = ("hog", "pixels", "efficientnet_lite0")
"""Extractors among which one is recommended, the simplest first."""
NETWORK = {"stamps": (10, 5, 12), "elpv": (25, 20, 200)}
"""Labels, val and test images per class of the network from scratch, by image set."""


def logits(images: LabeledSet, values: NDArray[np.float32], ids: Ids, kind: HeadKind) -> NDArray[np.float32]:
    """Logits (N, K) of a head on the true labels of some images."""
    nothing = np.empty(0, np.int64)
    weights = np.ones(len(ids), np.float32)
    known = HeadLabels(ids, images.labels[ids], weights, nothing, nothing, len(images.class_names))
    return head_logits(values, known, HeadSettings(kind=kind))


def accuracies(images: LabeledSet, values: NDArray[np.float32], parts: Parts, kind: HeadKind) -> tuple[float, float]:
    """Test accuracy before and after the clicks, in percent."""
    ids, truth, found = parts.labeled, images.labels, []
    for clicks in range(0, CLICKS + 1, SCREEN):
        said = logits(images, values, ids, kind)
        if clicks in (0, CLICKS):
            found.append(100 * float((said[parts.test].argmax(axis=1) == truth[parts.test]).mean()))
        open_ids = np.setdiff1d(parts.pool, ids)
        unsure = np.argsort(margin(probabilities(said[open_ids])), kind="stable")[:SCREEN]
        ids = np.concatenate([ids, open_ids[unsure]])
    return found[0], found[1]


def rows_of(images: LabeledSet, seeds: int) -> list[list[str]]:
    """A row for each extractor and head."""
    rows = []
    for extractor, side in EXTRACTORS:
        values = images.features(extractor, side)
        for kind in HEADS:
            cells, begin = [], time.process_time()
            for per_class in PER_CLASS:
                draws = [draw(images.labels, seed, per_class, val=0.0, test=TEST[images.name]) for seed in range(seeds)]
                found = np.array([accuracies(images, values, parts, kind) for parts in draws])
                cells += [f"{column.mean():.1f} ± {column.std(ddof=1):.1f}" for column in found.T]
            name = extractor if side is None else f"{extractor}, {side} px"
            rows.append([name, kind, *cells])
            print(*rows[-1], f"{time.process_time() - begin:.0f} s", flush=True)
    return rows


def network(images: LabeledSet, seeds: int) -> list[float]:
    """Test accuracies of the small network from scratch, 60 epochs on 64 pixels, in percent.

    Each class has as many test images; its share of all images weighs what it says.
    """
    found, classes, (per_class, val, test) = [], len(images.class_names), NETWORK[images.name]
    shares = np.bincount(images.labels, minlength=classes) / len(images.labels)
    for seed in range(seeds):
        sizes = {"labeled": per_class * classes, "val": val * classes, "test": test * classes}
        with tempfile.TemporaryDirectory() as folder:
            split = SplitConfig.checked({**sizes, "calibration": 0, "seed": seed})
            project = Project.create(Path(folder) / "new", images.folder / "source", split=split, image_size=64)
            run = project.start_run(TrainConfig(model="small_cnn", epochs=60, device="cpu", precision="fp32"))
            said = project.wait_run(run.id).folder.logits()[project.splits.test].argmax(axis=1)
            labels = np.asarray(project.images.labels[project.splits.test])
            recalls = [float((said[labels == label] == label).mean()) for label in range(classes)]
            found.append(100 * float(shares @ recalls))
            print(images.name, "small_cnn", seed, f"{found[-1]:.1f}", f"{run.status.seconds:.0f} s", flush=True)
    return found


def recommended(images: LabeledSet, seeds: int) -> list[list[str]]:
    """Test accuracy of the pair that cross-validation on the labeled images recommends, beside others."""
    values = {name: images.features(name) for name in RECOMMENDED}
    settings, rows, nothing = [HeadSettings(kind=kind) for kind in HEADS], [], np.empty(0, np.int64)
    for per_class in PER_CLASS:
        found, names = [], []
        for seed in range(seeds):
            parts, truth = draw(images.labels, seed, per_class, val=0.0, test=TEST[images.name]), images.labels
            weights = np.ones(len(parts.labeled), np.float32)
            classes = len(images.class_names)
            known = HeadLabels(parts.labeled, truth[parts.labeled], weights, nothing, nothing, classes)
            lines = compare_heads(values, known, settings)
            chosen = simplest_within_error(lines, RECOMMENDED, HEADS)
            test = {
                (name, kind): 100 * float((logits(images, values[name], parts.labeled, kind)[parts.test].argmax(axis=1)
                                           == truth[parts.test]).mean())
                for name in RECOMMENDED for kind in HEADS
            }  # fmt: skip
            top = lines[0].extractor, lines[0].kind
            pairs = ("hog", "kernel_ridge"), (chosen.extractor, chosen.kind), top
            found.append([*(test[pair] for pair in pairs), max(test.values())])  # type: ignore[index]
            names.append(f"{chosen.extractor} {chosen.kind}")
        cells = [f"{column.mean():.1f} ± {column.std(ddof=1):.1f}" for column in np.array(found).T]
        counts = ", ".join(f"{name} {names.count(name)}" for name in dict.fromkeys(names))
        rows.append([str(per_class), *cells, counts])
        print(*rows[-1], flush=True)
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every extractor and head and print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sets", nargs="+", default=["stamps", "elpv"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--network", type=int, default=0, metavar="SEEDS")
    parser.add_argument("--recommend", type=int, default=0, metavar="SEEDS")
    parser.add_argument("--cache", type=Path, default=Path("/tmp/winnow-image-sets"))
    parser.add_argument("--elpv", type=Path)
    options = parser.parse_args(arguments)
    print(environment())
    head = ["features", "head", *(text for n in PER_CLASS for text in (f"{n} a class", f"{n}, +{CLICKS} clicks"))]
    for name in options.sets:
        images = labeled_set(name, options.cache, options.elpv)
        if options.network:
            values = np.array(network(images, options.network))
            print(f"{name}, small_cnn, {NETWORK[name][0]} a class: {values.mean():.1f} ± {values.std(ddof=1):.1f}")
        if options.recommend:
            titles = [
                "labels a class",
                "hog, kernel_ridge",
                "recommended",
                "most accurate",
                "best on test",
                "what",
            ]
            print(f"\n{name}\n\n{table(titles, recommended(images, options.recommend))}\n", flush=True)
        if options.seeds:
            print(f"\n{name}\n\n{table(head, rows_of(images, options.seeds))}\n", flush=True)


if __name__ == "__main__":
    main()
