"""Measure the speed of a training step beside a reference step in the same run.

* FixMatch, WRN-28-2, B = 64, 7 unlabeled images each, 32 x 32: ours against the usual port's recipe, written from the
  paper's description: fp32, Pillow's RandAugment and cutout image by image in a DataLoader of two workers, one forward
  pass of labeled, weak and strong images with gradient everywhere.
* Small CNN, an epoch of 1,000 images: ours against a plain fp32 loop over a DataLoader with torchvision transforms.
  Both by turns in processes of their own (benchmarks/interleaved_steps.py), ours with its allocator set as the engine
  sets it.
* Our whole step against the bare forward and backward of the same batch; our scoring against the bare forward.
* On a GPU also: our FixMatch step eager beside compiled, views a second and peak memory (--quick: small, anywhere).

    python -m benchmarks.training_speed [--steps 3] [--device cuda] [--quick]
"""

import argparse
import resource
import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.interleaved_steps import Recipe, interleaved_seconds, serve_steps
from benchmarks.reference_steps import BATCH, RATIO, SIDE, reference_epoch, reference_fixmatch
from benchmarks.report import environment, table
from core.base.config import TrainConfig
from core.training.batches.part import Part
from core.training.batches.train_data import TrainData
from core.training.loop.trainer import Trainer
from core.training.models.models import build
from core.training.predict import predict
from core.training.runtime.memory import keep_freed_memory
from core.training.runtime.precision import autocast
from core.training.runtime.tensors import channels_last

WARM = 10
"""Steps until the usual port's loader has its queue full; before that a step takes up to three times as long."""


def part(count: int, side: int, channels: int, device: torch.device) -> Part:
    """Random images with random labels."""
    draws = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (count, channels, side, side), generator=draws, dtype=torch.uint8)
    labels = torch.randint(0, 10, (count,), generator=draws)
    return Part(images.to(device), labels.to(device), torch.ones(count, device=device))


def trainer(config: TrainConfig, side: int, channels: int, device: torch.device, num_pool: int = 5000) -> Trainer:
    """Our trainer on random images."""
    one = torch.full((1, 1, 1, 1), 0.3, device=device)
    pool = part(num_pool, side, channels, device)
    labeled, val = part(1000, side, channels, device), part(100, side, channels, device)
    data = TrainData(labeled, None, None, pool, pool.labels, val, None, one, one)
    model = build(config.model, 10, channels, side, side, 0)
    return Trainer(config, model, data, device, config.precision)


def by_turns(
    ours: Callable[[], object], theirs: Callable[[], object], count: int, device: torch.device
) -> tuple[list[float], list[float]]:
    """Seconds of `count` calls of each function, by turns, after one call each to warm up."""
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(count + 1):
        for step, times in zip((ours, theirs), found, strict=True):
            begin = time.perf_counter()
            step()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            times.append(time.perf_counter() - begin)
    return found[0][1:], found[1][1:]


# --- the table --------------------------------------------------------------------------------------------------------


def compared(name: str, ours: list[float], theirs: list[float], yardstick: str) -> list[str]:
    """Format a row: ours, the reference, their ratio, the spread of both."""

    def spread(values: list[float]) -> str:
        return f"{1000 * median(values):,.0f} ({1000 * min(values):,.0f} to {1000 * max(values):,.0f})"

    return [name, spread(ours), yardstick, spread(theirs), f"{median(theirs) / median(ours):.2f}", str(len(ours))]


def bare(one: Trainer, count: int) -> Callable[[], object]:
    """Forward and backward alone of a batch of that many images, in the trainer's precision and layout."""
    images = torch.rand(
        count, 3 if one.config.model == "wrn" else 1, *([SIDE] * 2 if one.config.model == "wrn" else [28] * 2)
    )
    images = channels_last(images.to(one.device))
    labels = torch.randint(0, 10, (count,), device=one.device)

    def step() -> None:
        one.model.zero_grad(set_to_none=True)
        with autocast(one.device, one.precision):
            logits = one.model(images).float()
            nn.functional.cross_entropy(logits, labels).backward()  # type: ignore[no-untyped-call]

    return step


