"""Milliseconds from a key to the next image while the model learns beside the page, in real Chromium, beside none.

The demo with 100 labels and a head on HOG features; 200 accepting keys, at most 8 a second, in the focus view, once
with the model learning after every 20 decisions and once with it off, by turns. Reach: p95 at most 50 ms meanwhile.

    python -m benchmarks.live_refit [--keys 200] [--repeats 3]
"""

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from benchmarks.report import environment, table
from benchmarks.review_page import ReviewWindow
from core import Project, SplitConfig, constants
from tests.find_chromium import launch

INTERVALS = (20, 0)


def measure(browser: Browser, folder: Path, interval: int, num_keys: int) -> tuple[list[float], int]:
    """Time the keys on a project of its own; return them and the number of versions that were made."""
    os.environ["WINNOW_HOME"] = str(folder / "home")
    project = Project.create(folder / "demo", "demo", split=SplitConfig(labeled=100))
    run = project.wait_run(project.start_run(constants.PRESETS["head"].config()).id)
    project.live.set_interval(interval)
    window = ReviewWindow(browser, project.path, folder / "home")
    try:
        window.open(view="focus", ranking="margin", tiles="200")
        times = window.keys("focus", ["a"] * num_keys, pause=125)
    finally:
        window.process.terminate()
        window.process.wait()
        window.page.close()
    versions = run.folder.path / "versions"
    return times, len(list(versions.iterdir())) if versions.is_dir() else 0


def main() -> None:
    """Measure both settings by turns and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    print(environment())
    found: dict[int, list[float]] = {interval: [] for interval in INTERVALS}
    made = dict.fromkeys(INTERVALS, 0)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for _ in range(arguments.repeats):
            for interval in INTERVALS:
                with tempfile.TemporaryDirectory() as folder:
                    times, versions = measure(browser, Path(folder), interval, arguments.keys)
                found[interval] += times
                made[interval] += versions
        browser.close()
    rows = [
        ["learns every 20 decisions" if interval else "does not learn", f"{len(times):,}", f"{made[interval]}",
         *(f"{np.percentile(times, share):.0f}" for share in (50, 95, 99))]
        for interval, times in found.items()
    ]  # fmt: skip
    print(table(["model", "keys", "refits", "median, ms", "p95, ms", "p99, ms"], rows))


if __name__ == "__main__":
    main()
