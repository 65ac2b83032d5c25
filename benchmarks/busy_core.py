"""Training beside a busy core: images a second, and a processor second, by how the threads wait for each other.

The epoch of 1,000 images of the small CNN, in one process for each setting, by turns; each with and without another
process that keeps one core busy. Where two threads share a core with other work, one waits for the other: a waiting
thread that spins uses up the processor time that the other one, or the other work, needs.

* Images a second: what a person sees. Its fair share beside one busy process on n cores is n - 1/2 of n cores with two
  threads or more, and one core with one thread.
* Images a processor second: what is left of the processor time that it gets; other work on the machine, which takes
  time but wastes none, spoils it least.

    python -m benchmarks.busy_core [--times 8]
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from statistics import median

from benchmarks.interleaved_steps import Recipe
from benchmarks.report import environment, table

IMAGES = 1000
CORES = len(os.sched_getaffinity(0))
SETTINGS: dict[str, dict[str, str]] = {
    "as OpenMP chooses": {"OMP_NUM_THREADS": str(CORES)},
    "OMP_WAIT_POLICY=PASSIVE": {"OMP_NUM_THREADS": str(CORES), "OMP_WAIT_POLICY": "PASSIVE"},
    "GOMP_SPINCOUNT=1000": {"OMP_NUM_THREADS": str(CORES), "GOMP_SPINCOUNT": "1000"},
    "one thread": {"OMP_NUM_THREADS": "1"},
}


class BusyCore:
    """A process that keeps one core busy while it is let go."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        self.stop()

    def go(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Let it stand still."""
        self._process.send_signal(signal.SIGSTOP)

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def measured(times: int) -> dict[tuple[str, bool], list[tuple[float, float]]]:
    """Elapsed and processor seconds of an epoch, by setting and whether a core was busy beside it."""
    found: dict[tuple[str, bool], list[tuple[float, float]]] = {
        (name, is_busy): [] for name in SETTINGS for is_busy in (False, True)
    }
    with ExitStack() as stack:
        words = ("benchmarks.training_speed", "--recipe", "ours")
        recipes = {name: stack.enter_context(Recipe(*words, environment=given)) for name, given in SETTINGS.items()}
        busy = BusyCore()
        stack.callback(busy.end)
        for recipe in recipes.values():
            recipe.step()
            recipe.step()
        for number in range(times):
            for is_busy in (False, True):
                (busy.go if is_busy else busy.stop)()
                time.sleep(0.1)
                names = list(recipes)
                for name in names[number % len(names) :] + names[: number % len(names)]:  # each is first at times
                    before = recipes[name].cpu_seconds
                    seconds = recipes[name].step()
                    found[name, is_busy].append((seconds, recipes[name].cpu_seconds - before))
            busy.stop()
    return found


def spread(values: list[float]) -> str:
    """Median and range."""
    return f"{median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=8)
    found = measured(parser.parse_args().times)
    rows = []
    for (name, is_busy), pairs in found.items():
        one = found["one thread", is_busy]
        share = median(b[1] / a[1] for a, b in zip(pairs, one, strict=True))
        rows.append([
            name, "one core busy" if is_busy else "as it is", spread([IMAGES / a for a, _ in pairs]),
            spread([IMAGES / b for _, b in pairs]), f"{share:.2f}", str(len(pairs)),
        ])  # fmt: skip
    head = ["threads", "beside", "images a second", "images a CPU second", "of one thread's", "n"]
    print(table(head, rows))
    print(f"\n{CORES} cores, load {os.getloadavg()[0]:.0f}. {environment()}")


if __name__ == "__main__":
    main()
