"""Original files that have moved are told and found again on the Data page."""

import shutil
from pathlib import Path

import numpy as np

from core import Project
from tests.dashboard.page_helpers import open_page, press


def test_moved_originals_are_found_again_on_the_data_page(pictures: Path, tmp_path: Path) -> None:
    source = shutil.copytree(pictures, tmp_path / "bilder")
    project = Project.create(tmp_path / "project", source)
    assert "relink-folder" not in [box.key for box in open_page("data", project=project.key).text_input]
    (tmp_path / "platte ä").mkdir()
    source.rename(tmp_path / "platte ä" / "neu")
    test = open_page("data", project=project.key)
    assert any("no longer where they were: 200 of 200" in warning.value for warning in test.warning)
    test.text_input(key="relink-folder").set_value(str(tmp_path / "nothing")).run()
    press(test, "Find them again")
    assert test.error
    test.text_input(key="relink-folder").set_value(str(tmp_path / "platte ä")).run()
    press(test, "Find them again")
    assert not test.exception
    assert any("240 images were found again" in done.value for done in test.success)
    assert "relink-folder" not in [box.key for box in test.text_input]
    assert Project.open(project.path).original(0).shape[:2] == (16, 16)


def test_images_from_a_file_that_is_there_or_built_in_have_not_moved(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", x=np.arange(40 * 64, dtype=np.uint8).reshape(40, 8, 8), y=np.arange(40) % 2)
    assert Project.create(tmp_path / "project", tmp_path / "set.npz").num_moved() == 0
    assert Project.demo(tmp_path / "demo").num_moved() == 0
