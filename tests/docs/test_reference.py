"""Documentation is held to the code."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_reference_is_what_the_code_says() -> None:
    script = "import runpy; print(runpy.run_path('docs/write_reference.py')['reference'](), end='')"
    page = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert page == (ROOT / "docs" / "REFERENCE.md").read_text(encoding="utf-8"), "run: python docs/write_reference.py"


def test_the_file_tree_of_the_readme_is_what_the_folders_hold() -> None:
    script = "import runpy; print(runpy.run_path('docs/write_tree.py')['tree'](), end='')"
    tree = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert tree in README, "run: python docs/write_tree.py"


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
