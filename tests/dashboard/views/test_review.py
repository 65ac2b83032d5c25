"""Review page: data for the component, empty pages, retraining."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import Project
from tests.dashboard.page_helpers import open_page

RUN = "001-supervised-mlp"


def handed_over(test: AppTest) -> dict[str, Any]:
    (component,) = test.get("bidi_component")
    data: dict[str, Any] = json.loads(component.proto.json)
    return data


def test_the_browser_is_told_project_run_classes_and_threshold(trained_project: Project) -> None:
    data = handed_over(open_page("review", project=trained_project.key, threshold="0.8"))
    assert data["project"] == trained_project.key
    assert data["run"] == RUN
    assert data["classes"] == list(trained_project.class_names)
    assert data["fingerprint"] == trained_project.fingerprint
    assert data["threshold"] == 0.8
    assert (data["height"], data["width"]) == trained_project.images.pixels.shape[1:3]


def test_the_threshold_begins_where_the_shown_version_keeps_the_target_error(trained_project: Project) -> None:
    for image in trained_project.splits.pool[:20].tolist():
        trained_project.decide(RUN, "relabel", image, int(trained_project.images.labels[image]))
    version = trained_project.live.refresh(RUN, wait=True).version
    data = handed_over(open_page("review", project=trained_project.key))
    found = trained_project.quality.conformal_thresholds_by_target(version, (0.05, 0.1, 0.2))
    first = next(one for one in found if one.threshold is not None)
    assert (data["target_of"], data["target"]) == (version, first.target)
    assert data["threshold"] == pytest.approx(first.threshold)
    given = handed_over(open_page("review", project=trained_project.key, threshold="0.8"))
    assert (given["threshold"], given["target"]) == (0.8, None)


def test_no_image_travels_through_the_script(trained_project: Project) -> None:
    (component,) = open_page("review", project=trained_project.key).get("bidi_component")
    assert len(component.proto.json) < 2_000


def test_without_a_run_the_page_points_to_train(untrained_project: Project) -> None:
    test = open_page("review", project=untrained_project.key)
    assert "No run has finished yet." in test.info[0].value
    assert not test.get("bidi_component")


def test_retraining_takes_the_run_on_screen_as_parent(trained_project: Project) -> None:
    trained_project.bulk_accept(RUN, "fixed_threshold", threshold=0.5)
    test = open_page("review", {"review-dialog": "retrain"}, project=trained_project.key)
    test.button(key="retrain").click().run()
    assert not test.exception
    started = trained_project.runs()[-1]
    assert (started.record.parent, started.record.config.method) == (RUN, "self_training")
    trained_project.wait_run(started.id, timeout=120)


def test_retraining_on_nothing_is_a_sentence_and_the_images_stay(trained_project: Project) -> None:
    test = open_page("review", {"review-dialog": "retrain"}, project=trained_project.key)
    test.button(key="retrain").click().run()
    assert "none are decided yet" in test.error[0].value
    assert not test.exception
    assert handed_over(test)["run"] == RUN
    assert len(trained_project.runs()) == 1


def test_the_given_labels_are_reviewed_without_any_run(untrained_project: Project) -> None:
    untrained_project.labels.check()
    data = handed_over(open_page("review", project=untrained_project.key, run="label_issues"))
    assert (data["run"], data["ranking"]) == ("label_issues", "label_issues")
    assert data["live"]["num_new"] == 0
