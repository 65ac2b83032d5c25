"""Kill a training at random moments, resume it, and compare the end with an uninterrupted run, bit by bit.

    python -m benchmarks.attacks.killed_runs [--kills 50] [--seed 0]

Start-up is most of a short training's time, so every kill is aimed: at a random moment of start-up or training, or at
the moment when a file of the run begins to be written. Where it fell is read from what the killed process left.
"""

import argparse
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from benchmarks.attacks.mutated_files import draw_images
from benchmarks.report import environment
from core import Project, SplitConfig, TrainConfig
from core.store.files import read_json
from core.workspace.run import Run

EARLY = ("start", "training", "training", "status.json", "checkpoint.pt")
"""Aims from which those before a run's last kill are drawn: moments, or files that begin to be written."""
LAST = ("model.safetensors", "logits.npy", "calibration.json")
"""Aims of the last kill of a run: the files that it writes in the end."""
_PATIENCE = 180  # seconds after which a training counts as hanging
_TIMES = ("seconds", "images_per_second")  # what may differ between two runs of the same settings


@dataclass
class Resumed:
    """What became of trainings that were killed."""

    kills: int = 0
    runs: int = 0  # each killed several times, then left to end
    restarts: int = 0
    missed: int = 0  # aims that a run outran
    phases: Counter[str] = field(default_factory=Counter)  # where the kills fell
    different: list[str] = field(default_factory=list)  # what was not as in the uninterrupted run


