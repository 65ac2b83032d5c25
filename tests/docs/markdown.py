"""The pages of the documentation, and what the tests read out of them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GENERATED = ("_api.md", "_packages.md")
"""Parts that every build of the site writes anew; git ignores them."""
ROOT_PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")]
PAGES = sorted(p for p in DOCS.rglob("*.md") if "_build" not in p.parts and p.name not in GENERATED)
RECORDS = ("LOG.md", "BENCHMARKS.md")
"""Dated records: they name what was there on their day."""

EVERY = [*ROOT_PAGES, *PAGES]
HELD = [p for p in EVERY if p.name not in (*RECORDS, "CHANGELOG.md") and p.parent.name != "decisions"]
"""What must be true today; records and decisions name what was there on their day."""


def name_of(page: Path) -> str:
    """A page's name in a test id."""
    return page.relative_to(ROOT).as_posix()


def text_of(name: str) -> str:
    """The text of a page, by its path from the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
