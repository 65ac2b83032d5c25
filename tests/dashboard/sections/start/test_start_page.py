"""Start page: recent projects with picture and state, the demo, and images of one's own with a preview."""

import io
import shutil
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import Project, recent_projects
from dashboard import formatting
from dashboard.sections.start.folder_layouts import pictures as layout_pictures
from dashboard.sections.start.open_images import path_problem
from dashboard.state.project_cards import project_cards
from tests.conftest import CLASSES
from tests.dashboard.page_helpers import open_page, press, texts


def _html(test: AppTest) -> str:
    return " ".join(element.proto.body for element in test.get("html"))


def test_a_project_is_shown_with_its_picture_and_its_state(trained_project: Project) -> None:
    test = open_page("start")
    assert not test.exception
    assert f"/winnow/{trained_project.key}/sprite?ids=" in _html(test)
    run = trained_project.runs()[0]
    assert f"{len(trained_project.images.labels):,} images, 3 classes" in texts(test)
    accuracy = run.val_accuracy(len(trained_project.splits.val))
    assert accuracy is not None
    assert f"{formatting.percent(accuracy.value)} right on only 12 val images" in texts(test)


def test_a_card_follows_decisions_and_runs(trained_project: Project) -> None:
    before = project_cards(1)[0].lines
    run = trained_project.runs()[0].id
    trained_project.decide(run, "accept", int(trained_project.scores(run).ids[0]))
    after = project_cards(1)[0].lines
    assert "0 decided" in before[0]
    assert "1 decided" in after[0]


def test_a_project_that_cannot_be_opened_is_a_card_with_the_reason(trained_project: Project) -> None:
    (trained_project.path / "project.toml").write_text("no toml [")
    test = open_page("start")
    assert not test.exception
    assert next(button for button in test.button if button.label == "Open").disabled


def test_a_forgotten_project_leaves_the_list_keeps_its_folder_and_comes_back(trained_project: Project) -> None:
    test = open_page("start")
    press(test, "Take off this list")
    assert recent_projects.recent() == []
    assert (trained_project.path / "project.toml").exists()
    press(test, "Undo")
    assert [entry.path for entry in recent_projects.recent()] == [trained_project.path.resolve()]


def test_a_folder_is_previewed_before_anything_is_written(pictures: Path, winnow_home: Path) -> None:
    test = open_page("start")
    test.text_input(key="images-path").set_value(str(pictures)).run()
    assert not test.exception
    assert "images**, 3 classes" in texts(test)
    assert not [one for one in test.radio if one.label == "The class is"], "no folder lies in a class folder"
    assert "data:image/jpeg;base64" in _html(test)
    assert not (winnow_home / "projects").exists()


def test_the_previewed_folder_becomes_a_project(pictures: Path) -> None:
    test = open_page("start")
    test.text_input(key="images-path").set_value(f'"{pictures}"').run()
    press(test, "Create the project")
    assert not test.exception
    assert [entry.path.name for entry in recent_projects.recent()] == [pictures.name]


def test_the_innermost_folder_may_be_the_class(pictures: Path, tmp_path: Path) -> None:
    nested, (first, second, third) = tmp_path / "nested", CLASSES
    for group, name in (("some", first), ("some", second), ("others", third)):
        shutil.copytree(pictures / name, nested / group / name)
    test = open_page("start")
    test.text_input(key="images-path").set_value(str(nested)).run()
    assert "images**, 2 classes" in texts(test)
    assert "Folders inside class folders: 3" in texts(test)
    test.radio(key=f"class-level-{nested}").set_value("last").run()
    assert not test.exception
    assert "images**, 3 classes" in texts(test)
    assert test.radio(key=f"class-level-{nested}").value == "last", "the way back stays"
    press(test, "Create the project")
    assert not test.exception
    (made,) = recent_projects.recent()
    assert Project.open(made.path).class_names == (first, second, third)


def test_a_folder_of_winnow_is_offered_as_a_project(trained_project: Project) -> None:
    test = open_page("start")
    test.text_input(key="images-path").set_value(str(trained_project.path)).run()
    assert "This is a project of Winnow." in texts(test)


