"""Find or install a Chromium for the browser tests.

It tries an existing one, Playwright's, then apt's (as root).

`python tests/find_chromium.py` makes sure that there is one and prints where it is; the tests import `launch`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find() -> Path | None:
    """Return the browser's program, or None.

    It is $CHROMIUM, one on the path, or Playwright's own.
    """
    named = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if named:
        return Path(named)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return own if own.exists() else None


def launch(playwright: "Playwright") -> "Browser":
    """Start Chromium without a window and without requests of its own."""
    program = find()
    assert program is not None, "no Chromium: run python tests/find_chromium.py"
    return playwright.chromium.launch(executable_path=program, args=ARGUMENTS)


def install() -> None:
    """Try Playwright's download, then apt as root; each prints why it failed."""
    _run([sys.executable, "-m", "playwright", "install", "chromium"], "Playwright")
    if find() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _run(["apt-get", "update", "-qq"], "apt")
        _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], "apt")


def _run(command: list[str], who: str) -> None:
    print(f"No Chromium yet: asking {who} for one …", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    except subprocess.TimeoutExpired:
        print(f"{who} did not answer within ten minutes.")
        return
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()
        print(f"{who} could not: {last[-1] if last else f'exit code {done.returncode}'}")


def main() -> int:
    """Find or install a browser; exit with code 2 where that fails."""
    if find() is None:
        install()
    browser = find()
    if browser is None:
        print(
            "The browser tests need Chromium: install it (Debian: apt-get install chromium) or set CHROMIUM=/its/path."
        )
        return 2
    print(f"Chromium: {browser}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
