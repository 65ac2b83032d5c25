"""Shared by all tests: a home of its own for each test, and one small finished project for a session."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"


@pytest.fixture(autouse=True)
def winnow_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Winnow's own folder, away from the person's."""
    home = tmp_path / "winnow-home"
    monkeypatch.setenv("WINNOW_HOME", str(home))
    monkeypatch.delenv("WINNOW_TOKEN", raising=False)
    yield home