def scoring(one: Trainer, side: int, channels: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """Ours over 4,096 stored images, and the bare forward of as many in batches of the same size."""
    pixels = np.random.default_rng(0).integers(0, 256, (4096, side, side, channels), dtype=np.uint8)
    model: Any = one.model.eval()
    out = np.empty((4096, 10), np.float32), np.empty((4096, model.head.in_features), np.float16)
    normal = (one.data.mean, one.data.std)
    ready = channels_last(torch.rand(512, channels, side, side, device=one.device))

    def forward() -> None:
        with torch.inference_mode(), autocast(one.device, one.precision):
            for _ in range(8):
                model(ready)

    return lambda: predict(model, pixels, normal, one.device, one.precision, out, lambda _: None), forward


def versions(device: torch.device, precision: str, steps: int, ratio: int, *, is_quick: bool) -> str:
    """FixMatch steps eager beside compiled, by turns: images a second, and on a GPU the most memory each took."""
    words: dict[str, Any] = {"method": "fixmatch", "model": "small_cnn" if is_quick else "wrn", "ramp": "none"}
    config = TrainConfig(**words, precision=precision, unlabeled_ratio=ratio, batch_size=8 if is_quick else BATCH)
    both = [
        trainer(config.model_copy(update={"compile": is_compiled}), SIDE, 3, device) for is_compiled in (False, True)
    ]
    peaks = [0.0, 0.0]

    def stepping(number: int) -> Callable[[], object]:
        def step() -> None:
            if device.type == "cuda":
                torch.cuda.reset_peak_memory_stats(device)
            both[number].train_step()
            if device.type == "cuda":
                peaks[number] = max(peaks[number], torch.cuda.max_memory_allocated(device) / 2**30)

        return step

    found = by_turns(stepping(0), stepping(1), steps, device)
    images, rows = config.batch_size * (1 + 2 * ratio), []
    for name, times, peak in zip(("eager", "compiled"), found, peaks, strict=True):
        speed = [f"{images / seconds:,.0f}" for seconds in (median(times), max(times), min(times))]
        memory = f"{peak:.2f}" if device.type == "cuda" else "–"
        rows.append(
            [name, f"{1000 * median(times):,.1f}", f"{speed[0]} ({speed[1]} to {speed[2]})", memory, str(steps)]
        )
    ratio_of = median(found[0]) / median(found[1])
    head = [
        f"FixMatch step of {images:,} views, {config.model}",
        "ms, median",
        "views a second (range)",
        "peak GiB",
        "n",
    ]
    return f"{table(head, rows)}\n\nCompiled is {ratio_of:.2f} times as fast as eager, {precision}."


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--compile", action="store_true", help="compile in the first table too")
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--quick", action="store_true", help="eager beside compiled alone, small, to see that it runs")
    parser.add_argument("--recipe", help="be one of the recipes, told by stdin")
    asked = parser.parse_args()
    device = torch.device(asked.device)
    if asked.recipe:
        serve_steps(recipe(asked.recipe, device, is_compiled=asked.compile))
        return
    if not asked.quick:
        print(yardsticks(device, asked.steps, is_compiled=asked.compile) + "\n")
    if asked.quick or device.type == "cuda":
        count = 2 if asked.quick else 20 * asked.steps
        print(versions(device, asked.precision, count, 1 if asked.quick else RATIO, is_quick=asked.quick))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    print(f"\n{where}, {asked.precision}. Peak memory of this process: {peak:.1f} GiB. {environment()}")


def fixmatch(weak: str, device: torch.device, *, is_compiled: bool) -> Trainer:
    """Our FixMatch with WRN-28-2 on images like CIFAR's."""
    words: dict[str, Any] = {"precision": "bf16", "unlabeled_ratio": RATIO, "ramp": "none", "compile": is_compiled}
    return trainer(TrainConfig(method="fixmatch", model="wrn", weak_pass=weak, **words), SIDE, 3, device)


def small_cnn(device: torch.device, *, is_compiled: bool) -> Trainer:
    """Our small CNN on 1,000 labeled images like Fashion-MNIST's."""
    return trainer(TrainConfig(model="small_cnn", precision="bf16", compile=is_compiled), 28, 1, device)


def epoch_of(one: Trainer) -> Callable[[], object]:
    """A whole epoch of a trainer's steps."""

    def epoch() -> None:
        for _ in range(one.steps_per_epoch):
            one.train_step()

    return epoch


def recipe(name: str, device: torch.device, *, is_compiled: bool) -> Callable[[], object]:
    """Make the step that a process of its own runs at each turn, until the device has finished."""
    if name in ("joint", "own", "ours"):
        keep_freed_memory()  # as the engine does
    act = {
        "joint": lambda: fixmatch("joint", device, is_compiled=is_compiled).train_step,
        "own": lambda: fixmatch("own", device, is_compiled=is_compiled).train_step,
        "port": lambda: reference_fixmatch(device),
        "ours": lambda: epoch_of(small_cnn(device, is_compiled=is_compiled)),
        "plain": lambda: reference_epoch(device),
    }[name]()  # type: ignore[no-untyped-call]

    def step() -> None:
        act()
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return step


def by_processes(names: list[str], count: int, device: torch.device, *, is_compiled: bool) -> dict[str, list[float]]:
    """Seconds of so many turns of each recipe."""
    with ExitStack() as stack:
        words = ["benchmarks.training_speed", "--device", str(device), *["--compile"] * is_compiled, "--recipe"]
        return interleaved_seconds(
            {name: stack.enter_context(Recipe(*words, name)) for name in names}, count, {"port": WARM}
        )


def yardsticks(device: torch.device, steps: int, *, is_compiled: bool) -> str:
    """Measure our steps, epoch and scoring, each beside its reference."""
    found = by_processes(["joint", "own", "port"], steps, device, is_compiled=is_compiled)
    rows = [
        compared("FixMatch step, WRN-28-2", found["joint"], found["port"], "usual port"),
        compared("FixMatch step, weak views apart", found["own"], found["port"], "usual port"),
    ]
    found = by_processes(["ours", "plain"], 3 * steps, device, is_compiled=is_compiled)
    rows.append(compared("small CNN, epoch of 1,000", found["ours"], found["plain"], "plain fp32 loop"))
    keep_freed_memory()
    wide, small = fixmatch("joint", device, is_compiled=is_compiled), small_cnn(device, is_compiled=is_compiled)
    images = BATCH * (1 + 2 * RATIO)
    times = by_turns(wide.train_step, bare(wide, images), steps, device)
    rows.append(compared("the same step, joint", *times, "bare fwd + bwd"))
    times = by_turns(small.train_step, bare(small, BATCH), 20 * steps, device)
    rows.append(compared("small CNN step", *times, "bare fwd + bwd"))
    for name, one, side, channels in (("WRN-28-2", wide, SIDE, 3), ("small CNN", small, 28, 1)):
        times = by_turns(*scoring(one, side, channels), 2 * steps, device)
        rows.append(compared(f"scoring 4,096, {name}", *times, "bare forward"))
    head = ["what", "ours: ms, median (range)", "beside", "ms, median (range)", "ratio", "n"]
    return table(head, rows)


if __name__ == "__main__":
    main()
