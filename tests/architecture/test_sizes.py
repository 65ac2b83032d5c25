"""Code stays small: files to 300 lines, functions to 60 without docstrings, packages to 10 files."""

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


PACKAGES = sorted(
    {path.parent for path in FILES if path.relative_to(ROOT).parts[0] in ("core", "dashboard", "tests")}
    | {ROOT / "dashboard" / "components" / "review"}
)
SIZE_EXCEPTIONS = {
    "core": "the public modules beside the packages",
    "core/store/migrations": "alembic's own layout: env.py and versions/",
    "core/store/migrations/versions": "one file for each migration",
    "dashboard/components": "one folder for each component",
    "dashboard/components/review": "the component's entry, its application and its layout",
    "tests": "the fixtures of all tests",
    "tests/js/images": "most of these modules draw: the browser tests hold them",
}
"""Folders with fewer than 3 or more than 10 files, each with the reason."""


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_package_has_3_to_10_files(folder: Path) -> None:
    name = folder.relative_to(ROOT).as_posix()
    files = [path for path in folder.iterdir() if path.suffix in (".py", ".js") and path.name != "__init__.py"]
    least = 1 if name.startswith("tests/") else 3  # tests mirror the packages: decision 0022
    assert least <= len(files) <= 10 or name in SIZE_EXCEPTIONS, [path.name for path in files]
