"""Fixtures of the browser tests: a running dashboard and a Chromium page.

A page fails its test on any script error.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from benchmarks.dashboard_process import DashboardProcess
from benchmarks.synthetic import synthetic_project
from core import Project
from core.store.files import write_json
from tests import firefox
from tests.browser.still import watch
from tests.find_chromium import launch

TOKEN = "test-token"


class Server(DashboardProcess):
    """One dashboard process for the tests of a worker; each test selects its project."""

    def show(self, project: Path) -> None:
        """Make a project the only known one; start the process if needed."""
        self.project = project
        self.home.mkdir(exist_ok=True)
        write_json(self.home / "projects.json", {"projects": [str(project)]})
        if not self.is_running:
            self.start()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright, with patience for a machine with other work; what is right comes sooner."""
    expect.set_options(timeout=20_000)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all tests; Firefox where $WINNOW_TEST_BROWSER says so."""
    is_firefox = os.environ.get("WINNOW_TEST_BROWSER") == "firefox"
    found = firefox.launch(playwright) if is_firefox else launch(playwright)
    yield found
    found.close()


@pytest.fixture(scope="session")
def worker_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One dashboard for this test process; each test selects its project."""
    folder = tmp_path_factory.mktemp("dashboard")
    running = Server(folder / "none", folder / "home", folder / "server.log", TOKEN)
    yield running
    running.stop()


@pytest.fixture
def server(worker_server: Server, trained_project: Project, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Dashboard on a project with one finished run."""
    worker_server.show(trained_project.path)
    monkeypatch.setenv("WINNOW_HOME", str(worker_server.home))
    return worker_server


Bench = tuple[Server, Project]
"""A dashboard and a project that several tests share."""
SHARED = {"bench", "family", "many", "photos"}
"""The fixtures that are a Bench."""


def shared(running: Server, folder: Path, make: Callable[[Path], Project]) -> Iterator[Bench]:
    """Show a project, made once by `make`, to all tests of a file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINNOW_HOME", str(running.home))
        project = make(folder / "project")
        running.show(project.path)
        yield running, project


@pytest.fixture(scope="module")
def bench(worker_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """300 images of 12 classes with one finished run, uncertain and certain ones."""
    folder = tmp_path_factory.mktemp("bench")
    yield from shared(worker_server, folder, lambda place: synthetic_project(place, num_images=300, num_classes=12))


@pytest.fixture(autouse=True)
def _shown_again(request: pytest.FixtureRequest) -> None:
    """Show the shared project of a test again after other tests."""
    for name in SHARED & set(request.fixturenames):
        running, project = request.getfixturevalue(name)
        running.show(project.path)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """New window of 1280 x 900 pixels; script errors fail the test."""
    yield from window_of(browser.new_context(viewport={"width": 1280, "height": 900}))


STEADY = "localStorage['winnow-review-size'] ??= '48'; localStorage['winnow-review-threshold'] ??= 'open';"
"""Settings of a person that show 48 images a page and keep the threshold panel open, whatever the window's size."""


def window_of(context: BrowserContext, settings: str = STEADY) -> Iterator[Page]:
    """Open a window whose script errors, and requests to other machines, fail the test.

    Args:
        context: Where it opens.
        settings: Script that runs first on every page.
    """
    context.add_init_script(f"try {{ {settings} }} catch {{}}")
    window = context.new_page()
    errors: list[str] = []
    urls: list[str] = []
    watch(window)
    window.on("pageerror", lambda error: errors.append(str(error)))
    window.on("request", lambda request: urls.append(request.url))
    yield window
    context.close()
    assert errors == []
    assert [url for url in urls if not _is_here(url)] == []


def _is_here(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:"))
