"""Test accuracy on Fashion-MNIST with 1,000 labels after 30 seconds, 10 minutes and half an hour on two cores.

A head on features that are learned from unlabeled images (`patches`) comes first. Then networks are trained by
softmatch, each on one thread: NETWORKS says how long and on which of two cores, so that two run side by side. What is
there at the end of a stage is averaged; 1,000 val images choose weights and checkpoints, the 10,000 test images are
looked at once a model. Time counts from the images in memory to the model; the answers for the test images come after.

Each model is a job of its own, so that several processes may share them; one that was done is not done again.

    python -m benchmarks.accuracy_for_time --folder FOLDER [--seeds …]
    python -m benchmarks.accuracy_for_time --folder FOLDER --report
"""

import argparse
import json
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from benchmarks.accuracy import drawn, material, settings, trained
from benchmarks.report import environment, table
from core.base.types import ImageSet, Logits
from core.data.datasets import fashion_mnist
from core.features.handcrafted.patch_filters import learn_patch_filters, patch_features
from core.heads.fit import fit_head
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import HeadSettings
from core.scoring.calibration import fit_temperature
from core.scoring.model_average import average_logits, fit_average_weight
from core.training.loop.trainer import Trainer
from core.training.runtime.memory import keep_freed_memory

LABELS = 1000
NETWORKS = ((3900, 0), (5200, 0), (5200, 1))
"""Steps of each network, and the core that trains it after what that core trained before."""
STAGES = {"head": (), "head and network 1": (0,), "head and networks 1 to 3": (0, 1, 2)}
"""Networks that are averaged with the head at the end of each stage."""


def answers(trainer: Trainer, images: ImageSet, ids: np.ndarray) -> Logits:
    """Logits (n, K) of a network."""
    pixels = torch.from_numpy(images.pixels[ids]).permute(0, 3, 1, 2)
    return torch.cat([trainer.logits_of(part) for part in torch.split(pixels, 500)]).numpy()


def head_job(images: ImageSet, seed: int) -> dict[str, Any]:
    """Filters of the images without their labels, a head on the features of the labeled ones, and its logits."""
    train = np.setdiff1d(np.arange(len(images.labels)), images.official_test)
    labeled, val = drawn(images.labels, train, seed)
    labeled = labeled[:LABELS]
    begin, cpu = time.perf_counter(), time.process_time()
    filters = learn_patch_filters(images.pixels[: len(images.pixels) - len(images.official_test)])
    nothing, weights = np.empty(0, np.int64), np.ones(len(labeled), np.float32)
    known = HeadLabels(np.arange(len(labeled)), images.labels[labeled], weights, nothing, nothing, 10)
    head = fit_head(patch_features(images.pixels[labeled], filters), known, HeadSettings())
    of_val = head.logits(patch_features(images.pixels[val], filters))
    spent = time.perf_counter() - begin, time.process_time() - cpu
    of_test = head.logits(patch_features(images.pixels[images.official_test], filters))
    return {"val": of_val, "test": of_test, "seconds": spent[0], "cpu_seconds": spent[1]}


def network_job(images: ImageSet, seed: int, number: int, asked: argparse.Namespace) -> dict[str, Any]:
    """One network and its logits."""
    train = np.setdiff1d(np.arange(len(images.labels)), images.official_test)
    _, val = drawn(images.labels, train, seed)
    begin, cpu = time.perf_counter(), time.process_time()
    budget = argparse.Namespace(**{**vars(asked), "steps": NETWORKS[number][0]})
    config = settings("softmatch", budget, LABELS, seed).model_copy(update={"seed": seed + 100 * number})
    network = trained(config, material(images, LABELS, seed, 10**6, None))
    of_val = answers(network, images, val)
    spent = time.perf_counter() - begin, time.process_time() - cpu
    of_test = answers(network, images, images.official_test)
    return {"val": of_val, "test": of_test, "seconds": spent[0], "cpu_seconds": spent[1]}


