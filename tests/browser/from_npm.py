"""JavaScript tools for the tests, fetched once with npm."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


def fetched(package: str, version: str, file: str) -> Path:
    """Return a file of an npm package.

    The test is skipped where npm cannot fetch it, and fails in CI.
    """
    folder = Path(tempfile.gettempdir()) / f"winnow-{package}-{version}-{os.getuid()}"
    wanted = folder / "node_modules" / package / file
    if wanted.exists():
        return wanted
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"{package} comes by npm, which is not installed here: apt-get install npm")
    folder.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(folder), f"{package}@{version}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if not wanted.exists():
        sentence = f"npm could not fetch {package}: {done.stderr.strip()[-300:]}"
        if "CI" in os.environ:
            pytest.fail(sentence)
        pytest.skip(sentence)
    return wanted
