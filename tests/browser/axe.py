"""axe-core for the browser tests: fetched once by npm into a folder outside the repository, never at install."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

VERSION = "4.10.3"


def source() -> str:
    """The script; skips with a sentence where it cannot be had, fails in CI where npm is there and cannot fetch it."""
    folder = Path(tempfile.gettempdir()) / f"winnow-axe-{VERSION}-{os.getuid()}"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("axe-core comes by npm, which is not installed here: apt-get install npm")
        command = [
            npm,
            "install",
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--prefix",
            str(folder),
            f"axe-core@{VERSION}",
        ]
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if not script.exists():
            sentence = f"npm could not fetch axe-core: {done.stderr.strip()[-300:]}"
            if "CI" in os.environ:
                pytest.fail(sentence)
            pytest.skip(sentence)
    return script.read_text(encoding="utf-8")
