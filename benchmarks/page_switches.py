"""Time of page switches on the demo: from the click on a page's name to its content, in Chromium.

python -m benchmarks.page_switches [--rounds 6] [--work FOLDER]

A switch ends when the new page has its content and Streamlit has stopped drawing. The first round is told apart: it
reads files and imports for the first time. In as many rounds
after that: how long Streamlit's placeholders, the skeletons, were seen.
"""

import argparse
import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.dashboard_process import DashboardProcess
from benchmarks.report import environment, table
from core import Project, TrainConfig
from tests.find_chromium import launch

REACH = 0.5
"""Seconds at the 95th percentile."""
PAGES = ("Data", "Train", "Review", "Compare", "Export")
"""Pages of the navigation that are always in sight."""
_MORE = 120.0
_IS_DRAWN = """(path) => {
  const app = document.querySelector('[data-testid="stApp"]');
  const inside = [...document.querySelectorAll('[data-testid="stMain"] *')].filter((element) => element.shadowRoot);
  const review = inside.some((element) => element.shadowRoot.querySelector('.tile'));
  const isThere = path === '/review' ? review : document.querySelector('[data-testid="stMain"] h1') !== null && !review;
  return location.pathname.endsWith(path) && app?.dataset.testScriptState !== 'running' && isThere
    && !document.querySelector('[data-testid="stSkeleton"]');
}"""
"""Whether a page has its content; the Review page's stands in a shadow root."""
_WATCH_SKELETONS = """() => {
  window.skeletons = 0;
  let before = performance.now();
  const look = (now) => {
    const isSeen = [...document.querySelectorAll('[data-testid="stSkeleton"]')].some((one) => one.checkVisibility());
    if (isSeen) window.skeletons += now - before;
    before = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
"""Adds up the milliseconds in which a skeleton is seen."""


def prepared(folder: Path) -> Project:
    """The demo with two finished heads, so that every page has something to show."""
    project = Project.demo(folder)
    for kind in ("kernel_ridge", "logistic"):
        if sum(run.has_predictions for run in project.runs()) < 2:
            run = project.start_run(TrainConfig.checked({"method": "head", "head": kind}))
            project.wait_run(run.id)
    return project


def switch(page: Page, name: str) -> float:
    """Click a page's name; return the seconds until it stands."""
    link = page.get_by_test_id("stTopNav").get_by_role("link", name=name, exact=True)
    begin = time.perf_counter()
    link.click()
    page.wait_for_function(_IS_DRAWN, arg=f"/{name.lower()}", timeout=_MORE * 1000, polling="raf")
    return time.perf_counter() - begin


def measured(address: str, rounds: int) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Seconds of each switch by page, the first one of a page first; the same of its skeletons."""
    found: dict[str, list[float]] = defaultdict(list)
    skeletons: dict[str, list[float]] = defaultdict(list)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        page.wait_for_function(_IS_DRAWN, arg="/data", timeout=_MORE * 1000)
        for _ in range(rounds):
            for name in [*PAGES[1:], PAGES[0]]:
                found[name].append(switch(page, name))
                page.wait_for_timeout(700)
        page.evaluate(_WATCH_SKELETONS)  # in rounds of their own: looking at every frame takes time
        for _ in range(rounds):
            for name in [*PAGES[1:], PAGES[0]]:
                page.evaluate("window.skeletons = 0")
                switch(page, name)
                page.wait_for_timeout(700)
                skeletons[name].append(page.evaluate("window.skeletons") / 1000)
        browser.close()
    return found, skeletons


def report(found: dict[str, list[float]], skeletons: dict[str, list[float]]) -> str:
    """The table of docs/BENCHMARKS.md."""
    rows = []
    later = {name: times[1:] for name, times in found.items()}
    for name, times in later.items():
        low, high = np.percentile(times, [50, 95])
        longest = f"{max(skeletons[name]):.2f}"
        rows.append([name, f"{found[name][0]:.2f}", f"{low:.2f}", f"{high:.2f}", longest, str(len(times))])
    together = [one for times in later.values() for one in times]
    low, high = np.percentile(together, [50, 95])
    seen = max(one for times in skeletons.values() for one in times)
    rows.append(["all", "", f"{low:.2f}", f"**{high:.2f}**", f"{seen:.2f}", str(len(together))])
    head = ["page", "first, s", "p50, s", "p95, s", "skeletons seen, longest, s", "n"]
    reached = "reached" if high <= REACH else "**not reached**"
    load = f"load {os.getloadavg()[0]:.0f}"
    return f"{table(head, rows)}\n\np95 ≤ {REACH} s: {reached}.\n\n{environment()}, {load}"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--work", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = arguments.work or Path(temporary)
        os.environ["WINNOW_HOME"] = str(work / "home")
        project = prepared(work / "demo")
        dashboard = DashboardProcess(project.path, work / "home")
        dashboard.start()
        try:
            print(report(*measured(dashboard.address("data", project=project.key), arguments.rounds)))
        finally:
            dashboard.stop()


if __name__ == "__main__":
    main()
