"""Take the pictures of README and guide from the running dashboard.

python docs/scripts/take_screenshots.py
"""

import importlib.util
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from core import Project, TrainConfig, constants
from docs.scripts.loop_picture import take_loop
from tests.find_chromium import launch

FOLDER = Path(__file__).parents[1] / "images"
_PORT = 8766
_PAGES = {
    "data": "img:visible",
    "train": ".js-plotly-plot",
    "scores": ".js-plotly-plot",
    "review": ".tile",
    "map": ".map-app[data-points]",
    "audit": "[data-testid=stMain] img:visible",
    "compare": ".js-plotly-plot",
    "simulate": "[data-testid=stMain] h1",
    "export": "[data-testid=stMain] h1",
}


def prepare(folder: Path) -> Project:
    """Make a demo project with a baseline, decisions, a retrained run and its control runs."""
    project = Project.create(folder, "demo", name="Demo")  # as the tutorial
    baseline = project.start_run(TrainConfig())
    project.wait_run(baseline.id)
    threshold = project.quality.plug_in_threshold(baseline.id, 0.05)
    assert threshold is not None
    pool = project.scores(baseline.id)
    for image in pool.ids[np.argsort(pool.scores.confidence, kind="stable")][:40].tolist():
        project.decide(baseline.id, "relabel", image, int(project.images.labels[image]))
    project.bulk_accept(baseline.id, "fixed_threshold", threshold=threshold)
    retrained = project.start_run(TrainConfig(method="self_training", epochs=15), parent=baseline.id)
    for run in (retrained, *project.start_control_runs(retrained.id)):
        project.wait_run(run.id)
    project.undo(baseline.id)
    for _ in range(60):  # answers of a reviewer who knows the labels
        audit = project.quality.audit(retrained.id, "fixed_threshold", threshold=0.95)
        assert audit.next_id is not None
        project.quality.answer_audit(audit, int(project.images.labels[audit.next_id]))
    image_map = project.review(retrained.id).map
    if not image_map.problem:
        image_map.start()
        while (status := image_map.status()) is not None and status.state in constants.LIVE_STATES:
            time.sleep(1)
    return project


def take(page: Page, address: str) -> None:
    """Take every page, light and dark, at 1280 pixels, Review at 1920 too, and the loop."""
    page.goto(address)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        for name, sign in _PAGES.items():
            _show(page, address, name, sign)
            page.screenshot(path=FOLDER / f"{name}-{scheme}.png")
    page.emulate_media(color_scheme="light")
    take_start(page, address)
    page.set_viewport_size({"width": 1920, "height": 1080})
    _show(page, address, "review", ".tile")
    page.screenshot(path=FOLDER / "review-1920.png")
    page.set_viewport_size({"width": 1280, "height": 900})
    if importlib.util.find_spec("pacmap") is not None:
        _show(page, address, "map", ".map-app[data-points]", choice="PaCMAP")
        page.screenshot(path=FOLDER / "map-light.png")
    _show(page, address, "review", ".tile")
    page.keyboard.press("f")
    page.wait_for_timeout(800)
    page.screenshot(path=FOLDER / "focus-light.png")
    take_loop(page, address, FOLDER / "loop.png")


def take_start(page: Page, address: str) -> None:
    """Take the start page; the window has opened the dashboard before."""
    page.goto(address.split("?")[0])
    page.get_by_role("heading", name="Recent projects").wait_for(timeout=30_000)
    page.wait_for_timeout(2_000)
    page.screenshot(path=FOLDER / "start-light.png")


def _show(page: Page, address: str, name: str, sign: str, choice: str = "") -> None:
    page.goto(address.replace("/?", f"/{name}?"))
    if choice:
        page.get_by_text(choice, exact=True).click()
    page.locator(sign).first.wait_for(timeout=30_000)
    page.wait_for_timeout(2_000)  # charts draw themselves after they are there
    if name == "review":
        for key in ("a", "a", "x", "3", "a", "n"):
            page.keyboard.press(key)
        page.locator(".saved[data-state=saved]").wait_for()
        page.locator(".live:not([data-state=fitting])").wait_for(timeout=60_000)  # features beside a network come first
        page.wait_for_timeout(800)


def main() -> None:
    """Make the project, start the dashboard, take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["WINNOW_HOME"] = temporary
        project = prepare(Path(temporary) / "demo")
        command = [sys.executable, "-m", "dashboard", str(project.path), "--port", str(_PORT), "--no-browser"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            link = re.search(r"http://\S+", process.stdout.readline())
            assert link is not None
            time.sleep(3)
            with sync_playwright() as playwright:
                browser = launch(playwright)
                take(browser.new_page(viewport={"width": 1280, "height": 900}), link[0])
                browser.close()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)
    print(f"Written: {len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}")


if __name__ == "__main__":
    main()
