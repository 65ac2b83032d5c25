"""Data page: counts, new projects and split leakage."""

import os
from pathlib import Path

import numpy as np
import pytest

from core import Project, recent_projects
from core.experiments.extractor_comparison_job import ExtractorComparisons
from tests.dashboard.page_helpers import metrics, open_page, press, texts
from tests.experiments.test_extractor_comparison import finished


def test_without_a_project_the_data_page_offers_the_demo() -> None:
    assert [button.label for button in open_page("data").button] == ["Open the demo"]


def test_the_data_page_counts_what_there_is(untrained_project: Project) -> None:
    found = metrics(open_page("data", project=untrained_project.key))
    assert found["Images"] == f"{len(untrained_project.images.labels):,}"
    assert found["Pool"] == f"{len(untrained_project.splits.pool):,}"


def test_a_project_without_a_run_gets_suggestions_at_one_press(untrained_project: Project) -> None:
    test = open_page("data", project=untrained_project.key)
    press(test, "Suggest labels now")
    assert not test.exception
    (run,) = untrained_project.runs()
    assert (run.id, run.status.state) == ("001-head-hog", "done")
    again = open_page("data", project=untrained_project.key)
    assert "Suggest labels now" not in [button.label for button in again.button]


def test_compared_features_are_shown_and_the_suggestions_follow_them(untrained_project: Project) -> None:
    table = untrained_project.compare_extractors(["pixels", "hog"])
    test = open_page("data", project=untrained_project.key)
    (frame,) = [one.value for one in test.dataframe if "features" in one.value]
    assert list(frame["features"]) == [line.extractor for line in table.lines]
    assert frame.iloc[:, -1].tolist().count("recommended") == 1
    best = table.settings()["extractor"]
    assert test.selectbox(key="suggest-features").value == best
    other = "hog" if best == "pixels" else "pixels"
    test.selectbox(key="suggest-features").set_value(other).run()
    press(test, "Suggest labels now")
    assert not test.exception
    (run,) = untrained_project.runs()
    assert run.record.config.extractor == other


