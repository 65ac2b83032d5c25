"""What a person meets (pages, keys, routes, errors, files, methods) has its entry in the documentation."""

import re

import pytest

import core.base.errors as errors
from core import Project
from core.base.config import METHODS
from core.base.types import REMARKS, SPLIT_NAMES, UNDO, VERDICTS, RunState
from core.export.label_table import COLUMNS
from core.store.database import decisions
from dashboard.server.map_routes import MAP_ROUTES
from dashboard.server.routes import ROUTES
from tests.docs.markdown import ROOT, text_of

VIEWS = sorted(path.stem for path in (ROOT / "dashboard" / "views").glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("page", ["README.md", "docs/guide/index.md"])
def test_every_page_of_the_dashboard_stands_in_the_table(page: str) -> None:
    assert [name for name in VIEWS if f"| **{name.title()}** |" not in text_of(page)] == []


def keys() -> list[tuple[str, str]]:
    """What the help of the Review page says."""
    script = next((ROOT / "dashboard" / "components" / "review").rglob("keyboard.js")).read_text(encoding="utf-8")
    listed = script.split("export const KEY_HELP = [")[1].split("\n];")[0]
    return re.findall(r'\["(.*?)", "(.*?)"\]', listed)


def test_the_page_of_keys_says_what_the_help_of_the_review_page_says() -> None:
    rows = re.findall(r"^\| (.*?) \| (.*?) \|$", text_of("docs/reference/keys.md"), re.MULTILINE)[2:]
    plain = [(key.replace("`", "").replace("  ", " "), does) for key, does in rows]
    assert plain == [(key.replace("  ", " "), does) for key, does in keys()]


@pytest.mark.parametrize("route", [*ROUTES, *MAP_ROUTES], ids=lambda route: route.path)
def test_every_route_has_its_row(route: object) -> None:
    path = re.sub(r":\w+\}", "}", route.path)  # type: ignore[attr-defined]
    method = "POST" if "POST" in (route.methods or ()) else "GET"  # type: ignore[attr-defined]
    assert f"| `{method} {path}` |" in text_of("docs/reference/http-routes.md")


def test_every_error_has_its_row() -> None:
    page = text_of("docs/reference/errors.md")
    found = [name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)]
    public = [name for name in found if issubclass(vars(errors)[name], errors.WinnowError)]
    assert [name for name in public if f"`{name}`" not in page and name not in page] == []


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("docs/guide/methods-and-presets.md", METHODS),
        ("docs/guide/projects-and-splits.md", SPLIT_NAMES),
        ("docs/reference/file-formats.md", COLUMNS),
        ("docs/reference/file-formats.md", RunState.__args__),  # type: ignore[attr-defined]
        ("docs/concepts/decision-log.md", tuple(column.name for column in decisions.columns)),
    ],
)
def test_every_word_of_a_list_stands_in_its_page(page: str, words: tuple[str, ...]) -> None:
    assert [word for word in words if f"`{word}`" not in text_of(page)] == []


def test_every_verdict_stands_in_the_page_of_the_log() -> None:
    row = next(line for line in text_of("docs/concepts/decision-log.md").splitlines() if line.startswith("| `verdict`"))
    assert re.findall(r"\w+", row)[1:] == [*VERDICTS, UNDO, *REMARKS]


def test_every_environment_variable_that_the_code_reads_stands_in_the_page_of_installation() -> None:
    code = [path.read_text(encoding="utf-8") for name in ("core", "dashboard") for path in (ROOT / name).rglob("*.py")]
    read = {word for text in code for word in re.findall(r"WINNOW_[A-Z]+", text)}
    assert read
    assert [word for word in sorted(read) if f"| `{word}` |" not in text_of("docs/install.md")] == []


def test_every_file_that_a_run_leaves_has_its_row(trained_project: Project) -> None:
    page = text_of("docs/reference/file-formats.md")
    files = [path for path in trained_project.path.rglob("*") if path.is_file() and "index" not in path.parts]
    names = sorted({path.name for path in files if not path.name.startswith("decisions.db-")})
    assert "run.json" in names
    assert [name for name in names if name not in page] == []
