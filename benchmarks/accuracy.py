"""Accuracy of every method on Fashion-MNIST with few labels.

With 100, 500 and 1,000 labels, several seeds, one fixed budget of steps.

Labels: class-balanced, nested (100 in 500 in 1,000), drawn by seed from the 60,000 training images, ids kept in
benchmarks/fashion_mnist_labels.json; the other training images are the pool. 1,000 further ones choose the checkpoint
(val). The 10,000 test images are looked at once a run, with the checkpoint that val chose.

    python benchmarks/accuracy.py --out FILE [--methods …] [--labels …] [--seeds …] [--model …] [--steps …]
    python benchmarks/accuracy.py --table FILE

The full budget, where there is a GPU: 2 ** 17 steps of WRN-28-2, seven unlabeled images a label (--quick: small).

    python -m benchmarks.accuracy --full --device cuda --out FILE [--methods …] [--labels …] [--seeds …]
"""

import argparse
import json
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from benchmarks.report import environment, table
from core.base.config import NETWORK_METHODS as METHODS
from core.base.config import TrainConfig
from core.base.types import ImageSet
from core.data.datasets import fashion_mnist
from core.training.batches.part import load_part
from core.training.batches.train_data import TrainData
from core.training.loop.trainer import Trainer
from core.training.models.models import build
from core.training.runtime.memory import chunk_size, keep_freed_memory

LABEL_FILE = Path(__file__).parent / "fashion_mnist_labels.json"
CPU = torch.device("cpu")
NUM_VAL = 1000


