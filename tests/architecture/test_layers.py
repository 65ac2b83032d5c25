"""The layers hold, and each contract catches a planted breach."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")

BREACHES = {
    "1 dashboard and winnow over core": ("core/jobs/start.py", "import dashboard.formatting"),
    "2 layers of core": ("core/scoring/scores.py", "import core.risk.comparison"),
    "3 the dashboard imports core alone": ("dashboard/formatting.py", "from core.scoring.scores import entropy"),
    "4 torch in core.training alone": ("core/data/splits.py", "import torch"),
    "5 no user interface in core": ("core/review/run_review.py", "import plotly"),
    "6 pure packages open no file, database or clock": ("core/risk/error_estimates.py", "import json"),
    "7 no circles": ("core/training/batches/part.py", "import core.training.loop.trainer"),
    "8 layers of the dashboard": ("dashboard/sections/widgets.py", "import dashboard.views.scores"),
    "9 layers of core.training": ("core/training/models/models.py", "import core.training.batches.part"),
    "10 layers of core.jobs": ("core/jobs/launch.py", "import core.jobs.wait"),
}
CIRCLE = """
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.project import Project
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    for name in ("core", "dashboard", "winnow"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.gz"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(copy: Path) -> tuple[int, str]:
    command = [str(LINTER), "--no-cache"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_the_code_keeps_its_contracts(copy: Path) -> None:
    code, said = lint(copy)
    assert code == 0, said
    assert f"{len(BREACHES)} kept, 0 broken" in said


@pytest.mark.parametrize("contract", BREACHES)
def test_each_contract_catches_a_planted_breach(copy: Path, contract: str) -> None:
    name, line = BREACHES[contract]
    file = copy / name
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        code, said = lint(copy)
    finally:
        file.write_text(before, encoding="utf-8")
    assert code == 1
    assert [row for row in said.splitlines() if row.startswith(contract) and row.endswith("BROKEN")], said


@pytest.mark.parametrize("name", ["core/review/bulk.py", "core/experiments/runs.py", "core/workspace/workspace.py"])
def test_a_circle_is_caught_even_where_it_is_for_types_alone(copy: Path, name: str) -> None:
    file = copy / name
    before = file.read_text(encoding="utf-8")
    file.write_text(before + CIRCLE, encoding="utf-8")
    try:
        code, said = lint(copy)
    finally:
        file.write_text(before, encoding="utf-8")
    assert code == 1
    assert [row for row in said.splitlines() if row.startswith("7 no circles") and row.endswith("BROKEN")], said


def test_a_package_without_a_layer_is_refused(copy: Path) -> None:
    file = copy / "core" / "utils.py"
    file.write_text('"""Anything."""\n', encoding="utf-8")
    try:
        code, said = lint(copy)
    finally:
        file.unlink()
    assert code == 1
    assert "utils" in said
