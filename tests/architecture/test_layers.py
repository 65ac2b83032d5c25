"""The layers hold, and each contract catches a planted breach."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")

BREACHES = {
    "1 dashboard over core": ("core/jobs/start.py", "import dashboard.formatting"),
    "2 floors of core": ("core/store/home.py", "import core.scoring.scores"),
    "3 front door": ("dashboard/formatting.py", "from core.scoring.scores import entropy"),
    "4 engine room": ("core/data/splits.py", "import torch"),
    "5 no UI below the roof": ("core/review/run_review.py", "import plotly"),
    "6 pure curation": ("core/risk/error_estimates.py", "import json"),
    "7 no circles": ("core/training/batches/part.py", "import core.training.loop.trainer"),
    "8 layers of the dashboard": ("dashboard/sections/inputs.py", "import dashboard.views.scores"),
    "9 layers of core.training": ("core/training/models/models.py", "import core.training.batches.part"),
    "10 layers of core.jobs": ("core/jobs/launch.py", "import core.jobs.wait"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    for name in ("core", "dashboard"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.gz"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(house: Path) -> tuple[int, str]:
    command = [str(LINTER), "--no-cache"]
    done = subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_the_house_keeps_its_contracts(house: Path) -> None:
    code, said = lint(house)
    assert code == 0, said
    assert f"{len(BREACHES)} kept, 0 broken" in said


@pytest.mark.parametrize("contract", BREACHES)
def test_each_contract_catches_a_planted_breach(house: Path, contract: str) -> None:
    name, line = BREACHES[contract]
    file = house / name
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        code, said = lint(house)
    finally:
        file.write_text(before, encoding="utf-8")
    assert code == 1
    assert [row for row in said.splitlines() if row.startswith(contract) and row.endswith("BROKEN")], said


def test_a_room_without_a_floor_is_refused(house: Path) -> None:
    file = house / "core" / "utils.py"
    file.write_text('"""Anything."""\n', encoding="utf-8")
    try:
        code, said = lint(house)
    finally:
        file.unlink()
    assert code == 1
    assert "utils" in said
