"""Names are plain: no metaphor in a path, a public name or the first line of a docstring.

The list is short on purpose: it holds the words that newcomers could not read in version 0.1. A new exception needs a
reason beside it.
"""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("core", "dashboard", "winnow", "tests", "benchmarks", "docs/scripts")
SOURCES = sorted(
    path
    for folder in FOLDERS
    for kind in ("py", "js")
    for path in (ROOT / folder).rglob(f"*.{kind}")
    if "node_modules" not in path.parts
)
PYTHON = [path for path in SOURCES if path.suffix == ".py"]

BANNED = {
    "house", "room", "rooms", "desk", "deck", "shelf", "game", "hand", "promise", "promises", "street", "rings", "roof",
    "floors", "outbound", "foreign", "insight", "sieve", "riddle",
}  # fmt: skip
PHRASES = ("front door", "engine room", "front desk", "ground floor")
GERUNDS = {
    "formatting": "the usual name of a module that turns values into text",
    "training": "the field's noun for fitting a model",
    "scoring": "the field's noun for what turns predictions into scores",
    "stopping": "stopping criterion is the field's term",
    "page_loading": "a noun of user interfaces",
    "testing": "the usual name of a page about tests",
}
"""File and folder names that end in -ing, each with the reason why it is the field's own noun."""


def words(name: str) -> list[str]:
    """The words of a snake_case, kebab-case or CamelCase name, in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def documented(path: Path) -> list[tuple[str, str]]:
    """Name and first docstring line of a module and of its classes, functions and methods."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)]
    found = [("module", ast.get_docstring(tree) or ""), *((n.name, ast.get_docstring(n) or "") for n in nodes)]
    return [(name, text.split("\n")[0]) for name, text in found]


def has_metaphor(line: str) -> bool:
    return bool(BANNED & set(words(line))) or any(phrase in line.lower() for phrase in PHRASES)


def test_no_path_holds_a_banned_word() -> None:
    assert [relative(path) for path in SOURCES if BANNED & set(words(relative(path)))] == []


def test_file_names_are_nouns_not_gerunds() -> None:
    parts = {part for path in SOURCES for part in path.relative_to(ROOT).with_suffix("").parts}
    stems = {part.removeprefix("test_").split(".")[0] for part in parts}
    assert sorted(stem for stem in stems if stem.endswith("ing") and stem not in GERUNDS) == []


@pytest.mark.parametrize(
    "path", [p for p in PYTHON if relative(p).startswith(("core", "dashboard", "winnow"))], ids=relative
)
def test_no_public_name_holds_a_banned_word(path: Path) -> None:
    names = [name for name, _ in documented(path) if not name.startswith("_")]
    assert [name for name in names if BANNED & set(words(name))] == []


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_no_first_docstring_line_holds_a_metaphor(path: Path) -> None:
    assert [line for _, line in documented(path) if has_metaphor(line)] == []


@pytest.mark.parametrize("path", [p for p in SOURCES if p.suffix == ".js"], ids=relative)
def test_no_script_begins_with_a_metaphor(path: Path) -> None:
    head = path.read_text(encoding="utf-8").lstrip().split("\n\n")[0].split("*/")[0]
    assert not has_metaphor(head)


def test_a_base_name_is_used_once_in_a_layer() -> None:
    """One topic may have a page, a chart and a command of the same name, never two files in one layer."""
    layers = ("core/cli", "dashboard/views", "dashboard/sections", "dashboard/charts", "dashboard/server")
    taken: Counter[tuple[str, str]] = Counter()
    for path in PYTHON:
        name = relative(path)
        if not name.startswith(("core", "dashboard")) or path.stem.startswith("__"):
            continue
        layer = next((layer for layer in layers if name.startswith(f"{layer}/")), name.split("/")[0])
        taken[layer, path.stem] += 1
    assert sorted(key for key, count in taken.items() if count > 1 and key not in SAME_TOPIC) == []


SAME_TOPIC = {
    ("core", "decisions"): "the decision service",
    ("core", "ood"): "the scores are pure, the checks of a run read them",
}
"""Base names that stand twice in a layer, each with the reason."""


@pytest.mark.parametrize(
    ("line", "is_one"),
    [("The engine room", True), ("One round of a game", True), ("Handle a request", False), ("Deckle edges", False)],
)
def test_the_rule_sees_whole_words_alone(line: str, is_one: bool) -> None:
    assert has_metaphor(line) == is_one
