"""`import winnow` works from the built wheel, outside the checkout."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "dashboard", "winnow")
BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that a wheel of the checkout installs."""
    checkout, built, unpacked = (tmp_path_factory.mktemp(name) for name in ("checkout", "built", "unpacked"))
    for name in PACKAGES:
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    subprocess.run([sys.executable, "-c", BUILD, built], cwd=checkout, check=True, capture_output=True)
    (wheel,) = built.glob("winnow-*.whl")
    ZipFile(wheel).extractall(unpacked)
    return unpacked


def run_in(folder: Path, script: str, cwd: Path) -> Any:
    """Return what a script prints as JSON in a fresh interpreter.

    It finds an installed wheel first.
    """
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", script], cwd=cwd, env=environment, check=True, capture_output=True)
    return json.loads(done.stdout)


def test_the_wheel_opens_the_public_names_as_winnow_and_as_core(unpacked: Path, tmp_path: Path) -> None:
    script = (
        "import json, core, winnow; from core import Project; from winnow import Project as same\n"
        "assert same is Project; values = [getattr(winnow, name) for name in winnow.__all__]\n"
        "print(json.dumps([winnow.__file__, core.__file__, winnow.__version__, len(values)]))"
    )
    *files, version, count = run_in(unpacked, script, tmp_path)
    assert files == [str(unpacked / "winnow" / "__init__.py"), str(unpacked / "core" / "__init__.py")]
    assert (unpacked / f"winnow-{version}.dist-info").is_dir()
    assert count > 40


def test_the_wheel_holds_every_module_and_the_files_they_read(unpacked: Path) -> None:
    there = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    source = [path for name in PACKAGES for path in (ROOT / name).rglob("*") if path.is_file()]
    needed = {path.relative_to(ROOT).as_posix() for path in source if path.suffix != ".pyc"}
    assert {f"{name}/py.typed" for name in PACKAGES} <= needed
    assert sorted(needed - there) == []
    scripts = next(unpacked.glob("*.dist-info/entry_points.txt")).read_text(encoding="utf-8")
    assert "winnow = core.cli:main" in scripts


def test_importing_winnow_loads_no_more_than_importing_core(tmp_path: Path) -> None:
    loaded = {
        name: run_in(ROOT, f"import {name}, json, sys; print(json.dumps(sorted(sys.modules)))", tmp_path)
        for name in ("core", "winnow")
    }
    assert set(loaded["winnow"]) - set(loaded["core"]) == {"winnow"}
    assert "core.api" not in loaded["winnow"]
