"""Rooms stay small: no file above 300 lines, no function above 60 (docstrings left out)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for folder in ("core", "dashboard", "benchmarks", "tests", "docs")
    for kind in ("py", "js")
    for path in (ROOT / folder).rglob(f"*.{kind}")
    if "_build" not in path.parts
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_has_at_most_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix == ".py"], ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_function_has_at_most_60_lines(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [f.name for f in functions if length(f) > 60] == []


def test_the_front_door_opens_every_name_and_never_imports_torch() -> None:
    import subprocess
    import sys

    script = (
        "import sys, core\nfrom core.api import __all__ as names\n"
        "assert all(getattr(core, name) is not None for name in names)\n"
        "assert len(names) > 40 and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
