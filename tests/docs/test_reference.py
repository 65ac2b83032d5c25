"""Documentation is held to the code."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _pages() -> dict[str, str]:
    script = "import json, runpy; print(json.dumps(runpy.run_path('docs/scripts/write_reference.py')['pages']()))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_the_reference_is_what_the_code_says() -> None:
    for name, page in _pages().items():
        there = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
        assert page == there, f"{name} differs from the code; run: make reference"


def test_the_picture_of_the_layers_is_what_the_contracts_say() -> None:
    script = "import runpy; print(runpy.run_path('docs/scripts/write_architecture.py')['picture'](), end='')"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == (ROOT / "docs" / "images" / "layers.svg").read_text(encoding="utf-8"), "run: make reference"


def test_every_picture_and_page_that_the_readme_names_is_there() -> None:
    links = re.findall(r"\]\(((?!http)[^)#]+)\)", README)
    assert len(links) >= 5
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.timeout(280)
def test_the_python_example_of_the_readme_runs(tmp_path: Path) -> None:
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert example is not None
    assert len(example[1].strip().splitlines()) <= 14
    done = subprocess.run([sys.executable, "-c", example[1]], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "images kept" in done.stdout
    assert list((tmp_path / "curated").glob("*.csv"))
