"""Seconds and memory of one refit of a head: fit, score all images, and the first page of new suggestions.

Features are random, float16, in a memory-mapped file; 700 labels in 10 classes, or the 10,700 that a bulk accept
leaves at most. Each measurement has a process of its own, whose highest memory is read at its end; it counts
the pages of the mapped file that it holds. The first chunk scored is what a person waits for.

    python -m benchmarks.head_scale [--sizes 10000 100000 1000000] [--width 1280] [--labels 700]
"""

import argparse
import itertools
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.report import environment, table
from core.base.config import HeadKind
from core.heads.fit import fit_head, score_chunks
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import HeadSettings

KINDS: tuple[HeadKind, ...] = ("kernel_ridge", "logistic")
REACH = {10_000: "0.2", 100_000: "2", 1_000_000: "20"}
CLASSES, FIRST = 10, 4_096
_CHUNK = 65_536


def write_features(file: Path, num: int, width: int) -> None:
    """Write random features, chunk by chunk."""
    values = np.lib.format.open_memmap(file, mode="w+", dtype=np.float16, shape=(num, width))
    rng = np.random.default_rng(0)
    for start in range(0, num, _CHUNK):
        rows = values[start : start + _CHUNK]
        rows[:] = rng.standard_normal(rows.shape, dtype=np.float32)
    values.flush()


def measure(file: Path, kind: HeadKind, num_labels: int) -> dict[str, float]:
    """Fit and score once, in this process."""
    values = np.load(file, mmap_mode="r")
    rng = np.random.default_rng(1)
    ids = np.sort(rng.choice(len(values), num_labels, replace=False))
    none = np.empty(0, np.int64)
    labels = HeadLabels(
        ids, rng.integers(0, CLASSES, num_labels), np.ones(num_labels, np.float32), none, none, CLASSES
    )  # fmt: skip
    begin = time.perf_counter()
    head = fit_head(values, labels, HeadSettings(kind=kind))
    fitted = time.perf_counter() - begin
    first, num = 0.0, 0
    for part, _ in score_chunks(head, values):
        num += len(part)
        first = first or time.perf_counter() - begin
    total = time.perf_counter() - begin
    return {"fit": fitted, "first": first, "total": total, "cpu": time.process_time(), "peak": highest_memory()}


def highest_memory() -> float:
    """The most memory that this process has held, in GiB; ru_maxrss would hold that of the process that started it."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 2**20


def main() -> None:
    """Measure every size and head, each in its own process, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=list(REACH))
    parser.add_argument("--width", type=int, default=1_280)
    parser.add_argument("--labels", type=int, nargs="+", default=[700])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--one", nargs=2, help="for the processes: file and head")
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(Path(arguments.one[0]), arguments.one[1], arguments.labels[0])))
        return
    print(environment())
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for num in arguments.sizes:
            file = Path(folder) / "features.npy"
            write_features(file, num, arguments.width)
            for kind, labels in itertools.product(KINDS, arguments.labels):
                command = [
                    sys.executable,
                    "-m",
                    "benchmarks.head_scale",
                    "--one",
                    str(file),
                    kind,
                    "--labels",
                    str(labels),
                ]
                runs = [json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
                        for _ in range(arguments.repeats)]  # fmt: skip
                found = {name: sorted(run[name] for run in runs)[len(runs) // 2] for name in runs[0]}
                rows.append([f"{num:,}", f"{labels:,}", kind, *(f"{found[n]:.2f}" for n in ("fit", "first", "total")),
                             REACH.get(num, "–"), f"{found['cpu']:.1f}", f"{found['peak']:.2f}"])  # fmt: skip
            file.unlink()
    head = ["images", "labels", "head", "fit, s", "first 4,096 scored, s", "fit and score all, s", "reach, s", "CPU s",
            "peak memory, GiB"]  # fmt: skip
    print(table(head, rows))


if __name__ == "__main__":
    main()
