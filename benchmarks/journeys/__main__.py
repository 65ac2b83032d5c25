"""Five journeys through the dashboard, as a person would play them, with times, checks and pictures.

    python -m benchmarks.journeys [--only demo keys] [--sizes 1280 1920 820] [--themes light dark] [--out FOLDER]
        [--browser firefox]

Each begins with a dashboard on a fresh home of Winnow and goes by clicks and keys in Chromium, or in Debian's Firefox,
whose driver shows the light theme alone. A journey is played at the first size and theme; at the others the screens
alone are shown. Reviewers know the classes and do not think: times are the machine's, from the first click or key of a
step until its effect stands. Ends with code 1 where an effect is missing.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.dashboard_process import DashboardProcess
from benchmarks.journeys import first_projects, review_rounds
from benchmarks.journeys.recorder import MissingEffectError, Recorder, Theme, height
from benchmarks.report import environment, table
from tests import firefox
from tests.browser.still import watch
from tests.find_chromium import launch

JOURNEYS: dict[str, tuple[str, Callable[[DashboardProcess, Recorder], None]]] = {
    "demo": ("demo, first round", first_projects.demo_first_round),
    "folder": ("own folder from zero labels", first_projects.own_folder),
    "keys": ("200 images by keys", review_rounds.by_keys),
    "bulk": ("bulk accept, audit, export", review_rounds.accept_audit_export),
    "two": ("two reviewers at once", review_rounds.two_reviewers),
}


def play(
    name: str, browser: Browser, folder: Path, sizes: list[int], themes: list[Theme]
) -> tuple[dict[str, float], str]:
    """Play one journey on a fresh home.

    Returns:
        Seconds of the steps that were played, and what is missing: a step has not done what it should, or a script
        of a page failed; empty where all is well.
    """
    with tempfile.TemporaryDirectory() as work:
        home = Path(work) / "home"
        home.mkdir()
        os.environ["WINNOW_HOME"] = str(home)
        dashboard = DashboardProcess(home, home, opens_project=False)
        dashboard.start()
        context = browser.new_context(viewport={"width": sizes[0], "height": height(sizes[0])}, color_scheme=themes[0])
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        watch(page)
        recorder, missing = Recorder(name, page, folder, sizes, themes), ""
        try:
            JOURNEYS[name][1](dashboard, recorder)
        except MissingEffectError as error:
            missing = str(error)
        finally:
            context.close()
            dashboard.stop()
        if errors and not missing:
            missing = f"{name}: a script failed: {errors[0]}"
        return recorder.seconds, missing


def rows(name: str, seconds: dict[str, float], missing: str = "") -> list[list[str]]:
    """Lines of the table: the steps of a journey, and the whole, or what is missing."""
    title = JOURNEYS[name][0]
    steps = [[title, step, f"{value:.1f}"] for step, value in seconds.items()]
    total = f"**{sum(seconds.values()):.1f}**"
    return [*steps, [title, f"**failed: {missing.replace('|', '/')}**" if missing else "**the whole**", total]]


def main() -> int:
    """Play the journeys that the command line names, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="+", choices=JOURNEYS, default=list(JOURNEYS))
    parser.add_argument("--sizes", type=int, nargs="+", default=[1280], help="Widths of the pictures in CSS pixels.")
    parser.add_argument("--themes", nargs="+", choices=("light", "dark"), default=["light"])
    parser.add_argument("--out", type=Path, default=Path("build/journeys"), help="Folder of the pictures.")
    parser.add_argument("--browser", choices=("chromium", "firefox"), default="chromium")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    found: list[list[str]] = []
    missing: list[str] = []
    load = os.getloadavg()[0]
    with sync_playwright() as playwright:
        browser = firefox.launch(playwright) if asked.browser == "firefox" else launch(playwright)
        version = browser.version
        for name in asked.only:
            seconds, problem = play(name, browser, asked.out, asked.sizes, asked.themes)
            found += rows(name, seconds, problem)
            if problem:
                missing.append(problem)
                print(problem, file=sys.stderr, flush=True)
        browser.close()
    print(table(["journey", "step", "seconds"], found))
    print(f"\n{asked.browser} {version}, {environment()}")
    print(f"Load {load:.0f} at the start, {os.getloadavg()[0]:.0f} at the end.")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
