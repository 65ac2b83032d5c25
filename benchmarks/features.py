"""How fast features are computed, beside the bare forward pass, and how well a head on the HOG does on the demo.

* Images a second of one process for each extractor, on the demo (28 pixels, gray) and on random color images.
* The offline backbone through the whole path (decode from the store, resize, normalise, network, float16, disk) beside
  the bare forward pass of the same network on images that are ready: both with one thread, by turns. Reach: 0.9.
* Test accuracy of a kernel ridge and of a support vector machine on 500 labels of the demo, six splits. Reach: 84 %.
* With --folder: sides and cells of the HOG on a folder of classes (those of 40 images and more), kernel ridge, 8 draws.

    python -m benchmarks.features [--images 1024] [--side 128] [--folder IMAGES]
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.kernel_ridge import KernelRidge
from sklearn.svm import SVC

from benchmarks.report import environment, table
from core.base.config import SplitConfig
from core.base.errors import InputError
from core.base.types import ImageSet
from core.data.datasets import demo
from core.data.image_store import open_images, write_images
from core.data.ingestion.ingest import ingest_images
from core.data.sources.folder_layout import scan_folder
from core.data.splits import draw_splits, exact_duplicates
from core.features.catalog import find_extractor
from core.features.compute import compute_features
from core.features.extractors import Extractor
from core.features.handcrafted.gradients import hog
from core.features.handcrafted.plain_pixels import plain_pixels
from core.features.onnx_backbones import BATCH, open_session

REPEATS = 5
PER_CLASS = (5, 10, 25)


def random_images(folder: Path, num: int, side: int) -> Path:
    """Random color images as an image folder."""
    pixels = np.random.default_rng(0).integers(0, 256, (num, side, side, 3), dtype=np.uint8)
    names = np.array([f"{i}.png" for i in range(num)])
    write_images(ImageSet(pixels, np.arange(num) % 2, ("a", "b"), names, np.empty(0, np.int64)), folder)
    return folder


def stored(extractor: Extractor, images: Path, folder: Path) -> tuple[float, float]:
    """Elapsed and processor seconds of computing and storing all features in this process."""
    with tempfile.TemporaryDirectory(dir=folder) as root:
        begin, used = time.perf_counter(), time.process_time()
        compute_features(extractor, images, Path(root), workers=1)
        return time.perf_counter() - begin, time.process_time() - used


def bare(extractor: Extractor, images: Path) -> Callable[[], float]:
    """A function that times the network alone on images that are ready: processor seconds."""
    assert extractor.input is not None
    assert extractor.weights is not None
    ready = extractor.input.prepare(np.asarray(open_images(images).pixels))
    session = open_session(extractor.weights, threads=1)
    name = session.get_inputs()[0].name

    def once() -> float:
        begin = time.process_time()
        for start in range(0, len(ready), BATCH):
            session.run(None, {name: ready[start : start + BATCH]})
        return time.process_time() - begin

    return once


def speeds(folder: Path, num: int, side: int) -> list[list[str]]:
    """A row for each extractor and image set."""
    write_images(demo(), folder / "demo")
    random_images(folder / "color", num, side)
    rows = []
    for name, images in (("hog", "demo"), ("pixels", "demo"), ("hog", "color"), ("efficientnet_lite0", "color")):
        try:
            extractor = find_extractor(name, side=side if name.startswith("eff") else None, cache=folder / "cache")
        except InputError as error:
            print(error)
            continue
        count, shape = len(open_images(folder / images).pixels), open_images(folder / images).pixels.shape[1:]
        alone = bare(extractor, folder / images) if extractor.runner == "onnx" else None
        whole, forward, elapsed = [], [], []
        for _ in range(REPEATS):
            seconds, used = stored(extractor, folder / images, folder)
            whole.append(used)
            elapsed.append(seconds)
            forward.append(alone() if alone else np.nan)
        ratio = f"{median(f / w for f, w in zip(forward, whole, strict=True)):.2f}" if alone else "–"
        rows.append([
            name, f"{count:,} of {shape[0]} x {shape[1]} x {shape[2]}", f"{count / median(whole):,.0f}",
            f"{count / min(whole):,.0f}", f"{median(elapsed):.2f}", ratio,
        ])  # fmt: skip
    return rows


def heads() -> dict[str, Callable[[NDArray[Any]], Any]]:
    """Heads to fit, from the features of the labels."""
    return {
        "kernel ridge, λ .1": lambda x: KernelRidge(alpha=0.1, kernel="rbf", gamma=1 / (x.shape[1] * x.var())),
        "support vector machine, C 10": lambda x: SVC(C=10, gamma="scale"),
    }


def accuracies(features: NDArray[Any], images: ImageSet) -> list[list[str]]:
    """Test accuracy of each head over six splits."""
    duplicates, rows = exact_duplicates(images.pixels), []
    for name, make in heads().items():
        found = []
        for seed in range(6):
            split = draw_splits(
                images.labels, SplitConfig(seed=seed), official_test=images.official_test, duplicates=duplicates
            )
            x, y = features[split.labeled], images.labels[split.labeled]
            head = make(x)
            if isinstance(head, KernelRidge):
                answers = head.fit(x, np.eye(10)[y] * 2 - 1).predict(features[split.test]).argmax(1)
            else:
                answers = head.fit(x, y).predict(features[split.test])
            found.append(100 * float((answers == images.labels[split.test]).mean()))
        rows.append([name, f"{np.mean(found):.1f} %", f"{min(found):.1f} to {max(found):.1f} %"])
    return rows


def sides(folder: Path) -> list[list[str]]:
    """Balanced accuracy on what is not labeled, for each side and cell of the HOG."""
    with tempfile.TemporaryDirectory() as name:
        images = ingest_images(scan_folder(folder), Path(name) / "images", image_size=128)
        counts = np.bincount(images.labels[images.labels >= 0])
        rows = np.flatnonzero(np.isin(images.labels, np.flatnonzero(counts >= 40)))
        pixels, labels = np.asarray(images.pixels[rows]), np.unique(images.labels[rows], return_inverse=True)[1]
    found = []
    for side, cell in ((0, 0), (28, 4), (48, 8), (64, 8), (96, 12), (128, 16)):
        begin = time.process_time()
        features = hog(pixels, side, cell) if side else plain_pixels(pixels)
        used = time.process_time() - begin
        scores = [[drawn_accuracy(features, labels, num, seed) for seed in range(8)] for num in PER_CLASS]
        found.append([
            f"HOG, side {side}, cells of {cell}" if side else "pixels", f"{features.shape[1]:,}",
            *(f"{100 * np.mean(s):.1f} ± {100 * np.std(s):.1f}" for s in scores), f"{1000 * used / len(pixels):.2f}",
        ])  # fmt: skip
    return found


def drawn_accuracy(features: NDArray[Any], labels: NDArray[Any], num: int, seed: int) -> float:
    """Balanced accuracy of a kernel ridge on `num` drawn labels of each class, on the other images."""
    draws, classes = np.random.default_rng(seed), range(int(labels.max()) + 1)
    known = np.concatenate([draws.permutation(np.flatnonzero(labels == k))[:num] for k in classes])
    rest = np.setdiff1d(np.arange(len(labels)), known)
    head = KernelRidge(alpha=0.1, kernel="rbf", gamma=1 / (features.shape[1] * features[known].var()))
    head.fit(features[known], np.eye(len(classes))[labels[known]] * 2 - 1)
    answers = head.predict(features[rest]).argmax(1)
    return float(np.mean([(answers[labels[rest] == k] == k).mean() for k in classes]))


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=1024)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if arguments.folder is not None:
        print(table(["features", "D", *(f"{n} a class" for n in PER_CLASS), "ms an image"], sides(arguments.folder)))
        print(f"\n{environment()}")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = speeds(folder, arguments.images, arguments.side)
        head = ["extractor", "images", "images a CPU second, median", "best", "elapsed s, median", "bare forward ratio"]
        print(table(head, rows), end="\n\n")
        features = compute_features(find_extractor("hog"), folder / "demo", folder / "features").values
        print(table(["head on the HOG, 500 labels", "test accuracy, mean", "range, 6 splits"],
                    accuracies(features.astype(np.float32), demo())), end="\n\n")  # fmt: skip
    print(environment())


if __name__ == "__main__":
    main()
