"""Measure likeness queries, near duplicates, and the map's frames in Chromium.

The features are synthetic: 10 clusters with 64 free directions in 1,280 numbers.

    python -m benchmarks.find_and_look [--images 100000]
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks.report import environment, table
from benchmarks.synthetic import RUN, synthetic_project
from core import PageQuery, Project, QueueFilter
from core.data.groups.by_similarity import MAX_DISTANCE
from core.scoring.connected_groups import connected_groups
from core.similarity.near_duplicates import near_duplicates
from tests.find_chromium import launch

DIMS = 1_280
_PORT = 8767
_FRAMES = Path(__file__).with_name("map_probe.js")


def prepare(folder: Path, num_images: int) -> Project:
    """Make a project of so many images with clustered features."""
    project = synthetic_project(folder, num_images=num_images)
    rng, total = np.random.default_rng(0), len(project.images.labels)
    file = folder / "runs" / RUN / "predictions" / "features.npy"
    values = np.lib.format.open_memmap(file, mode="w+", dtype=np.float16, shape=(total, DIMS))
    centers, mix = 1.5 * rng.normal(size=(10, 64)), rng.normal(size=(64, DIMS)) / 8
    for start in range(0, total, 4_096):
        rows = values[start : start + 4_096]
        inner = centers[rng.integers(0, 10, len(rows))] + rng.normal(size=(len(rows), 64))
        rows[:] = inner @ mix + 0.1 * rng.normal(size=rows.shape)
    values.flush()
    return Project.open(folder)


def timed(work: Callable[[int], object], times: int) -> list[float]:
    """Milliseconds of each of several calls."""
    found = []
    for number in range(times):
        begin = time.perf_counter()
        work(number)
        found.append(1_000 * (time.perf_counter() - begin))
    return found


def likeness(project: Project) -> list[list[str]]:
    """First query, later queries, and later ones with filters."""
    review, size = project.review(RUN), f"{len(project.splits.pool):,} × {DIMS:,}"
    wanted = QueueFilter(show="undecided", predicted=3)
    first = timed(lambda n: review.page(PageQuery("similar", like=n)), 1)
    later = timed(lambda n: review.page(PageQuery("similar", like=100 + n)), 30)
    filtered = timed(lambda n: review.page(PageQuery("similar", like=200 + n, wanted=wanted)), 30)
    return [
        _row(f"more like this, first query (components fitted and kept), {size}", first),
        _row(f"more like this, a page of another image, {size}", later),
        _row("the same, undecided images of one class", filtered),
    ]


def duplicates(folder: Path) -> list[list[str]]:
    """Near duplicates of the demo, and the grouping alone."""
    demo, radius = Project.create(folder / "demo", "demo"), float(np.sqrt(2 * MAX_DISTANCE))
    vectors = np.random.default_rng(0).normal(scale=0.1, size=(10_000, 64)).astype(np.float32)
    whole = timed(lambda n: near_duplicates(demo.workspace), 1)
    groups = timed(lambda n: connected_groups(vectors, radius), 5)
    return [
        _row("near duplicates of the demo (10,000), thumbnails included", whole),
        _row("its grouping alone, 10,000 × 64, random", groups),
    ]


def frames(project: Project) -> tuple[list[list[str]], str]:
    """Frames a second while the map of the project is moved and zoomed, and the renderer."""
    command = [sys.executable, "-m", "dashboard", str(project.path), "--port", str(_PORT), "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    rows, renderer = [], ""
    try:
        assert process.stdout is not None
        link = re.search(r"http://\S+", process.stdout.readline())
        assert link is not None
        time.sleep(3)
        with sync_playwright() as playwright:
            for width, height in ((1280, 900), (1920, 1080)):
                browser = launch(playwright)
                page = browser.new_page(viewport={"width": width, "height": height})
                page.goto(link[0].replace("/?", "/map?"))
                page.locator(".map-app[data-points]").wait_for(timeout=120_000)
                page.wait_for_timeout(2_500)
                found: dict[str, Any] = page.evaluate(_FRAMES.read_text(encoding="utf-8"))
                renderer = found["renderer"]
                for name in ("move", "zoom"):
                    rate, share = found[name]["rate"], found[name]["share"]
                    what = f"map of {int(found['points']):,} points, {name}, {width} × {height}"
                    rows.append(
                        [what, f"{rate:.0f} frames a second", f"{100 * share:.0f} % of the points drawn", "150"]
                    )
                browser.close()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
    return rows, renderer


def _row(name: str, found: list[float]) -> list[str]:
    return [name, f"{median(found):.0f} ms", f"{min(found):.0f} to {max(found):.0f}", str(len(found))]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=100_000)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["WINNOW_HOME"] = temporary
        project = prepare(Path(temporary) / "big", parser.parse_args().images)
        rows = [*likeness(project), *duplicates(Path(temporary))]
        drawn, renderer = frames(project)
    print(table(["what", "median", "range", "n"], [*rows, *drawn]))
    print(f"\nRenderer: {renderer}. {environment()}")


if __name__ == "__main__":
    main()
