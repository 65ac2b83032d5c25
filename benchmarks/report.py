"""Environment and tables of a measurement, for docs/BENCHMARKS.md."""

import os
import platform
import subprocess
from datetime import date
from pathlib import Path

_COMMIT = (
    subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    ).stdout.strip()
    or "unknown"
)  # read now: another commit may be checked out while the program measures


def environment() -> str:
    """One sentence: date, commit, processor, cores, memory, torch."""
    from importlib.metadata import version

    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{date.today()}, commit {commit()}, {_processor()}, {os.cpu_count()} cores, {gigabytes:.0f} GiB, "
        f"Python {platform.python_version()}, torch {version('torch')}, streamlit {version('streamlit')}"
    )


def commit() -> str:
    """Short name of the commit that was checked out when the program began; "unknown" outside of a checkout."""
    return _COMMIT


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows])
