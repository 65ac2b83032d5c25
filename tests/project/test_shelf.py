import shutil
from pathlib import Path

import pytest

from core.base.errors import InputError
from core.project import shelf


def _project(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "project.toml").write_text("format = 1\n")
    return path


def test_the_latest_opened_project_stands_first(tmp_path: Path) -> None:
    first, second = _project(tmp_path / "first"), _project(tmp_path / "second")
    for path in (first, second, first):
        shelf.remember(path)
    assert [shelved.path for shelved in shelf.recent()] == [first, second]


def test_a_key_leads_back_to_its_folder(tmp_path: Path) -> None:
    path = _project(tmp_path / "Straße & Co")
    assert shelf.path_of(shelf.remember(path)) == path


def test_folders_of_one_name_have_different_keys(tmp_path: Path) -> None:
    assert shelf.key_of(tmp_path / "a" / "leaves") != shelf.key_of(tmp_path / "b" / "leaves")


def test_a_removed_project_leaves_the_shelf(tmp_path: Path) -> None:
    path = _project(tmp_path / "gone")
    key = shelf.remember(path)
    shutil.rmtree(path)
    assert shelf.recent() == []
    with pytest.raises(InputError, match="winnow PATH"):
        shelf.path_of(key)


def test_the_environment_says_where_home_is(winnow_home: Path) -> None:
    assert shelf.home() == winnow_home
