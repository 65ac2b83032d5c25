"""Recent projects are listed latest first and found by their URL keys."""

import shutil
from pathlib import Path

import pytest

from core.base.errors import InputError
from core.workspace import recent_projects


def _project(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "project.toml").write_text("format = 1\n")
    return path


def test_the_latest_opened_project_stands_first(tmp_path: Path) -> None:
    first, second = _project(tmp_path / "first"), _project(tmp_path / "second")
    for path in (first, second, first):
        recent_projects.remember(path)
    assert [entry.path for entry in recent_projects.recent()] == [first, second]


def test_a_key_leads_back_to_its_folder(tmp_path: Path) -> None:
    path = _project(tmp_path / "Straße & Co")
    assert recent_projects.path_of(recent_projects.remember(path)) == path


def test_folders_of_one_name_have_different_keys(tmp_path: Path) -> None:
    assert recent_projects.key_of(tmp_path / "a" / "leaves") != recent_projects.key_of(tmp_path / "b" / "leaves")


def test_a_removed_project_leaves_the_list(tmp_path: Path) -> None:
    path = _project(tmp_path / "gone")
    key = recent_projects.remember(path)
    shutil.rmtree(path)
    assert recent_projects.recent() == []
    with pytest.raises(InputError, match="winnow PATH"):
        recent_projects.path_of(key)


def test_the_environment_says_where_home_is(winnow_home: Path) -> None:
    assert recent_projects.home() == winnow_home


def test_a_forgotten_project_keeps_its_folder_and_comes_back_when_it_is_remembered(tmp_path: Path) -> None:
    first, second = _project(tmp_path / "first"), _project(tmp_path / "second")
    for path in (first, second):
        recent_projects.remember(path)
    recent_projects.forget(second)
    assert [entry.path for entry in recent_projects.recent()] == [first]
    assert (second / "project.toml").exists()
    recent_projects.remember(second)
    assert [entry.path for entry in recent_projects.recent()] == [second, first]


def test_forgetting_without_a_list_makes_none(tmp_path: Path, winnow_home: Path) -> None:
    recent_projects.forget(tmp_path)
    assert not winnow_home.exists()
