"""Measure the Review page at scale, in real Chromium.

Drag, release, page turn, key to next image, bulk accept and undo.

Scores are synthetic, images are the demo's, tiled. Keys and clicks are the browser's own; times run from the event to
the first frame after the change shows with its pictures decoded.

    python -m benchmarks.review_page [--sizes 10000 100000 1000000 10000000] [--full 1000000]
"""

import argparse
import gc
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.report import environment, table
from benchmarks.synthetic import RUN, synthetic_project
from benchmarks.training_vs_review import training_vs_review
from core import Project
from core.data.datasets import DATASETS
from core.workspace.pool_index import ensure_index
from tests.find_chromium import launch

_PORT = 8767
_PROBE = Path(__file__).with_name("review_probe.js")


class ReviewWindow:
    """A dashboard process on a project, and a window on its review page."""

    def __init__(self, browser: Browser, project: Path, home: Path) -> None:
        self.key = Project(project).key
        command = [sys.executable, "-m", "core.cli", "open", str(project), "--no-browser", "--port", str(_PORT)]
        environment = os.environ | {"WINNOW_HOME": str(home), "WINNOW_TOKEN": "bench"}
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", _PORT), 1).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.02)
        self.page: Page = browser.new_page(viewport={"width": 1280, "height": 900})
        self.page.add_init_script(path=_PROBE)

    def open(self, **query: str) -> float:
        """Seconds from the address to a painted grid (or large image) with the histogram's numbers."""
        words = "&".join(f"{name}={value}" for name, value in {"token": "bench", "project": self.key, **query}.items())
        start = time.perf_counter()
        self.page.goto(f"http://127.0.0.1:{_PORT}/review?{words}")
        self.page.locator(".tile, .large[data-image]").first.wait_for(timeout=120_000)
        seconds, self.since_begun = time.perf_counter() - start, time.perf_counter() - self.begun
        self.page.wait_for_function("isReady()", timeout=120_000)
        self.page.wait_for_timeout(500)
        return seconds

    def many(self, what: str, act: Callable[[Any], None], values: Iterable[Any], pause: int = 60) -> list[float]:
        """One measurement a value: milliseconds from the event that `act` makes to the painted change."""
        found = []
        for value in values:
            self.page.evaluate("(what) => arm(what)", what)
            act(value)
            found.append(float(self.page.evaluate("() => answer")))
            self.page.wait_for_timeout(pause)
        return found

    def keys(self, what: str, names: Iterable[str], pause: int = 60) -> list[float]:
        """The same with keys."""
        return self.many(what, self.page.keyboard.press, names, pause)

    def release(self, share: float) -> None:
        """Drag the threshold to a share of the histogram's width, and release it."""
        x, y = self.page.evaluate("(share) => placeOf(share)", share)
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + 1, y)
        mouse.up()

    def click(self, is_confirmed: bool) -> None:
        """The button that accepts all above the threshold, or the one in its dialog."""
        if is_confirmed:
            self.page.locator("dialog[open] button.primary:not([disabled])").wait_for()
        x, y = self.page.evaluate("(isConfirmed) => buttonOf(isConfirmed)", is_confirmed)
        self.page.mouse.click(x, y)

    def memory(self) -> tuple[float, float]:
        """Resident memory of the dashboard in MiB: all of it, and what is its own (without mapped files)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = [re.search(rf"{name}:\s+(\d+)", status) for name in ("VmRSS", "RssAnon")]
        return tuple(int(match[1]) / 1024 for match in found if match)  # type: ignore[return-value]

    def close(self) -> None:
        """End the window and the process."""
        self.page.close()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


def measure(window: ReviewWindow, project: Project) -> list[list[str]]:
    """Everything that is measured at the full size."""
    rows: list[list[str]] = []

    def add(what: str, values: list[float], reach: str) -> None:
        p50, p95 = np.percentile(values, [50, 95])
        rows.append([what, f"{p50:.1f}", f"{p95:.1f}", str(len(values)), reach])
        print(rows[-1], file=sys.stderr, flush=True)

    window.open(show="all")
    drag = window.page.evaluate("dragThreshold(240)")
    rows.append([f"drag: frames a second ({drag['changes']} changed counts, {drag['calls']} server calls)",
                 f"{drag['fps']:.0f}", "", "240 frames", ">= 30, 0 calls"])  # fmt: skip
    window.open(show="all", ranking="border")
    shares = list(np.random.default_rng(0).permutation(np.linspace(0.3, 0.95, 40)))
    add(
        "release of the threshold to new grid, ms",
        window.many("threshold", window.release, map(float, shares), 400),
        "p95 <= 300",
    )
    window.open(show="all")
    add("page turn, fetched ahead, ms", window.keys("page", ["PageDown"] * 40, 350), "p95 <= 150")
    add("page turn, back (not fetched ahead), ms", window.keys("page", ["PageUp"] * 30, 100), "p95 <= 150")
    window.open(view="focus", show="undecided")
    add("key to next image, focus view, ms", window.keys("focus", ["a", "x", "n", "u"] * 50, 40), "p95 <= 50")
    grid: list[float] = []
    for _ in range(4):  # a page holds 48: the end of it is another measurement
        window.open(show="all")
        grid += window.keys("grid", ["a", "x", "n", "u"] * 11, 40)
    add("key to next image, grid, ms", grid, "p95 <= 50")
    add("decision on disk, sent to answered, ms", _on_disk(window, project), "p95 <= 50")
    return rows + _bulk(window, project)


def _on_disk(window: ReviewWindow, project: Project) -> list[float]:
    """One command at a time: the route answers when it is durably stored; receipt, disk and the way back."""
    pool, times = project.scores(RUN), []
    for row in range(1000, 1100):
        image, suggestion = int(pool.ids[row]), int(pool.scores.pseudo_labels[row])
        times.append(_sent(window, {"verdict": "accept", "image_id": image, "suggestion": suggestion}))
    return times


def _sent(window: ReviewWindow, words: dict[str, Any]) -> float:
    address = f"/winnow/{window.key}/runs/{RUN}/commands"
    command = {"command_id": str(uuid.uuid4()), "run_id": RUN, "params": {}, **words}
    milliseconds, status, reason = window.page.evaluate("(sent) => sendCommands(sent)", [address, [command]])
    assert status == "saved", reason
    return float(milliseconds)


def _bulk(window: ReviewWindow, project: Project) -> list[list[str]]:
    """Accept about 100,000 at once on the page, from the confirming click to the repainted page, and take it back."""
    confidence = np.sort(project.scores(RUN).scores.confidence)
    window.open(show="undecided", threshold=f"{confidence[max(0, len(confidence) - 100_000)]:.4f}")
    accept: list[float] = []
    undo: list[float] = []
    for _ in range(7):
        window.click(False)
        accept += window.many("bulk", window.click, [True], 500)
        undo += window.keys("undo", ["z"], 500)
    kept = project.decisions.latest(2)[1].num_images
    return [
        [what, f"{np.median(times):.0f}", f"{max(times):.0f} (worst)", str(len(times)), "<= 1000"]
        for what, times in ((f"accept all, {kept:,} images, ms", accept), ("its undo, ms", undo))
    ]


def grow(browser: Browser, folder: Path, home: Path, size: int, tiles: Any) -> list[str]:
    """One size: the index that a run leaves, first page of a fresh process (twice), page turn, key, memory."""
    made = synthetic_project(folder / f"pool-{size}", num_images=size, tiles=tiles)
    path, start = made.path, time.perf_counter()
    ensure_index(made.run(RUN).folder, made.splits.pool)  # as the engine does when a run ends
    indexed = time.perf_counter() - start
    del made
    gc.collect()
    cold, command = [], []
    for _ in range(2):
        window = ReviewWindow(browser, path, home)
        try:
            cold.append(window.open(show="undecided"))
            command.append(window.since_begun)
            turn = window.keys("page", ["PageDown"] * 15, 350)
            window.open(view="focus", show="undecided")
            keys = window.keys("focus", ["a", "x"] * 15, 40)
            window.page.wait_for_timeout(1000)  # what was read of mapped files is given back twice a second
            total, own = window.memory()
        finally:
            window.close()
    seconds = [indexed, *cold, *command]
    milliseconds = [np.percentile(turn, 95), *np.percentile(keys, [50, 95])]
    return [
        f"{size:,}", *(f"{one:.1f}" for one in seconds), *(f"{one:.0f}" for one in (*milliseconds, total, own)),
    ]  # fmt: skip


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000, 10_000_000])
    parser.add_argument("--full", type=int, default=1_000_000)
    asked = parser.parse_args()
    images = np.asarray(DATASETS["demo"].load(None).pixels[:4096])
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder, home = Path(name), Path(name) / "home"
        os.environ["WINNOW_HOME"] = str(home)
        browser = launch(playwright)
        if asked.full:
            project = synthetic_project(folder / "full", num_images=asked.full, tiles=images)
            window = ReviewWindow(browser, project.path, home)
            try:
                rows = measure(window, project)
                window.open(view="focus", show="undecided")
                rows += training_vs_review(lambda keys: window.keys("focus", keys, 40), folder / "beside")
                print(table([f"{asked.full:,} images", "p50", "p95", "n", "reach"], rows), flush=True)
            finally:
                window.close()
        rows = []
        for size in asked.sizes:
            small = np.ascontiguousarray(images[:, ::2, ::2]) if size > 2_000_000 else images
            rows.append(grow(browser, folder, home, size, small))
            print(rows[-1], flush=True)
        head = [
            "images",
            "index, s",
            "first page, s",
            "again",
            "from the command, s",
            "again",
            "page turn p95, ms",
            "key p50, ms",
            "key p95, ms",
        ]
        print(table([*head, "dashboard MiB", "its own MiB"], rows))
        browser.close()
    print(f"\n{environment()}")


if __name__ == "__main__":
    main()
