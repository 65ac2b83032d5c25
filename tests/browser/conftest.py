"""A dashboard as `winnow open` starts it, and a page of real Chromium that fails the test on any script error."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from benchmarks.synthetic import synthetic_project
from core import Project
from tests.browser.still import watch
from tests.find_chromium import ARGUMENTS, find

TOKEN = "test-token"


class Server:
    """One dashboard process on a port of its own; it can be killed and started again."""

    def __init__(self, project: Path, home: Path, log: Path) -> None:
        self.project, self._home, self._log = project, home, log
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def address(self, page: str = "", **query: str) -> str:
        """The address of a page, with the token."""
        rest = "&".join(f"{key}={value}" for key, value in {"token": TOKEN, **query}.items())
        return f"http://127.0.0.1:{self.port}/{page}?{rest}"

    def start(self) -> None:
        """Start and wait until it answers."""
        environment = os.environ | {"WINNOW_HOME": str(self._home), "WINNOW_TOKEN": TOKEN}
        command = [
            sys.executable,
            "-m",
            "core.cli",
            "open",
            str(self.project),
            "--port",
            str(self.port),
            "--no-browser",
        ]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_stcore/health", timeout=2).close()
                return
            except (urllib.error.URLError, OSError):
                assert self._process.poll() is None, self._log.read_text()
                time.sleep(0.1)
        raise AssertionError(f"The dashboard did not answer within 60 s: {self._log.read_text()}")

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as Ctrl+C would."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    program = find()
    assert program is not None, "no Chromium: run python tests/find_chromium.py"
    expect.set_options(timeout=20_000)  # a machine with other work; what is right comes sooner
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(program), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def server(trained_project: Project, winnow_home: Path, tmp_path: Path) -> Iterator[Server]:
    """The dashboard on a project with one finished run."""
    running = Server(trained_project.path, winnow_home, tmp_path / "server.log")
    running.start()
    yield running
    running.stop()


Bench = tuple[Server, Project]
"""A dashboard that several tests share, and its project."""


def shared(folder: Path, make: Callable[[Path], Project]) -> Iterator[Bench]:
    """A dashboard for all tests of a file, on a project that `make` makes in a folder of its own, with its own home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINNOW_HOME", str(folder / "home"))
        project = make(folder / "project")
        running = Server(project.path, folder / "home", folder / "server.log")
        running.start()
        yield running, project
        running.stop()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """300 images of 12 classes, one finished run, doubtful and sure ones."""
    yield from shared(
        tmp_path_factory.mktemp("bench"), lambda place: synthetic_project(place, num_images=300, num_classes=12)
    )


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh window of 1280 x 900 pixels; errors of scripts fail the test."""
    yield from window_of(browser.new_context(viewport={"width": 1280, "height": 900}))


def window_of(context: BrowserContext) -> Iterator[Page]:
    """A window whose scripts must not fail; it closes with its context."""
    window = context.new_page()
    errors: list[str] = []
    watch(window)
    window.on("pageerror", lambda error: errors.append(str(error)))
    yield window
    context.close()
    assert errors == []