def run_jobs(images: ImageSet, asked: argparse.Namespace) -> None:
    """Run the jobs that nobody has begun; each leaves one file."""
    for number in range(-1, len(NETWORKS)):
        for seed in asked.seeds:
            file = asked.folder / f"{seed}-{number}.npz"
            try:
                file.with_suffix(".begun").touch(exist_ok=False)
            except FileExistsError:
                continue
            found = head_job(images, seed) if number < 0 else network_job(images, seed, number, asked)
            np.savez(file, environment=environment(), **found)
            print(json.dumps({"seed": seed, "network": number, "seconds": found["seconds"]}), flush=True)


def stage(folder: Path, images: ImageSet, seed: int, networks: tuple[int, ...]) -> dict[str, float]:
    """Accuracy of the average of some networks and the head, seconds on two cores and processor seconds."""
    train = np.setdiff1d(np.arange(len(images.labels)), images.official_test)
    truth, test = images.labels[drawn(images.labels, train, seed)[1]], images.labels[images.official_test]
    parts = [np.load(folder / f"{seed}-{number}.npz") for number in (-1, *networks)]
    of_val, of_test = parts[0]["val"], parts[0]["test"]
    cores = [0.0, 0.0]
    for number, part in zip(networks, parts[1:], strict=True):
        both = fit_temperature(of_val, truth), fit_temperature(part["val"], truth)
        weight = fit_average_weight(of_val, part["val"], truth, both)
        of_val, of_test = (
            average_logits(mine, other, weight, both)
            for mine, other in ((of_val, part["val"]), (of_test, part["test"]))
        )
        cores[NETWORKS[number][1]] += float(part["seconds"])
    return {
        "val": float((of_val.argmax(axis=1) == truth).mean()),
        "test": float((of_test.argmax(axis=1) == test).mean()),
        "seconds": float(parts[0]["seconds"]) + max(cores),
        "cpu_seconds": sum(float(part["cpu_seconds"]) for part in parts),
    }


def report(folder: Path, images: ImageSet, seeds: list[int]) -> None:
    """Median and range by stage, then each network alone."""
    shown = []
    for name, networks in STAGES.items():
        there = [seed for seed in seeds if all((folder / f"{seed}-{n}.npz").exists() for n in (-1, *networks))]
        found = [stage(folder, images, seed, networks) for seed in there]
        if not found:
            continue
        accuracy, on_val = sorted(100 * row["test"] for row in found), median(100 * row["val"] for row in found)
        seconds = sorted(row["seconds"] for row in found)
        shown.append([
            name, f"{median(accuracy):.1f} ({accuracy[0]:.1f} to {accuracy[-1]:.1f}), n = {len(found)}",
            f"{on_val:.1f}", f"{seconds[0]:.0f} to {seconds[-1]:.0f}",
            f"{median(row['cpu_seconds'] for row in found):.0f}",
        ])  # fmt: skip
    print(table(["averaged", "test accuracy, %", "val, %", "seconds on two cores", "CPU s"], shown))
    test = images.labels[images.official_test]
    for file in sorted(folder.glob("*.npz")):
        stored = np.load(file)
        right = float((stored["test"].argmax(axis=1) == test).mean())
        print(f"{file.stem}: {100 * right:.1f} % alone, {float(stored['seconds']):.0f} s, {stored['environment']}")


def main() -> None:
    """Run the jobs of the seeds that were asked for, or report what a folder holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--report", action="store_true")
    parser.set_defaults(
        batch=64, model="small_cnn", profile="natural", ratio=2, ema=0.998, rate=0.03, depth=28, width=2,
        threshold=0.95, memory=0.999, weak="own", device="cpu",
    )  # fmt: skip
    asked = parser.parse_args()
    images = fashion_mnist()
    if asked.report:
        report(asked.folder, images, asked.seeds)
        return
    keep_freed_memory()
    torch.set_num_threads(1)
    asked.folder.mkdir(parents=True, exist_ok=True)
    run_jobs(images, asked)


if __name__ == "__main__":
    main()
