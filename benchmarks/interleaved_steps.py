"""Time steps of several processes by turns; a process stands still while another has its turn.

A recipe that loads ahead in workers cannot do so in the others' time, and none meets another's allocator.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self


class Recipe:
    """A process that makes a step when told to: `python -m MODULE …` must call `serve_steps`.

    Args:
        words: The module and its arguments.
        environment: Variables of the process beside those of this one.
    """

    def __init__(self, *words: str, environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True, env=os.environ | dict(environment or {}),
        )  # fmt: skip

    @property
    def cpu_seconds(self) -> float:
        """Processor seconds that the process has used, of all its threads."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def step(self) -> float:
        """Seconds of the next step."""
        os.killpg(self._process.pid, signal.SIGCONT)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("step\n")
        self._process.stdin.flush()
        seconds = float(self._process.stdout.readline())
        os.killpg(self._process.pid, signal.SIGSTOP)
        return seconds

    def __enter__(self) -> Self:
        """The recipe itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the process and its workers."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


def serve_steps(step: Callable[[], object]) -> None:
    """In the recipe's process: a step for each line of stdin, its seconds on stdout."""
    for _ in sys.stdin:
        begin = time.perf_counter()
        step()
        print(time.perf_counter() - begin, flush=True)


def interleaved_seconds(recipes: dict[str, Recipe], count: int, warm: dict[str, int]) -> dict[str, list[float]]:
    """Seconds of so many steps of each, by turns, after its own number of steps to warm up (else one)."""
    found: dict[str, list[float]] = {name: [] for name in recipes}
    for name, recipe in recipes.items():
        for _ in range(warm.get(name, 1)):
            recipe.step()
    for _ in range(count):
        for name, recipe in recipes.items():
            found[name].append(recipe.step())
    return found
