"""Deprecated names warn, name their replacement, and are gone in the version that they name."""

import importlib
import warnings
from pathlib import Path

import pytest

import core
from core.base import deprecation
from core.base.deprecation import REGISTERED, Deprecation, deprecate, deprecated, release

ROOT = Path(__file__).parents[2]


def register_all() -> None:
    """Import every module that deprecates a name: each registers its own."""
    for folder in ("core", "dashboard", "winnow"):
        for path in (ROOT / folder).rglob("*.py"):
            if "base.deprecation" in path.read_text(encoding="utf-8"):
                importlib.import_module(
                    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
                )


register_all()
NAMES = list(REGISTERED)
"""The project's own, before a test registers one."""


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> list[Deprecation]:
    """A list of its own for each test."""
    monkeypatch.setattr(deprecation, "REGISTERED", list(NAMES))
    return deprecation.REGISTERED


def test_no_old_name_is_overdue() -> None:
    """Where it fails: remove the old name and its line, and move it to *Removed* in the changelog."""
    assert [found.old for found in deprecation.REGISTERED if found.is_overdue(core.__version__)] == []


@pytest.mark.parametrize("removed_in", ["0.0.1", core.__version__])
def test_a_planted_overdue_name_is_found(removed_in: str) -> None:
    deprecate("winnow sieve", "winnow select", deprecated_in="0.0.0", removed_in=removed_in)
    with pytest.raises(AssertionError, match="winnow sieve"):
        test_no_old_name_is_overdue()


def test_every_old_name_of_today_is_overdue_in_the_version_that_it_names() -> None:
    assert len(NAMES) > 10
    assert all(found.is_overdue(found.removed_in) and found.is_overdue("99.0.0") for found in NAMES)


@pytest.mark.parametrize("found", NAMES, ids=lambda found: found.old)
def test_a_name_warns_for_at_least_one_minor_version(found: Deprecation) -> None:
    begin, end = release(found.deprecated_in), release(found.removed_in)
    assert end[:2] > begin[:2]


@pytest.mark.parametrize(
    ("version", "is_overdue"),
    [("0.2.9", False), ("0.3.0", True), ("0.3", True), ("0.3.0.dev1", True), ("0.10.0", True), ("1.0.0", True)],
)
def test_versions_compare_as_numbers(version: str, is_overdue: bool) -> None:
    assert Deprecation("old", "new", "0.2.0", "0.3.0").is_overdue(version) == is_overdue


def test_a_deprecated_function_warns_where_it_is_called_and_does_its_work() -> None:
    @deprecated("Project.bulk_accept", deprecated_in="0.2.0", removed_in="0.3.0")
    def accept_all(count: int, *, factor: int = 2) -> int:
        """Accept."""
        return count * factor

    with pytest.warns(DeprecationWarning, match=r"accept_all is now Project\.bulk_accept; .* goes in 0\.3\.0") as seen:
        assert accept_all(3, factor=4) == 12
    assert seen[0].filename == __file__
    assert (accept_all.__name__, accept_all.__doc__) == ("accept_all", "Accept.")
    assert deprecation.REGISTERED[-1].replacement == "Project.bulk_accept"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DeprecationWarning):
            accept_all(1)
