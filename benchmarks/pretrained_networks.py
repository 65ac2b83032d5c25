"""Fine-tuning of EfficientNet-Lite0 beside a head on its untouched features.

For each draw of an image set: logistic regression on the features (the start of every fine-tuning), then the network
trained on with the head alone, the last block or everything, at several learning rates. Test accuracy of the start, of
the last averaged weights, and of those that the rule clear_best keeps.

    python -m benchmarks.pretrained_networks --out FILE --set stamps --side 128 --labels 10 --seeds 0 1 2
    python -m benchmarks.pretrained_networks --table FILE
"""

import argparse
import json
import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.image_sets import LabeledSet, draw, labeled_set
from benchmarks.report import environment, table
from core.base.config import SplitConfig
from core.base.presets import recipe
from core.base.types import Splits
from core.data.image_store import open_images
from core.training.batches.part import Part, load_part
from core.training.batches.train_data import train_data
from core.training.loop.head_start import fit_head_start
from core.training.loop.kept_weights import begin
from core.training.loop.trainer import Trainer
from core.training.models.initialization import initial_model, model_facts, pretrained_backbone

CPU = torch.device("cpu")


def run(found: LabeledSet, parts: Splits, settings: dict[str, Any]) -> dict[str, Any]:
    """Train one arm on one draw."""
    images = open_images(found.folder / "images")
    config = recipe({"model": "backbone", "precision": "bf16", **settings})
    begun = time.process_time()
    data = train_data(images, parts, None, CPU, is_normalized=False)
    backbone = pretrained_backbone(config)
    model = initial_model(config, model_facts(config, images, backbone), None, backbone)
    fit_head_start(model, data, config)
    trainer = Trainer(config, model, data, CPU, config.precision)
    head_seconds = time.process_time() - begun
    test = load_part(images.pixels, parts.test, images.labels[parts.test], None, CPU)
    start, spent = _accuracy(trainer, test), time.process_time() - begun - head_seconds
    trainer.best = begin(trainer.evaluate(data.val), trainer.average.model)
    trainer.run(lambda _: None, lambda: False)
    seconds = time.process_time() - begun - spent
    last, kept = _accuracy(trainer, test), trainer.kept()
    trainer.average.model.load_state_dict(kept.weights)
    return {
        "head": start, "last": last, "kept": _accuracy(trainer, test), "epoch": kept.epoch, "sentence": kept.sentence,
        "head_seconds": head_seconds, "seconds": seconds, "num_test": len(test),
    }  # fmt: skip


def _accuracy(trainer: Trainer, part: Part) -> float:
    return 100 * trainer.evaluate(part).accuracy


def draw_splits(found: LabeledSet, seed: int, per_class: int) -> Splits:
    """Draw the parts of an image set; the demo's val and test are as large as the stamps'."""
    shares = {"val": 0.2, "test": 0.3} if found.name == "stamps" else {"val": 0.03, "test": 0.1}
    drawn, none = draw(found.labels, seed, per_class, **shares), np.empty(0, np.int64)
    ids = {name: np.sort(getattr(drawn, name)) for name in ("labeled", "val", "test")}
    return Splits(**ids, calibration=none, unlabeled=np.sort(drawn.pool), config=SplitConfig(), set_aside=none)


def show(path: Path) -> None:
    """Print mean ± deviation over the draws."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    names = ("set", "side", "labels", "part", "rate", "epochs")
    shown = []
    for key in dict.fromkeys(tuple(row[name] for name in names) for row in rows):
        mine = [row for row in rows if tuple(row[name] for name in names) == key]
        gains = np.array([row["last"] - row["head"] for row in mine])
        cells = [_spread([row[name] for row in mine]) for name in ("head", "last", "kept")]
        seconds = np.mean([row["seconds"] for row in mine])
        gain = f"{gains.mean():+.1f} ± {gains.std(ddof=1):.1f}" if len(gains) > 1 else f"{gains[0]:+.1f}"
        shown.append([*map(str, key), str(len(mine)), *cells, gain, f"{seconds:.0f}"])
    print(table([*names, "n", "head", "last", "kept", "last − head", "CPU s"], shown))


def _spread(values: list[float]) -> str:
    return f"{np.mean(values):.1f} ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else f"{values[0]:.1f}"


def main() -> None:
    """Run what was asked for, one line of results a run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--table", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("fine-tuning"))
    parser.add_argument("--set", default="stamps", choices=("stamps", "demo", "elpv"))
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--labels", type=int, default=10, help="per class")
    parser.add_argument("--parts", nargs="+", default=["last_block", "everything"])
    parser.add_argument("--rates", nargs="+", type=float, default=[0.01])
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    asked = parser.parse_args()
    if asked.table:
        show(asked.table)
        return
    torch.set_num_threads(1)
    print(environment())
    found = labeled_set(asked.set, asked.cache)
    for seed, part, rate in product(asked.seeds, asked.parts, asked.rates):
        key = {"set": asked.set, "side": asked.side, "labels": asked.labels, "part": part, "rate": rate,
               "epochs": asked.epochs, "seed": seed}  # fmt: skip
        settings = {"image_side": asked.side, "trained_part": part, "learning_rate": rate, "epochs": asked.epochs,
                    "seed": seed}  # fmt: skip
        row = {**key, **run(found, draw_splits(found, seed, asked.labels), settings)}
        print(row, flush=True)
        with asked.out.open("a") as file:
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