def test_uploaded_files_are_previewed_and_become_a_project(pictures: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        for file in sorted(pictures.rglob("*.png")):
            target.write(file, f"shapes/{file.relative_to(pictures)}")
    test = open_page("start", {"images-from": "Upload a few"})
    test.file_uploader(key="images-upload").set_value([("shapes.zip", archive.getvalue(), "application/zip")]).run()
    assert not test.exception
    assert "images**, 3 classes" in texts(test)
    press(test, "Create the project")
    assert Project.open(recent_projects.recent()[0].path).class_names == ("circle", "cross", "stripes")


@pytest.mark.parametrize(
    ("made", "typed", "said"),
    [
        (("leaves", "shells"), "leavs", "has the folders: leaves, shells."),
        ((), "x", "has no folders."),
        ((), "n" * 300, "is not the path of"),
    ],
)
def test_a_path_that_does_not_exist_names_what_lies_there(
    tmp_path: Path, made: tuple[str, ...], typed: str, said: str
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for name in made:
        (root / name).mkdir()
    assert said in path_problem(root / typed)
    assert path_problem(root) == ""


def test_every_layout_that_is_drawn_is_understood(tmp_path: Path, pictures: Path) -> None:
    """The pictures of layouts name the folders that these sources have."""
    image = next(pictures.rglob("*.png"))
    layouts = {
        "classes": ("oak/1.png", "beech/2.png", "unlabeled/3.png"),
        "flat": ("1.png", "2.png"),
        "splits": ("train/oak/1.png", "train/beech/2.png", "val/oak/3.png", "test/oak/4.png"),
    }
    for name, files in layouts.items():
        for file in files:
            (tmp_path / name / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(image, tmp_path / name / file)
    (tmp_path / "table" / "images").mkdir(parents=True)
    shutil.copy(image, tmp_path / "table" / "images" / "1.png")
    shutil.copy(image, tmp_path / "table" / "images" / "2.png")
    (tmp_path / "table" / "labels.csv").write_text("file,label\nimages/1.png,oak\nimages/2.png,\n")
    found = {name: Project.preview(tmp_path / name) for name in (*layouts, "table")}
    assert {name: one.num_images for name, one in found.items()} == {"classes": 3, "flat": 2, "splits": 4, "table": 2}
    assert {*found["classes"].classes} == {"oak", "beech"}
    assert found["classes"].num_unlabeled == 1
    assert not found["flat"].classes
    assert {*found["splits"].splits} == {"train", "val", "test"}
    assert dict(found["table"].classes) == {"oak": 1}
    assert layout_pictures().count("<img") == len(found)


def test_the_parts_of_a_folder_are_shown_and_changed_before_anything_is_written(
    pictures: Path, winnow_home: Path
) -> None:
    test = open_page("start")
    test.text_input(key="images-path").set_value(str(pictures)).run()
    planned = Project.plan_split(Project.preview(pictures))
    shown = " · ".join(f"{count:,} {part}" for part, count in planned.sizes.items())
    assert f"**Parts:** {shown}" in texts(test)
    assert all(note in texts(test) for note in planned.notes)
    assert any("calibration images: target errors below" in note for note in planned.notes)
    test.number_input(key=f"part-calibration-False-{pictures}").set_value(50).run()
    assert "50 calibration images: target errors below 5.8 % cannot be guaranteed" in texts(test)
    assert not (winnow_home / "projects").exists()
    press(test, "Create the project")
    splits = Project.open(recent_projects.recent()[0].path).splits
    assert (len(splits.calibration), len(splits.val)) == (50, planned.sizes["val"])


def test_more_held_out_images_than_there_are_labels_are_refused_before_anything_is_written(pictures: Path) -> None:
    test = open_page("start")
    test.text_input(key="images-path").set_value(str(pictures)).run()
    test.number_input(key=f"part-test-False-{pictures}").set_value(200).run()
    assert any("The split asks for 200 labeled images" in error.value for error in test.error)
    assert next(button for button in test.button if button.label == "Create the project").disabled