def test_a_comparison_is_started_from_the_data_page(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = ExtractorComparisons.start
    monkeypatch.setattr(ExtractorComparisons, "start", lambda self: start(self, ["hog", "pixels"]))
    test = open_page("data", project=untrained_project.key)
    press(test, "Compare features")
    assert not test.exception
    assert "Compare features" not in [button.label for button in test.button], "one at a time"
    finished(untrained_project)
    again = open_page("data", project=untrained_project.key)
    assert "Compare again" in [button.label for button in again.button]


def test_a_new_folder_becomes_a_project(pictures: Path, tmp_path: Path) -> None:
    test = open_page("data")
    test.segmented_control(key="new-source").set_value("Image folder").run()
    test.text_input(key="new-folder").set_value(str(pictures)).run()
    next(field for field in test.text_input if field.label.startswith("Project folder")).set_value(
        str(tmp_path / "new")
    )
    press(test, "Create the project")
    assert not test.exception
    assert (tmp_path / "new" / "project.toml").exists()
    assert [entry.path for entry in recent_projects.recent()] == [tmp_path / "new"]


def test_a_folder_that_is_none_is_refused_with_a_sentence(tmp_path: Path) -> None:
    test = open_page("data")
    test.segmented_control(key="new-source").set_value("Existing project").run()
    test.text_input(key="open-path").set_value(str(tmp_path)).run()
    press(test, "Open the project")
    assert not test.exception
    assert "no Winnow project" in test.error[0].value


def test_the_data_page_shows_images_that_are_in_two_splits(untrained_project: Project) -> None:
    test = open_page("data", project=untrained_project.key)
    test.toggle(key="leaks").set_value(True).run()
    assert "No image is in two splits." in test.success[0].value
    splits, file = untrained_project.splits, untrained_project.path / "images" / "pixels.npy"
    pixels = np.array(np.load(file))
    pixels[splits.test[0]] = pixels[splits.labeled[0]]
    file.unlink()
    np.save(file, pixels)
    os.utime(untrained_project.path / "project.toml")  # another project, as far as the dashboard knows
    test = open_page("data", project=untrained_project.key)
    test.toggle(key="leaks").set_value(True).run()
    assert not test.exception
    warnings = [warning.value for warning in test.warning]
    assert any("Images in more than one split: 1." in text for text in warnings)
    assert any("1 of 30 test; 1 group by near duplicates" in text for text in warnings)


def test_near_duplicates_are_counted_with_the_leaks_among_them(trained_project: Project) -> None:
    file = trained_project.path / "images" / "pixels.npy"
    pixels, splits = np.array(np.load(file)), trained_project.splits
    pixels[splits.test[0]] = pixels[splits.labeled[0]]
    np.save(file, pixels)
    test = open_page("data", project=trained_project.key)
    assert not test.exception
    assert "Stacks of near duplicates: **1**, with 2 images." in texts(test)
    assert any("1 (1 with test)" in warning.value for warning in test.warning)


def test_new_images_and_edits_of_classes_are_made_on_the_data_page(untrained_project: Project, tmp_path: Path) -> None:
    from PIL import Image

    num = len(untrained_project.images.labels)
    (tmp_path / "more").mkdir()
    Image.new("L", (16, 16), 77).save(tmp_path / "more" / "new.png")
    test = open_page("data", project=untrained_project.key)
    test.text_input(key="add-source").set_value(str(tmp_path / "more")).run()
    assert any("such as" in frame.value for frame in test.dataframe)
    press(test, "Add images")
    assert not test.exception
    project = Project.open(untrained_project.path)
    assert len(project.images.labels) == num + 1
    test = open_page("data", project=untrained_project.key)
    test.text_input(key="class-text-Rename").set_value("disk").run()
    press(test, "Rename")
    assert not test.exception
    assert project.class_names[0] == "disk"
    press(test, "Undo the latest edit: rename")
    assert project.class_names[0] != "disk"


def test_without_an_edit_of_a_class_there_is_none_to_undo(untrained_project: Project) -> None:
    test = open_page("data", project=untrained_project.key)
    assert test.button(key="undo-class-edit").disabled
    untrained_project.add_class("star")
    test = open_page("data", project=untrained_project.key)
    press(test, "Undo the latest edit: add")
    assert "star" not in untrained_project.class_names
    assert test.button(key="undo-class-edit").disabled


def test_classes_are_grouped_and_taken_out_on_the_data_page(untrained_project: Project) -> None:
    untrained_project.group_classes([1], "مجموعة")
    test = open_page("data", project=untrained_project.key)
    test.segmented_control(key="class-edit").set_value("Group").run()
    assert [test.button(key=key).disabled for key in ("group-classes", "ungroup-classes")] == [True, True]
    test.multiselect(key="group-members").set_value([0, 2]).run()
    test.selectbox(key="class-group").set_value("مجموعة").run()
    press(test, "Group")
    assert not test.exception
    project = Project.open(untrained_project.path)
    assert dict(project.workspace.classes.groups) == dict.fromkeys([0, 1, 2], "مجموعة")
    press(test, "Take out of their groups")
    assert dict(project.workspace.classes.groups) == {1: "مجموعة"}
    press(test, "Undo the latest edit: group")
    assert len(project.workspace.classes.groups) == 3


def test_given_labels_are_checked_at_one_press_and_the_queue_is_linked(untrained_project: Project) -> None:
    test = open_page("data", project=untrained_project.key)
    press(test, "Check the given labels")
    assert not test.exception
    again = texts(open_page("data", project=untrained_project.key))
    assert "of 75** given labels" in again
    found = untrained_project.labels.check()
    image = int(found.ids[0]) if len(found.ids) else int(untrained_project.splits.labeled[0])
    other = (int(untrained_project.images.labels[image]) + 1) % 3
    assert untrained_project.decide("label_issues", "relabel", image, other).status == "saved"
    assert "1 given label was corrected" in texts(open_page("data", project=untrained_project.key))


def test_a_rule_is_previewed_used_and_its_leaks_are_mended(untrained_project: Project) -> None:
    test = open_page("data", project=untrained_project.key)
    test.selectbox(key="project-group-kind").set_value("pattern").run()
    test.text_input(key="project-group-value-pattern").set_value(r"/(\d)").run()
    assert not test.exception
    assert "10 groups of two or more images" in texts(test)
    assert Project.open(untrained_project.path).groups.current is None
    press(test, "Group the images so")
    assert not test.exception
    leaks = Project.open(untrained_project.path).groups.leaks()
    assert leaks.num_images
    press(test, "Leave them out")
    assert not test.exception
    mended = Project.open(untrained_project.path)
    assert not mended.groups.leaks().num_images
    assert mended.groups.num_fixed == leaks.num_images
