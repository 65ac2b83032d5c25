"""New files and folders get the rights that the umask gives, so that a group can share a project."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core import Project
from core.base.drafts import draft_file, draft_folder
from core.store.files import save_array, write_json
from tests.conftest import SMALL


@pytest.fixture(params=[0o002, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield int(request.param)
    os.umask(before)


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_file_and_folder_of_a_project_has_the_rights_of_the_umask(
    pictures: Path, tmp_path: Path, umask: int
) -> None:
    project = Project.create(tmp_path / "shared", pictures, split=SMALL)
    assert project.decisions.counts()["undecided"]
    project.add_class("square")
    for path in (project.path, *project.path.rglob("*")):
        expected = (0o777 if path.is_dir() else 0o666) & ~umask
        assert rights(path) == expected, f"{path.relative_to(tmp_path)}: {rights(path):o} instead of {expected:o}"


def test_arrays_and_json_files_that_are_replaced_have_the_rights_of_the_umask(tmp_path: Path, umask: int) -> None:
    for _ in range(2):
        save_array(tmp_path / "a.npy", np.zeros(3))
        write_json(tmp_path / "b.json", {"a": 1})
    assert {rights(path) for path in tmp_path.iterdir() if path.is_file()} == {0o666 & ~umask}


def test_drafts_are_new_and_hidden(tmp_path: Path) -> None:
    found = set()
    for _ in range(3):
        handle, draft = draft_file(tmp_path / "labels.npy")
        os.close(handle)
        found |= {draft, draft_folder(tmp_path, ".new-")}
    assert len(found) == 6
    assert all(path.name.startswith(".") and path.parent == tmp_path for path in found)
