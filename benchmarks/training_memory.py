"""Measure the memory of a training process on the CPU.

Peak of the whole process less the images, for growing pools.

One process a row: FixMatch, B = 64, mu = 7, 32 x 32 in colour, its diagnostics and evaluations included,
then logits and features of the whole pool written to files as a run's end writes them. Small pools show what a step
needs; what a step keeps must not grow with the pool.

    python -m benchmarks.training_memory [--model small_cnn] [--ratio 7] [--pools 5000 60000 120000]
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.report import environment, table

MEGABYTE = 1e6


def peak() -> float:
    """Most memory this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE


def child(num_pool: int, model: str, ratio: int, weak: str) -> dict[str, float]:
    """Train and predict in this process; peaks in MB after each."""
    import numpy as np
    import torch
    from numpy.lib.format import open_memmap

    from benchmarks.reference_steps import BATCH, SIDE
    from benchmarks.training_speed import trainer
    from core.base.config import TrainConfig
    from core.training.models.models import build
    from core.training.predict import predict
    from core.training.runtime.memory import keep_freed_memory

    keep_freed_memory()
    imported = peak()
    words = {
        "method": "fixmatch",
        "model": model,
        "epochs": 1,
        "unlabeled_ratio": ratio,
        "device": "cpu",
        "weak_pass": weak,
    }
    config = TrainConfig.checked({**words, "batch_size": BATCH, "precision": "bf16"})
    ours = trainer(config, SIDE, 3, torch.device("cpu"), num_pool)
    assert ours.data.pool is not None
    images = num_pool * 3 * SIDE * SIDE / MEGABYTE
    ours.run(lambda _: None, lambda: False)
    trained = peak() - images
    pixels = np.full((num_pool, SIDE, SIDE, 3), 127, np.uint8)  # a second copy
    with tempfile.TemporaryDirectory() as folder:
        logits = open_memmap(Path(folder) / "logits.npy", "w+", np.float32, (num_pool, 10))
        features = open_memmap(Path(folder) / "features.npy", "w+", np.float16, (num_pool, 128))
        normal, out = (ours.data.mean, ours.data.std), (logits, features)
        predict(
            build(model, 10, 3, SIDE, SIDE, 0), pixels, normal, torch.device("cpu"), ours.precision, out, lambda _: None
        )
    return {"pool": num_pool, "images": images, "imported": imported, "trained": trained, "scored": peak() - 2 * images}


def main() -> None:
    """Start a process for each pool and print a row for each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pools", nargs="+", type=int, default=[5_000, 60_000, 120_000])
    parser.add_argument("--model", default="small_cnn")
    parser.add_argument("--ratio", type=int, default=7)
    parser.add_argument("--weak", default="joint", choices=["joint", "own"])
    parser.add_argument("--child", type=int)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(child(asked.child, asked.model, asked.ratio, asked.weak)))
        return
    rows = []
    for pool in asked.pools:
        command = [sys.executable, "-m", "benchmarks.training_memory", "--child", str(pool)]
        command += ["--model", asked.model, "--ratio", str(asked.ratio), "--weak", asked.weak]
        seen = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
        beyond = [f"{seen[name]:,.0f}" for name in ("trained", "scored")]
        rows.append([f"{pool:,}", f"{seen['images']:,.0f}", f"{seen['imported']:,.0f}", *beyond])
    head = ["pool", "images, MB", "process after imports, MB", "peak beyond images, training, MB", "and scoring, MB"]
    print(table(head, rows))
    what = f"{asked.model}, mu = {asked.ratio}, weak views {asked.weak}. One epoch of 1,000 labeled images each."
    print(f"\n{what} {environment()}")


if __name__ == "__main__":
    main()
