"""One step comes next, from what was done; a dismissed one stays hidden in its project."""

from pathlib import Path

import pytest

from core import Project, TrainConfig, recent_projects
from dashboard.sections.start.next_step import progress_of
from dashboard.state import dismissed
from dashboard.state.next_step import ENOUGH_CLICKS, Progress, next_step


def _done(**changes: object) -> Progress:
    start = {
        "num_labels": 0,
        "num_open": 1_000,
        "num_finished": 0,
        "is_training": False,
        "num_clicks": 0,
        "num_bulk": 0,
    }
    return Progress(**{**start, "is_training": False, "has_curated_run": False, **changes})  # type: ignore[arg-type]


LOOP = [
    (_done(), "name", "data"),
    (_done(num_labels=5), "suggest", "data"),
    (_done(num_labels=5, num_finished=1), "review", "review"),
    (_done(num_labels=5, num_finished=1, num_clicks=19), "review", "review"),
    (_done(num_finished=1, num_clicks=20, is_error_known=False), "calibrate", "audit"),
    (_done(num_labels=5, num_finished=1, num_clicks=20), "bulk", "review"),
    (_done(num_labels=5, num_finished=1, num_clicks=20, num_bulk=100), "train", "train"),
    (_done(num_finished=2, num_clicks=20, num_bulk=100, has_curated_run=True), "compare-2", "compare"),
    (_done(num_finished=1, num_clicks=20, num_bulk=100, has_curated_run=True), "export", "export"),
]


def test_no_step_asks_for_images_that_are_not_there() -> None:
    few = next_step(_done(num_labels=5, num_finished=1, num_open=3))
    assert few is not None
    assert few.text == "Decide 3 images"
    none = next_step(_done(num_labels=5, num_finished=1, num_open=0, num_clicks=7))
    assert none is not None
    assert none.name == "train"
    labeled = next_step(_done(num_labels=5, num_open=0))
    assert labeled is not None
    assert (labeled.name, labeled.page) == ("check", "data")


@pytest.mark.parametrize(("done", "name", "page"), LOOP, ids=[name for _, name, _ in LOOP])
def test_the_steps_follow_the_loop(done: Progress, name: str, page: str) -> None:
    step = next_step(done)
    assert step is not None
    assert (step.name, step.page) == (name, page)
    assert step.why.endswith(".")


def test_the_place_in_the_loop_never_goes_back() -> None:
    places = [step.place for done, _, _ in LOOP if (step := next_step(done))]
    assert places == sorted(places)


def test_there_is_no_step_while_a_run_trains_and_after_the_export() -> None:
    finished = {"num_finished": 2, "num_clicks": 20, "num_bulk": 1, "has_curated_run": True}
    assert next_step(_done(is_training=True)) is None
    assert next_step(_done(**finished, has_exported=True)) is None


def test_a_gain_is_named_only_where_it_was_measured() -> None:
    measured = next_step(_done(num_finished=1, num_clicks=12, gain="The last 12 clicks bought +1.0 points."))
    unmeasured = next_step(_done(num_finished=1, num_clicks=12))
    assert measured is not None
    assert unmeasured is not None
    assert measured.why == "The last 12 clicks bought +1.0 points."
    assert not any(char.isdigit() for char in unmeasured.why)
    assert "8 more images" in unmeasured.text


def test_a_dismissed_step_stays_hidden_in_its_project_alone() -> None:
    dismissed.dismiss("leaves-123", "review")
    dismissed.dismiss("leaves-123", "bulk")
    assert dismissed.is_dismissed("leaves-123", "review")
    assert dismissed.is_dismissed("leaves-123", "bulk")
    assert not dismissed.is_dismissed("leaves-123", "train")
    assert not dismissed.is_dismissed("shells-456", "review")


@pytest.mark.parametrize("text", ["", "[]", '{"leaves-123": 5}', "\x00", "[" * 100_000])
def test_a_damaged_list_of_dismissed_steps_hides_none_and_takes_new_ones(text: str) -> None:
    file = recent_projects.home() / "dismissed.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert not dismissed.is_dismissed("leaves-123", "review")
    dismissed.dismiss("leaves-123", "review")
    assert dismissed.is_dismissed("leaves-123", "review")


def test_from_no_label_on_the_error_becomes_known_before_a_bulk_accept_is_advised(
    pictures: Path, tmp_path: Path
) -> None:
    project = Project.create(tmp_path / "cold", pictures / "unlabeled")
    run = project.wait_run(project.start_run(TrainConfig(method="head", extractor="pixels")).id, timeout=120).id
    classes = [project.add_class(name) for name in ("round", "square")]
    for place, image in enumerate(project.splits.pool[:ENOUGH_CLICKS].tolist()):
        assert project.decide(run, "relabel", image, classes[place % 2]).status == "saved"
    step = next_step(progress_of(project))
    assert step is not None
    assert (step.name, step.page) == ("calibrate", "audit")
    project.quality.draw_calibration(5)
    while project.quality.calibration_progress().next_id is not None:
        project.quality.answer_calibration(run, classes[0])
    step = next_step(progress_of(project))
    assert step is not None
    assert step.name == "bulk"
