"""Measure the time from typing `winnow` to images on the screen.

Also the memory of the dashboard; on the demo, in real Chromium.

Two starts: a first one, which makes the demo project, and later ones, which open it. The clock runs from the start of
the process to the first sheet of images painted in an already open browser.

    python benchmarks/startup_time.py [--times 5]
"""

import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from benchmarks.report import environment, table
from tests.find_chromium import launch

_PORT = 8765
_PAINTED = "[...document.images].some((i) => i.src.includes('/sprite') && i.complete && i.naturalWidth > 0)"


def start(browser: Browser, home: Path) -> tuple[float, float]:
    """Seconds to the first images, and resident memory of the dashboard in MiB after them."""
    command = [sys.executable, "-m", "core.cli", "open", "--no-browser", "--port", str(_PORT)]
    begin = time.perf_counter()
    process = subprocess.Popen(
        command,
        env=os.environ | {"WINNOW_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        link = re.search(r"http://\S+", process.stdout.readline())
        assert link is not None
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        _await_port()
        page.goto(link[0])
        page.wait_for_function(_PAINTED, timeout=60_000)
        seconds = time.perf_counter() - begin
        page.wait_for_timeout(1000)
        memory = _resident(process.pid)
        page.close()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
    return seconds, memory


def _await_port() -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", _PORT), 1).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.01)


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found is not None
    return int(found[1]) / 1024


def _row(name: str, seconds: list[float], memory: list[float]) -> list[str]:
    spread = f"{min(seconds):.1f} to {max(seconds):.1f}"
    return [name, f"{median(seconds):.1f}", spread, f"{median(memory):.0f}", str(len(seconds))]


def main() -> None:
    """Start a few times and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    first, later = [], []
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for _ in range(times):
            with tempfile.TemporaryDirectory() as home:
                first.append(start(browser, Path(home)))
                later.append(start(browser, Path(home)))
        browser.close()
    rows = [
        _row(name, [seconds for seconds, _ in found], [memory for _, memory in found])
        for name, found in (("the demo is made", first), ("the demo is there", later))
    ]
    print(table(["start", "median s", "range s", "dashboard MiB", "n"], rows))
    print(f"\n{environment()}")


if __name__ == "__main__":
    main()
