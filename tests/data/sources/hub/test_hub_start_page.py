"""The start page shows a data set of the hub, downloads it on request alone, and makes a project of it."""

from pathlib import Path

from core import Project, recent_projects
from tests.dashboard.page_helpers import open_page, press, texts
from tests.data.sources.hub.conftest import write_parquet
from tests.data.sources.hub.fake_hub import FakeHub


def test_the_size_is_shown_and_the_button_downloads(hub: FakeHub, beans: str, tmp_path: Path) -> None:
    test = open_page("start")
    test.text_input(key="images-path").set_value("hf:plants/beans").run()
    assert not test.exception
    assert f"revision {beans[:12]}, licence mit." in texts(test)
    assert "24 train, 8 validation" in texts(test)
    assert "2 classes in label: healthy, rust" in texts(test)
    assert not hub.sent
    button = test.button(key="hub-download")
    assert button.label.endswith("kB in 3 files")
    button.click().run()
    assert not test.exception
    assert hub.sent
    assert "32 images**, 2 classes" in texts(test)
    assert test.text_input(key=f"images-name-hf:plants/beans@{beans}:default").value == "beans"
    press(test, "Create the project")
    assert not test.exception
    project = Project.open(recent_projects.recent()[0].path)
    assert project.workspace.info["hub_revision"] == beans


def test_what_cannot_be_had_is_a_sentence(hub: FakeHub) -> None:
    test = open_page("start")
    test.text_input(key="images-path").set_value("hf:plants/nothing").run()
    assert not test.exception
    assert [error.value.startswith("The hub has no data set hf:plants/nothing") for error in test.error] == [True]


def test_the_data_page_takes_in_what_a_newer_revision_has_more(hub: FakeHub, beans: str, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p", "hf:plants/beans")
    recent_projects.remember(project.path)
    write_parquet(tmp_path / "beans" / "data" / "train-00001-of-00002.parquet", 6, first=100)
    test = open_page("data", project=project.key)
    test.text_input(key="add-source").set_value("hf:plants/beans").run()
    assert not test.exception
    assert all(button.key != "add-images" for button in test.button)
    test.button(key="hub-download").click().run()
    test.button(key="add-images").click().run()
    assert not test.exception
    assert "6 images added, 6 of them labeled; 32 were known." in texts(test)
