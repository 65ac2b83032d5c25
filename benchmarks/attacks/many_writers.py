"""Let several processes write decisions to one log at once; count decisions lost, stored twice, or out of order.

python -m benchmarks.attacks.many_writers [--writers 8] [--decisions 5000]
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from core.store.decision_log import DecisionLog

_WRITER = """
import sys
from pathlib import Path
from core.store.decision_log import DecisionLog, NewDecision
log = DecisionLog(Path(sys.argv[1]))
name, count = sys.argv[2], int(sys.argv[3])
for number in range(count):
    log.append([NewDecision(f"{name}-{number}", name, "001", "accept", number, 0, 0, 0.5)])
"""


@dataclass(frozen=True)
class Written:
    """What the log holds afterwards."""

    expected: int
    stored: int
    twice: int  # command ids stored more than once
    disordered: int  # writers whose decisions are not in the order in which they wrote
    seconds: float


def attack(folder: Path, writers: int, decisions: int) -> Written:
    """Write from several processes at once.

    Args:
        folder: An empty folder for the log.
        writers: Number of processes.
        decisions: Number of decisions of each, every one a transaction of its own.
    """
    file, begin = folder / "decisions.sqlite", time.monotonic()
    commands = [[sys.executable, "-c", _WRITER, str(file), f"w{number}", str(decisions)] for number in range(writers)]
    processes = [subprocess.Popen(command) for command in commands]
    failed = [process.wait() for process in processes]
    if any(failed):
        raise RuntimeError(f"Writers ended with {failed}.")
    names = [row.command_id for row in DecisionLog(file).rows_after(0)]
    orders = {f"w{number}": [name for name in names if name.startswith(f"w{number}-")] for number in range(writers)}
    expected = {name: [f"{name}-{number}" for number in range(decisions)] for name in orders}
    disordered = sum(orders[name] != expected[name] for name in orders)
    twice = sum(count > 1 for count in Counter(names).values())
    return Written(writers * decisions, len(names), twice, disordered, time.monotonic() - begin)


def main() -> None:
    """Write and print what the log holds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--decisions", type=int, default=5_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(attack(Path(folder), options.writers, options.decisions))


if __name__ == "__main__":
    main()
