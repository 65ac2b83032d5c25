"""Fixed overhead of a run: from its start to its first step, on the demo, as the product starts it.

Elapsed and processor seconds of the run's process until it begins its first step (its picture of augmented views is the
last thing that it makes before). The first run also measures bf16 against fp32, which later ones remember.

    python -m benchmarks.run_overhead [--times 6] [--profile]

--profile prints instead which imports take longest.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.report import environment, table
from core import Project, TrainConfig

STATES = {"a network's": TrainConfig(model="small_cnn", epochs=1000), "fixmatch's": TrainConfig(
    model="small_cnn", method="fixmatch", epochs=1000
)}  # fmt: skip


def cpu_seconds(pid: int) -> float:
    """Processor seconds of a process, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def overhead(project: Project, config: TrainConfig) -> tuple[float, float]:
    """Elapsed and processor seconds from the start of a run to its first step; the run is cancelled then."""
    begin = time.perf_counter()
    run = project.start_run(config)
    while not (run.folder.path / "augmentation.png").exists():
        if run.status.state not in ("queued", "running"):
            raise SystemExit(run.log_tail())
        time.sleep(0.02)
    elapsed, pid = time.perf_counter() - begin, run.status.pid
    used = cpu_seconds(pid) if pid else float("nan")
    project.cancel_run(run.id)
    while run.status.state in ("queued", "running"):
        time.sleep(0.05)
    return elapsed, used


def spread(values: list[float]) -> str:
    """Median and range."""
    return f"{median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=6)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    if asked.profile:
        command = [sys.executable, "-P", "-X", "importtime", "-c", "import core.training.worker"]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()[1:]
        slowest = sorted(lines, key=lambda line: -int(line.split("|")[1]))
        print("\n".join(slowest[:40]))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["WINNOW_HOME"] = folder
        project = Project.demo(Path(folder) / "demo")
        for name, config in STATES.items():
            first = overhead(project, config)
            later = [overhead(project, config) for _ in range(asked.times)]
            rows.append([f"{name} first run", f"{first[0]:.1f}", f"{first[1]:.1f}", "1"])
            rows.append(
                [f"{name} later runs", spread([a for a, _ in later]), spread([b for _, b in later]), str(len(later))]
            )
    print(table(["start to first step", "elapsed s", "CPU s", "n"], rows))
    print(f"\nLoad {os.getloadavg()[0]:.0f}. {environment()}")


if __name__ == "__main__":
    main()
