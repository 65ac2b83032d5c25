"""Links, paths and versions in the documentation point at something that is there."""

import re
from pathlib import Path

import pytest

import core
import core.cli.aliases  # registers the old names
from core.base.deprecation import REGISTERED
from tests.docs.markdown import DOCS, EVERY, HELD, ROOT, name_of, prose, text_of

OLD_NAMES = {found.old.split()[-1] for found in REGISTERED}
"""Taken when this module is read, before a test registers names of its own."""


def anchors(page: Path) -> set[str]:
    """Every heading's and target's name in a page."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r"^\(([\w-]+)\)=$", text, re.MULTILINE))


@pytest.mark.parametrize("page", EVERY, ids=name_of)
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", prose(page)):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", HELD, ids=name_of)
def test_every_path_of_the_code_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(r"`((?:core|dashboard|tests|benchmarks|docs|\.ci)/[\w./*-]+)`", prose(page))
    generated = ("docs/_build/html",)
    assert [path for path in named if path not in generated and not list(ROOT.glob(path.rstrip("/")))] == []


def test_every_picture_is_shown_somewhere_and_every_shown_one_is_there() -> None:
    shown = {Path(link).name for page in EVERY for link in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", prose(page))}
    there = {path.name for path in (DOCS / "images").iterdir()}
    assert shown == there


def test_the_readme_has_at_most_150_lines_a_picture_and_no_file_tree() -> None:
    readme = text_of("README.md")
    assert len(readme.splitlines()) <= 150
    assert "![" in readme
    assert "├" not in readme
    assert "tree:begin" not in readme


def test_all_places_say_the_same_version() -> None:
    version = re.search(r'^version = "(.+)"$', text_of("pyproject.toml"), re.MULTILINE)
    assert version is not None
    assert core.__version__ == version[1]
    citation = text_of("CITATION.cff")
    assert re.search(rf"^version: {re.escape(version[1])}$", citation, re.MULTILINE)
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] – (\d{4}-\d\d-\d\d)$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert released[0][0] == version[1]
    assert f'date-released: "{released[0][1]}"' in citation


def test_the_changelog_keeps_its_form() -> None:
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    text = text_of("CHANGELOG.md")
    assert "## [Unreleased]" in text
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= kinds


def test_the_changelog_names_every_deprecated_name() -> None:
    unreleased = text_of("CHANGELOG.md").split("\n## [0.1.0]")[0]
    assert len(OLD_NAMES) > 4
    assert [word for word in OLD_NAMES if f"`{word}`" not in unreleased] == []
