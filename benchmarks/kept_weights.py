"""Compare small models, and the rules for keeping weights, on splits of the demo.

Every run keeps the predictions on val, and on test, of the averaged weights at each evaluation that val has called the
best so far, and at the last one. Rules that choose between them by val alone are compared on the same trainings.

    python -m benchmarks.kept_weights --out FILE [--arms …] [--splits …]
    python -m benchmarks.kept_weights --table FILE
"""

import argparse
import json
import math
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.report import environment, table
from core import Project, SplitConfig
from core.base.presets import recipe
from core.risk.comparison import paired_difference
from core.training.batches.part import Part, load_part
from core.training.batches.train_data import train_data
from core.training.loop.trainer import Trainer
from core.training.methods.methods import SECOND_VIEWS
from core.training.models.models import build
from core.training.runtime.memory import chunk_size

CPU = torch.device("cpu")
ARMS: dict[str, dict[str, Any]] = {
    "small_cnn, 60 epochs": {"model": "small_cnn"},
    "small_cnn, 6 epochs": {"model": "small_cnn", "epochs": 6},
    "tiny_cnn, 60 epochs": {"model": "tiny_cnn"},
    "tiny_cnn, 600 epochs": {"model": "tiny_cnn", "epochs": 600, "log_epochs": 10},
    "tiny_cnn, softmatch, 20 epochs": {"model": "tiny_cnn", "method": "softmatch", "epochs": 20},
}
"""By name: settings that differ from the method's recipe."""
RULES = ("best", "1 SE", "clear_best", "last")
"""Best on val, or the last unless the best is one standard error ahead, or clearly ahead, on val; or the last."""


def predictions(trainer: Trainer, part: Part) -> list[int]:
    """Classes (n,) under the averaged weights."""
    chunks = torch.split(torch.arange(len(part)), chunk_size(*part.size))
    return [int(label) for rows in chunks for label in trainer.logits_of(part.take(rows)).argmax(1)]


def run(project: Project, name: str, split: int) -> dict[str, Any]:
    """Train one arm on one split; its predictions at each evaluation that was the best so far, and at the last."""
    begin = time.process_time()
    config = recipe({"precision": "bf16", "seed": split, **ARMS[name]})
    images, splits = project.images, project.splits
    data = train_data(images, splits, None, CPU, needs_pool=config.method in SECOND_VIEWS)
    trainer = Trainer(config, build(config.model, 10, 1, 28, 28, config.seed), data, CPU, "bf16")
    test = load_part(images.pixels, splits.test, images.labels[splits.test], None, CPU)
    val = data.val
    assert val is not None
    looks: list[dict[str, Any]] = []
    spent = 0.0

    def look(line: dict[str, Any]) -> None:
        nonlocal spent
        at = time.process_time()
        is_best = trainer.best["epoch"] == line["epoch"]
        if is_best or trainer.step == trainer.steps:
            found = {part: predictions(trainer, images) for part, images in (("val", val), ("test", test))}
            looks.append({"epoch": line["epoch"], "is_best": is_best, **found})
        spent += time.process_time() - at

    trainer.run(look, lambda: False)
    seconds = time.process_time() - begin - spent
    truth = {part: images.labels[ids].tolist() for part, ids in (("val", splits.val), ("test", splits.test))}
    return {"arm": name, "split": split, "cpu_seconds": seconds, "looks": looks, "truth": truth}


def kept(row: dict[str, Any], rule: str) -> dict[str, float]:
    """Epoch and test accuracy of the weights that a rule keeps."""
    best = next(look for look in reversed(row["looks"]) if look["is_best"])
    last, truth = row["looks"][-1], {part: np.array(labels) for part, labels in row["truth"].items()}
    paired = paired_difference(np.array(last["val"]), np.array(best["val"]), truth["val"])
    gain, share = paired.difference, (paired.gained + paired.lost) / paired.n
    is_ahead = gain > math.sqrt((share - gain**2) / paired.n) if rule == "1 SE" else paired.interval[0] > 0
    chosen = best if rule == "best" or (rule != "last" and is_ahead) else last
    return {"epoch": chosen["epoch"], "test": float((np.array(chosen["test"]) == truth["test"]).mean())}


def step_seconds(model: str, precision: str, count: int = 15) -> float:
    """Median seconds of a training step of 64 images of 28 x 28."""
    network = build(model, 10, 1, 28, 28, 0).to(memory_format=torch.channels_last)
    images = torch.rand(64, 1, 28, 28).contiguous(memory_format=torch.channels_last)
    optimizer, found = torch.optim.SGD(network.parameters(), 0.03, 0.9, nesterov=True), []
    for _ in range(count):
        begin = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            loss = nn.functional.cross_entropy(network(images), torch.arange(64) % 10)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        found.append(time.perf_counter() - begin)
    return float(np.median(found[3:]))


def show(path: Path) -> None:
    """Test accuracy of each arm under each rule."""
    rows = sorted((json.loads(line) for line in path.read_text().splitlines()), key=lambda row: row["split"])
    head = ["training", "n", "CPU s", *RULES]
    shown = []
    for arm in dict.fromkeys(row["arm"] for row in rows):
        mine = [row for row in rows if row["arm"] == arm]
        found = np.array([[100 * kept(row, rule)["test"] for rule in RULES] for row in mine])
        cells = [f"{column.mean():.1f} ({column.min():.1f} to {column.max():.1f})" for column in found.T]
        gains = found - found[:, :1]
        shown.append([arm, str(len(mine)), f"{np.mean([row['cpu_seconds'] for row in mine]):.0f}", *cells])
        shown.append(["against best by val", "", "", *(_gain(column) for column in gains.T)])
    print(table(head, shown))


def _gain(points: np.ndarray) -> str:
    error = points.std(ddof=1) / math.sqrt(len(points)) if len(points) > 1 else math.nan
    return f"{points.mean():+.1f} ± {error:.1f} ({points.min():+.1f} to {points.max():+.1f})"


def main() -> None:
    """Run what was asked for, one line of results a run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--table", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--steps", action="store_true", help="only time a step of both models")
    parser.add_argument("--arms", nargs="+", default=list(ARMS))
    parser.add_argument("--splits", nargs="+", type=int, default=[0, 1, 2])
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.table:
        show(asked.table)
        return
    print(environment())
    if asked.steps:
        for _ in range(2):
            for model in ("small_cnn", "tiny_cnn"):
                print(model, {p: f"{1000 * step_seconds(model, p):.0f} ms" for p in ("fp32", "bf16")}, flush=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        for split in asked.splits:
            project = Project.create(Path(folder) / str(split), "demo", split=SplitConfig(seed=split))
            for name in asked.arms:
                row = run(project, name, split)
                print(name, split, f"{row['cpu_seconds']:.0f} s", kept(row, "best"), kept(row, "last"), flush=True)
                with asked.out.open("a") as file:
                    file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
