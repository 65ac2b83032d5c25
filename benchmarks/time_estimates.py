"""Times told before the start beside those that the runs then take.

Runs of different method, size and images, one after the other; each is measured anew right before it starts. The time
of a run is that of all its processes on the processor, from asking for it to its suggestions: with one thread
(OMP_NUM_THREADS=1), as long as it takes where nothing else runs. Beside it stands the time on the wall.

    python -m benchmarks.time_estimates [--work FOLDER] [--repeats 1] [--only NAME …] [--out FILE]
    python -m benchmarks.time_estimates --table FILE

Sets: the demo (28 px), Fashion-MNIST (70,000 images, 28 px), and drawn color shapes of 96 px.
"""

import argparse
import json
import os
import resource
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.report import environment, table
from core import Project, SplitConfig, TrainConfig
from core.data.datasets import fashion_mnist
from core.store.files import home

REACH = 0.3
"""Largest difference from the time taken, as a share of it."""
RUNS: dict[str, tuple[str, dict[str, Any]]] = {
    "head on HOG": ("demo", {"method": "head", "extractor": "hog"}),
    "tiny_cnn, 60 epochs": ("demo", {"model": "tiny_cnn"}),
    "small_cnn, 40 epochs": ("demo", {"epochs": 40}),
    "softmatch tiny_cnn, 40 epochs": (
        "demo", {"method": "softmatch", "model": "tiny_cnn", "epochs": 40, "unlabeled_ratio": 2, "weak_pass": "own"}
    ),
    "tiny_cnn, 20 epochs, 1,000 labels": ("fashion-mnist", {"model": "tiny_cnn", "epochs": 20, "log_epochs": 5}),
    "head on HOG, 1,000 labels": ("fashion-mnist", {"method": "head", "extractor": "hog"}),
    "tiny_cnn, 20 epochs, 96 px": ("shapes", {"model": "tiny_cnn", "epochs": 20, "log_epochs": 5}),
    "resnet18, 2 epochs, 96 px": ("shapes", {"model": "resnet18", "epochs": 2}),
}  # fmt: skip
"""By name: set of images and settings."""
_SHAPES, _SIDE = 600, 96


def project_of(name: str, work: Path) -> Project:
    """Make or open the project of a set of images."""
    folder = work / name
    if (folder / "project.toml").exists():
        return Project.open(folder)
    if name == "demo":
        return Project.demo(folder)
    if name == "fashion-mnist":
        archive, images = work / "fashion-mnist.npz", fashion_mnist()
        np.savez(archive, images=images.pixels, labels=images.labels, class_names=np.array(images.class_names))
        split = SplitConfig(labeled=1_000, val=1_000, calibration=500, test=10_000)
        return Project.create(folder, archive, split=split, hide_labels=True)
    source = work / "shapes-images"
    _draw_shapes(source)
    split = SplitConfig(labeled=200, val=100, calibration=50, test=50)
    return Project.create(folder, source, split=split, image_size=_SIDE, hide_labels=True)


def _draw_shapes(folder: Path) -> None:
    """Draw squares and disks of random color and place on noise."""
    draws = np.random.default_rng(0)
    rows, columns = np.mgrid[:_SIDE, :_SIDE]
    for number in range(_SHAPES):
        kind, size = ("disk", "square")[number % 2], draws.integers(15, 35)
        y, x = draws.integers(35, 61, 2)
        near = np.hypot(rows - y, columns - x) if kind == "disk" else np.maximum(abs(rows - y), abs(columns - x))
        pixels = draws.normal(110, 40, (_SIDE, _SIDE, 3))
        pixels[near < size] = draws.integers(0, 256, 3) + draws.normal(0, 25, ((near < size).sum(), 3))
        file = folder / kind / f"{number:04d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file)


def told_and_taken(project: Project, settings: dict[str, Any]) -> dict[str, Any]:
    """Measure one run, then start it and wait for its end."""
    (home() / "training_times.json").unlink(missing_ok=True)
    shutil.rmtree(project.path / "features", ignore_errors=True)
    fresh, config = Project(project.path), TrainConfig.checked(settings)
    begin = time.monotonic()
    estimate = fresh.plans.times.estimate(config)
    measuring = time.monotonic() - begin
    assert estimate is not None
    begin, used = time.monotonic(), _processor_seconds()
    run = fresh.start_run(config)
    fresh.wait_run(run.id)
    taken = time.monotonic() - begin
    while _processor_seconds() == used:  # until the process is gone, its time is not counted
        time.sleep(0.05)
    return {
        "told": estimate.seconds, "parts": dict(estimate.parts), "taken": _processor_seconds() - used, "wall": taken,
        "measuring": measuring, "steps": estimate.steps, "load": os.getloadavg()[0],
    }  # fmt: skip


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(rows: list[dict[str, Any]]) -> str:
    """The table of docs/BENCHMARKS.md."""
    lines = []
    for name in dict.fromkeys(row["name"] for row in rows):
        mine = [row for row in rows if row["name"] == name]
        ratios = [row["told"] / row["taken"] for row in mine]
        is_true = all(1 - REACH <= ratio <= 1 + REACH for ratio in ratios)
        seconds = [_listed([row[part] for row in mine]) for part in ("told", "taken", "wall")]
        measuring, load = (_listed([row[part] for row in mine]) for part in ("measuring", "load"))
        shares = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        name = f"{mine[0]['set']}: {name}"
        lines.append([name, f"{mine[0]['steps']:,}", *seconds, shares, measuring, load, "yes" if is_true else "**no**"])
    head = ["run", "steps", "told, s", "taken, CPU s", "wall, s", "told / taken", "measuring, s", "load", "within 30 %"]
    inside = sum(1 - REACH <= row["told"] / row["taken"] <= 1 + REACH for row in rows)
    return f"{table(head, lines)}\n\n{inside} of {len(rows)} within 30 %.\n\n{environment()}"


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:.0f}" for value in values)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=list(RUNS))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--table", type=Path)
    arguments = parser.parse_args()
    if arguments.table:
        print(report([json.loads(line) for line in arguments.table.read_text().splitlines()]))
        return
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as temporary:
        work = arguments.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        os.environ["WINNOW_HOME"] = str(work / "home")
        for _ in range(arguments.repeats):
            for name in arguments.only:
                images, settings = RUNS[name]
                row = {"name": name, "set": images, **told_and_taken(project_of(images, work), settings)}
                print(json.dumps(row), flush=True)
                rows.append(row)
                if arguments.out:
                    with arguments.out.open("a") as file:
                        file.write(json.dumps(row) + "\n")
    print(report(rows))


if __name__ == "__main__":
    main()