def attack(folder: Path, kills: int, seed: int, epochs: int = 150) -> Resumed:
    """Kill trainings and resume them until they end.

    Args:
        folder: An empty folder for the project.
        kills: Number of kills in all.
        seed: Of the moments.
        epochs: Length of a training; a checkpoint is written fifteen times.
    """
    draw_images(folder / "images")
    sizes = SplitConfig(labeled=15, val=12, calibration=18, test=30, seed=0)
    project = Project.create(folder / "project", folder / "images", split=sizes)
    config = TrainConfig(method="flexmatch", model="mlp", epochs=epochs, checkpoint_epochs=max(1, epochs // 15),
                         batch_size=15, precision="fp32", device="cpu", profile="natural", log_batches=True,
                         seed=3)  # fmt: skip
    whole, rng, found = project.start_run(config), random.Random(seed), Resumed()
    lengths = _lengths(whole)
    while found.kills < kills:
        run, done = project.start_run(config), 0
        for aim in _aims(rng, kills - found.kills):
            before = _names(run)
            if not _is_killed(run, aim, lengths, rng):
                found.missed += 1
                break
            found.phases[_phase(run, _names(run) - before)] += 1
            run, done = project.resume_run(_gone(run).id), done + 1
        project.wait_run(run.id, timeout=_PATIENCE)
        found.kills, found.runs, found.restarts = found.kills + done, found.runs + 1, found.restarts + done
        found.different += [f"{run.id}: {what}" for what in _differences(run, whole)]
        if found.missed > 20 + kills:
            raise RuntimeError(f"Too many trainings end before they are killed: {found}")
    return found


def _aims(rng: random.Random, most: int) -> Sequence[str]:
    early = rng.sample(EARLY, len(EARLY) - 1)
    return [*early, rng.choice(LAST)][-most:]


def _lengths(run: Run) -> tuple[float, float]:
    """Return the seconds of a run before its training and of its training."""
    begin, started, end = time.monotonic(), 0.0, time.monotonic() + _PATIENCE
    while run.status.state in ("queued", "running"):
        if not started and run.status.message.startswith("Training"):
            started = time.monotonic()
        if time.monotonic() > end:
            raise RuntimeError(f"{run.id} does not end: {run.status}")
        time.sleep(0.01)
    if run.status.state != "done":
        raise RuntimeError(f"{run.id} is {run.status.state}: {run.status.message}")
    return started - begin, time.monotonic() - started


def _is_killed(run: Run, aim: str, lengths: tuple[float, float], rng: random.Random) -> bool:
    """Kill the process of a run that was just started, where the aim says; False where the run ends before."""
    before, end = _names(run), time.monotonic() + _PATIENCE
    wait, passed = rng.uniform(0, lengths[0]), rng.randrange(3)  # so many writes of the file go by first
    if aim == "start":
        return _kill(run) if _is_alive_after(run, wait) else False
    while time.monotonic() < end:
        if aim == "training" and _raw_message(run).startswith("Training"):
            return _kill(run) if _is_alive_after(run, rng.uniform(0, lengths[1] / 3)) else False
        if aim != "training" and (new := {name for name in _names(run) - before if f".{aim}-" in name}):
            before |= new
            if aim in LAST or passed == 0:
                return _kill(run)
            passed -= 1
        elif _raw_state(run) in ("done", "failed"):
            return False
        time.sleep(0.02 if aim == "training" else 0)
    raise RuntimeError(f"{run.id} hangs: {run.status}")


def _is_alive_after(run: Run, seconds: float) -> bool:
    time.sleep(seconds)
    return _raw_state(run) not in ("done", "failed")


def _kill(run: Run) -> bool:
    for pid in _processes(run):
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + _PATIENCE
        while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
            time.sleep(0.001)
        return _raw_state(run) != "done"
    return False


def _processes(run: Run) -> Iterator[int]:
    """Yield the number of the process that trains a run, or waits to: it is a child of this one."""
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in children.read_text().split():
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if run.id.encode() in words:
                yield int(pid)


def _gone(run: Run) -> Run:
    """Wait until a killed run reads as lost or failed."""
    end = time.monotonic() + _PATIENCE
    while run.status.state in ("queued", "running"):
        if time.monotonic() > end:
            raise RuntimeError(f"{run.id} was killed and still reads as {run.status.state}")
        time.sleep(0.02)
    return run


def _names(run: Run) -> set[str]:
    folders = (run.folder.path, run.folder.path / "predictions")
    return {name for folder in folders for name in os.listdir(folder)}


def _raw_state(run: Run) -> str:
    return str(read_json(run.folder.path / "status.json")["state"])


def _raw_message(run: Run) -> str:
    return str(read_json(run.folder.path / "status.json")["message"])


def _phase(run: Run, new: set[str]) -> str:
    """Say where a kill fell, by the state and the half-written files that it left."""
    if _raw_state(run) != "running":
        return "start-up"
    files = sorted(
        {name[1:].rpartition("-")[0] for name in new if name.startswith(".")} - {"logits.npy", "features.npy"}
    )
    if files:
        return f"{files[0]} is written"
    is_scored = (run.folder.path / "calibration.json").exists()
    message = "after the scores" if is_scored else _raw_message(run).split(".")[0].split(":")[0].lower()
    return {"reading images and labels": "images are read", "scoring all images": "images are scored"}.get(
        message, message
    )


def _differences(run: Run, whole: Run) -> list[str]:
    """Name what of a finished run is not as in the uninterrupted one."""
    files = (
        "model.safetensors",
        "model.json",
        "calibration.json",
        "predictions/logits.npy",
        "predictions/features.npy",
    )
    found = [
        name
        for name in files
        if (run.folder.path / name).read_bytes() != (whole.folder.path / name).read_bytes()
    ]  # fmt: skip
    states = [torch.load(one.folder.checkpoint_path, weights_only=True) for one in (run, whole)]
    found += [] if _is_same(*states) else ["checkpoint.pt"]
    for name in ("metrics", "batches"):
        lines = [getattr(one.folder, name)() for one in (run, whole)]
        found += [] if _is_same(*map(_without_times, lines)) else [name]
    news = [(one.status.kept_epoch, one.status.best_epoch, one.status.best_val_accuracy) for one in (run, whole)]
    found += [] if news[0] == news[1] else ["status"]
    left = [name for name in _names(run) if name.startswith(".")]
    return found + [f"{name} is left" for name in left]


def _without_times(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in line.items() if name not in _TIMES} for line in lines]


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two trees of tensors and plain values are equal, bit by bit."""
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_is_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return bool(one == other or (one != one and other != other))


def main() -> None:
    """Attack and print what became of the trainings."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["WINNOW_HOME"] = f"{folder}/home"  # its device lock is not shared with other trainings
        found = attack(Path(folder), options.kills, options.seed)
    print(
        f"{found.kills} kills of {found.runs} trainings, {found.restarts} restarts, {found.missed} aims missed, ",
        end="",
    )
    print(f"{time.monotonic() - begin:.0f} s. {environment()}")
    for phase, count in found.phases.most_common():
        print(f"{count:4} while: {phase}")
    for line in found.different:
        print(f"FAILED {line}")
    print(f"{len(found.different)} differences from the uninterrupted training")


if __name__ == "__main__":
    main()
