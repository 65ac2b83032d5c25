"""Kill a training at random moments, resume it, and compare the end with an uninterrupted run, bit by bit.

python -m benchmarks.attacks.killed_runs [--kills 50] [--seed 0]
"""

import argparse
import os
import random
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from benchmarks.attacks.mutated_files import draw_images
from core import Project, SplitConfig, TrainConfig
from core.workspace.run import Run

_PATIENCE = 300  # seconds


@dataclass(frozen=True)
class Resumed:
    """What became of trainings that were killed."""

    kills: int
    runs: int  # each killed several times, then left to end
    different: int  # runs whose weights, logits or metrics differ from the uninterrupted one


def attack(folder: Path, kills: int, seed: int, kills_each: int = 5) -> Resumed:
    """Kill trainings and resume them until they end.

    Args:
        folder: An empty folder for the project.
        kills: Number of kills in all.
        seed: Of the moments.
        kills_each: Most kills of one run.
    """
    draw_images(folder / "images")
    sizes = SplitConfig(labeled=15, val=12, calibration=18, test=30, seed=0)
    project = Project.create(folder / "project", folder / "images", split=sizes)
    config = TrainConfig(method="flexmatch", model="mlp", epochs=12, batch_size=15, precision="fp32", device="cpu",
                         profile="natural", seed=3)  # fmt: skip
    whole = project.start_run(config)
    project.wait_run(whole.id, timeout=_PATIENCE)
    rng, done, runs, different = random.Random(seed), 0, 0, 0
    while done < kills:
        run = project.start_run(config)
        wanted, hit = min(kills_each, kills - done), 0
        while hit < wanted and _is_killed(run, rng):
            hit += 1
            run = project.resume_run(run.id)
        project.wait_run(run.id, timeout=_PATIENCE)
        done, runs, different = done + hit, runs + 1, different + (not _is_equal(project.run(run.id), whole))
    return Resumed(done, runs, different)


def _is_killed(run: Run, rng: random.Random) -> bool:
    """Kill the worker a random while after its first step; False where the run ends before."""
    first, end = run.status.step, time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        status = run.status
        if status.state in ("done", "failed"):
            return False
        if status.pid is not None and status.state == "running" and status.step > first:
            time.sleep(rng.uniform(0, 0.5))
            try:
                os.kill(status.pid, signal.SIGKILL)
            except ProcessLookupError:
                return False
            while run.status.state == "running":  # until its lock is free
                time.sleep(0.05)
            return run.status.state == "lost"
        time.sleep(0.01)
    raise RuntimeError(f"{run.id} neither ends nor trains: {run.status}")


def _is_equal(run: Run, whole: Run) -> bool:
    weights, expected = load_file(run.folder.model_path), load_file(whole.folder.model_path)
    lines, expected_lines = run.folder.metrics(), whole.folder.metrics()
    return (
        weights.keys() == expected.keys()
        and all(np.array_equal(weights[name], expected[name]) for name in weights)
        and np.array_equal(run.folder.logits(), whole.folder.logits())
        and [line["loss"] for line in lines] == [line["loss"] for line in expected_lines]
    )


def main() -> None:
    """Attack and print what became of the trainings."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(attack(Path(folder), options.kills, options.seed))


if __name__ == "__main__":
    main()
