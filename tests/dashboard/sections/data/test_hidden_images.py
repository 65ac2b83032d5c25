"""Hidden images on the Data page: by reason, shown again, taken back, hidden by name."""

import numpy as np
from streamlit.testing.v1 import AppTest

from benchmarks.synthetic import synthetic_project
from core import Project
from tests.dashboard.page_helpers import metrics, open_page, press, texts


def page(project: Project) -> AppTest:
    test = open_page("data", project=project.key)
    assert not test.exception
    assert not test.error
    return test


def table(test: AppTest, column: str) -> list[list[object]]:
    """The rows of the table that has a column."""
    (frame,) = [one.value for one in test.dataframe if column in one.value]
    found: list[list[object]] = frame.to_numpy().tolist()
    return found


def headers(test: AppTest) -> list[str]:
    return [one.value for one in test.header]


def buttons(test: AppTest) -> list[str]:
    return [button.label for button in test.button]


def test_where_nothing_is_hidden_there_is_one_closed_form(untrained_project: Project) -> None:
    test = page(untrained_project)
    assert "Hidden images" not in headers(test)
    assert "No image is hidden." in texts(test)
    assert "in no part." not in texts(test)
    (form,) = [one for one in test.expander if one.label == "Hide images by name, with a reason"]
    assert not form.proto.expanded


def test_hidden_images_are_counted_by_reason_with_who_and_when(untrained_project: Project) -> None:
    project, (one, two, *rest) = untrained_project, untrained_project.splits.pool.tolist()
    before = metrics(page(project))
    project.hide_images([one, two], "blurred", "ann")
    project.hide_images(rest[:1], "private", "ben")
    test = page(project)
    rows = [one.value for one in test.dataframe if list(one.value.columns) == ["reason", "images"]]
    assert rows[0].to_numpy().tolist() == [["blurred", 2], ["private", 1]]
    changes = table(test, "reviewer")
    assert [row[:5] for row in changes] == [[2, "hidden", 1, "private", "ben"], [1, "hidden", 2, "blurred", "ann"]]
    assert all(str(row[5]).endswith(" UTC") for row in changes)
    assert texts(test).count("3 hidden images are in no part.") == 1, "below the parts"
    assert int(metrics(test)["Pool"]) == int(before["Pool"]) - 3
    assert metrics(test)["Images"] == before["Images"]


def test_chosen_images_and_a_whole_reason_are_shown_again(untrained_project: Project) -> None:
    project, ids = untrained_project, untrained_project.splits.pool[:5].tolist()
    project.hide_images(ids[:4], "blurred")
    project.hide_images(ids[4:], "private")
    test = page(project)
    assert next(one for one in test.button if one.label == "Show the chosen again").disabled
    box = next(one for one in test.multiselect if one.label == "Images to show again")
    box.select(ids[1]).run()
    press(test, "Show the chosen again")
    assert not test.exception
    assert project.hidden_images.ids.tolist() == [ids[0], *ids[2:]]
    assert [one.value for one in test.success][:1] == ["1 image shown again."]
    press(test, "Show all 3 again")
    assert project.hidden_images.ids.tolist() == ids[4:]
    test.selectbox(key="hidden-reason").set_value("private").run()
    press(test, "Show it again")
    assert not test.exception
    assert not len(project.hidden_images)
    assert "No image is hidden now." in texts(test)


def test_the_latest_change_is_taken_back_then_the_one_before(untrained_project: Project) -> None:
    project, ids = untrained_project, untrained_project.splits.pool[:3].tolist()
    project.hide_images(ids, "blurred")
    project.show_images(ids[:1])
    test = page(project)
    press(test, "Undo the latest change: 1 image shown again")
    assert project.hidden_images.ids.tolist() == ids
    press(test, "Undo the latest change: 3 images hidden")
    assert not test.exception
    assert not len(project.hidden_images)
    assert not [label for label in buttons(test) if label.startswith("Undo the latest change")]
    assert "Each change was taken back." in texts(test)


def test_images_are_hidden_by_name_after_their_number_was_shown(untrained_project: Project) -> None:
    project = untrained_project
    pattern = str(project.images.names[0]).rpartition("/")[0] + "/*"
    found = project.find_images(pattern)
    test = page(project)
    test.text_input(key="hide-pattern").set_value(pattern).run()
    assert f"{len(found):,} images have such a name." in texts(test)
    button = f"Hide {len(found):,} images"
    assert test.button(key="hide-by-name").label == button
    assert test.button(key="hide-by-name").disabled, "without a reason"
    assert not len(project.hidden_images)
    test.selectbox(key="hide-reason").set_value("private").run()
    press(test, button)
    assert not test.exception
    assert {why: ids.tolist() for why, ids in project.hidden_images.by_reason().items()} == {"private": found.tolist()}
    assert test.text_input(key="hide-pattern").value == ""
    test.text_input(key="hide-pattern").set_value(pattern).run()
    assert f"{len(found):,} of them hidden already" in texts(test)
    assert test.button(key="hide-by-name").disabled


def test_a_name_that_no_image_has_is_a_sentence(untrained_project: Project) -> None:
    test = page(untrained_project)
    test.text_input(key="hide-pattern").set_value("no such name").run()
    assert not test.exception
    assert "No image is named no such name" in test.error[0].value
    assert "hide-by-name" not in [button.key for button in test.button]


def test_of_ten_thousand_hidden_images_the_page_shows_the_first_ones(tmp_path: object) -> None:
    project = synthetic_project(tmp_path / "many", num_images=12_000)  # type: ignore[operator]
    project.hide_images(np.arange(10_000), "copy")
    test = page(project)
    assert "**10,000** of 12,040 images are hidden" in texts(test)
    (box,) = [one for one in test.multiselect if one.label == "Images to show again"]
    assert len(box.options) == 24
    (number,) = [one for one in test.number_input if one.label == "Page, of 417"]
    number.set_value(417).run()
    (box,) = [one for one in test.multiselect if one.label == "Images to show again"]
    assert (len(box.options), box.options[-1].split()[0]) == (16, "9999")
    press(test, "Show all 10,000 again")
    assert not test.exception
    assert not len(project.hidden_images)


def test_a_note_says_when_images_of_the_calibration_draw_were_hidden(trained_project: Project) -> None:
    trained_project.quality.draw_calibration(20)
    draw = trained_project.decisions.draw()
    assert draw is not None
    trained_project.hide_images(draw.asked[:2], "blurred")
    assert "2 of 20 images drawn for calibration were hidden since" in trained_project.hidden_note
    assert trained_project.hidden_note in [warning.value for warning in page(trained_project).warning]