def drawn(labels: np.ndarray, train: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids of 1,000 labeled images, class after class in rounds (a prefix of 10 n is balanced), and of 1,000 for val."""
    rng = np.random.default_rng(seed)
    by_class = [rng.permutation(train[labels[train] == label]) for label in range(10)]
    rounds = np.stack([ids[:200] for ids in by_class], axis=1).ravel()
    return rounds[:1000], rounds[1000 : 1000 + NUM_VAL]


def pool_of(images: ImageSet, num_labels: int, seed: int, most: int) -> np.ndarray:
    """Ids of the pool, rising: all other training images, or so many of them drawn by seed."""
    train = np.setdiff1d(np.arange(len(images.labels)), images.official_test)
    labeled, val = drawn(images.labels, train, seed)
    pool = np.setdiff1d(train, np.concatenate([labeled[:num_labels], val]))
    if most >= len(pool):
        return pool
    return np.sort(np.random.default_rng(seed + 1000).choice(pool, most, replace=False))


def material(
    images: ImageSet,
    num_labels: int,
    seed: int,
    most: int,
    extra: tuple[np.ndarray, np.ndarray] | None,
    device: torch.device = CPU,
) -> TrainData:
    """Training data of one run; extra: ids and labels of curated pseudo-labels (self_training)."""
    train = np.setdiff1d(np.arange(len(images.labels)), images.official_test)
    labeled, val = drawn(images.labels, train, seed)
    labeled = labeled[:num_labels]
    pool = pool_of(images, num_labels, seed, most)
    mean, std = (torch.full((1, 1, 1, 1), value, device=device) for value in (0.286, 0.353))
    pseudo = load_part(images.pixels, *extra, None, device) if extra is not None else None
    return TrainData(
        load_part(images.pixels, labeled, images.labels[labeled], None, device), pseudo, None,
        load_part(images.pixels, pool, None, None, device), torch.from_numpy(images.labels[pool].copy()).to(device),
        load_part(images.pixels, val, images.labels[val], None, device), None, mean, std,
    )  # fmt: skip


def trained(config: TrainConfig, data: TrainData, start: dict[str, Any] | None = None) -> Trainer:
    """A finished training whose averaged model is the one that val chose."""
    options = {"depth": config.wrn_depth, "widen": config.wrn_width} if config.model == "wrn" else {}
    model = build(config.model, 10, 1, 28, 28, config.seed, options)
    trainer = Trainer(config, model, data, data.mean.device, "bf16")
    if start is not None:
        trainer.model.load_state_dict(start)
    trainer.run(lambda _: None, lambda: False)
    trainer.average.model.load_state_dict(trainer.best["weights"])
    return trainer


def one(images: ImageSet, config: TrainConfig, num_labels: int, most: int) -> dict[str, Any]:
    """Train one run: its test accuracy, and the pseudo-labels of the pool."""
    begin, began = time.process_time(), time.perf_counter()
    extra, device = None, torch.device(config.device)
    data = material(images, num_labels, config.seed, most, None, device)
    if config.method == "self_training":
        first = trained(config.model_copy(update={"method": "supervised", "epochs": max(1, config.epochs // 2)}), data)
        assert data.pool is not None
        pool = pool_of(images, num_labels, config.seed, most)
        chunks = torch.split(torch.arange(len(data.pool), device=device), chunk_size(*data.pool.size))
        probs = torch.cat([first.logits_of(data.pool.take(rows)).softmax(1) for rows in chunks]).cpu().numpy()
        kept = probs.max(1) >= 0.95
        extra = pool[kept], probs.argmax(1)[kept]
        data = material(images, num_labels, config.seed, most, extra, device)
        config = config.model_copy(update={"epochs": max(1, config.epochs - config.epochs // 2)})
    trainer = trained(config, data)
    test = images.official_test
    judged = trainer.evaluate(load_part(images.pixels, test, images.labels[test], None, device))
    return {
        "method": config.method, "labels": num_labels, "seed": config.seed, "model": config.model,
        "steps": trainer.steps, "ratio": config.unlabeled_ratio, "test": judged.accuracy,
        "val": trainer.best["val_accuracy"],
        "cpu_seconds": time.process_time() - begin, "seconds": time.perf_counter() - began, "device": str(device),
        "pool": len(pool_of(images, num_labels, config.seed, most)),
        "pseudo": len(extra[0]) if extra else 0,
    }  # fmt: skip


def settings(method: str, asked: argparse.Namespace, num_labels: int, seed: int) -> TrainConfig:
    """The same budget for all: so many steps, one evaluation in about sixty."""
    steps_per_epoch = -(-num_labels // min(asked.batch, num_labels))
    epochs = max(1, asked.steps // steps_per_epoch)
    every = max(1, epochs // max(1, asked.steps // 60))
    ramp = {"pseudo_label": "linear", "mean_teacher": "sigmoid", "self_training": "linear"}.get(method, "none")
    weight = 20.0 if method == "mean_teacher" else 1.0
    return TrainConfig(
        method=method, model=asked.model, profile=asked.profile, epochs=epochs, batch_size=asked.batch,
        unlabeled_ratio=asked.ratio, ramp=ramp, ramp_start=0, ramp_end=max(1, epochs // 2), unlabeled_weight=weight,
        ema_decay=asked.ema, learning_rate=asked.rate, log_epochs=every, seed=seed, precision="bf16",
        device=asked.device,
        wrn_depth=asked.depth, wrn_width=asked.width, threshold=asked.threshold,
        threshold_memory=asked.memory, weak_pass=asked.weak,
    )  # fmt: skip


def show(path: Path) -> None:
    """Median and range of test accuracy by method and number of labels."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    counts = sorted({row["labels"] for row in rows})
    shown = []
    for method in [name for name in METHODS if any(row["method"] == name for row in rows)]:
        cells = [method]
        for count in counts:
            found = sorted(100 * r["test"] for r in rows if (r["method"], r["labels"]) == (method, count))
            cells.append(f"{median(found):.1f} ({found[0]:.1f} to {found[-1]:.1f}), n = {len(found)}" if found else "–")
        shown.append([*cells, f"{median(r['cpu_seconds'] for r in rows if r['method'] == method):.0f}"])
    print(table(["method", *(f"{count:,} labels" for count in counts), "CPU s a run"], shown))
    first = rows[0]
    print(
        f"\n{first['model']}, {first['steps']} steps, ratio {first['ratio']}, pool {first['pool']:,}. {environment()}"
    )


def main() -> None:
    """Run what was asked for, one line of results a run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--table", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--labels", nargs="+", type=int, default=[100, 500, 1000])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--model", default="small_cnn")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--ratio", type=int, default=2)
    parser.add_argument("--ema", type=float, default=0.99)
    parser.add_argument("--rate", type=float, default=0.03)
    parser.add_argument("--depth", type=int, default=28)
    parser.add_argument("--profile", default="natural")
    parser.add_argument("--width", type=int, default=2)
    parser.add_argument("--threshold", type=float, default=0.95)
    parser.add_argument("--memory", type=float, default=0.99)
    parser.add_argument("--weak", default="joint", choices=["joint", "own"])
    parser.add_argument("--pool", type=int, default=100_000)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--full", action="store_true", help="the papers' model and ratio, 2 ** 17 steps")
    parser.add_argument(
        "--quick", action="store_true", help="with --full: its settings, but three steps of a small pool"
    )
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked = parser.parse_args()
    keep_freed_memory()
    if asked.full:
        full = {"model": "wrn", "steps": 2**17, "ratio": 7, "ema": 0.999, "memory": 0.999}
        vars(asked).update(full | ({"steps": 3, "depth": 10, "width": 1, "pool": 500} if asked.quick else {}))
    if asked.table:
        show(asked.table)
        return
    torch.set_num_threads(asked.threads)
    images = fashion_mnist()
    train = np.setdiff1d(np.arange(len(images.labels)), images.official_test)
    ids = {str(seed): [part.tolist() for part in drawn(images.labels, train, seed)] for seed in range(3)}
    LABEL_FILE.write_text(json.dumps(ids))
    for seed in asked.seeds:
        for num_labels in asked.labels:
            for method in asked.methods:
                row = one(images, settings(method, asked, num_labels, seed), num_labels, asked.pool)
                with asked.out.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                print(row, flush=True)


if __name__ == "__main__":
    main()
