"""Audit page: answers, certificate, queue estimates and reviewer checks."""

import json
from pathlib import Path

import numpy as np

from core import PageQuery, Project, TrainConfig
from tests.dashboard.page_helpers import metrics, open_page, press, texts

RUN = "001-supervised-mlp"


def test_an_answer_on_the_audit_page_is_a_decision_and_undo_takes_it_back(trained_project: Project) -> None:
    test = open_page("audit", project=trained_project.key, threshold="0")
    assert metrics(test)["Answers"] == "0"
    audit = trained_project.quality.audit(RUN, "fixed_threshold", threshold=0.0)
    assert audit.next_id is not None
    pool = trained_project.scores(RUN)
    label = int(pool.scores.pseudo_labels[np.searchsorted(pool.ids, audit.next_id)])
    test.button(key=f"audit-{label}").click().run()
    assert not test.exception
    assert (metrics(test)["Answers"], metrics(test)["Right"]) == ("1", "1")
    decision = Project.open(trained_project.path).decisions.all()[-1]
    assert (decision.image_id, decision.label, decision.params["queue"]) == (audit.next_id, label, "audit")
    test.button(key="audit-undo").click().run()
    assert metrics(test)["Answers"] == "0"


def test_the_audit_page_never_shows_what_the_model_says(trained_project: Project) -> None:
    test = open_page("audit", project=trained_project.key, threshold="0")
    said = " ".join(e.value for kind in (test.markdown, test.caption, test.header, test.info) for e in kind)
    assert not any(name in said for name in trained_project.class_names)


def test_the_audit_page_switches_checks_on_and_review_says_so(trained_project: Project) -> None:
    test = open_page("audit", project=trained_project.key)
    test.segmented_control(key="check-interval").set_value(8).run()
    assert not test.exception
    assert Project.open(trained_project.path).quality.check_interval == 8
    (component,) = open_page("review", project=trained_project.key).get("bidi_component")
    said = json.loads(component.proto.json)["note"]
    assert "One in 8 of the undecided images is an attention check" in said


def test_the_audit_page_shows_what_a_random_queue_says(trained_project: Project) -> None:
    (card, *_) = trained_project.review(RUN).page(PageQuery("mixed")).cards
    shown = trained_project.review(RUN).shown(card.id, PageQuery("mixed", drawn=0))
    trained_project.decide(RUN, "accept", card.id, **shown)
    test = open_page("audit", project=trained_project.key, threshold="0")
    table = test.dataframe[0].value
    assert table["Answers"][0] == f"1 of {len(trained_project.splits.pool)}"
    assert table["Pseudo-labels right"][0].endswith("n = 1")


def test_an_empty_selection_is_a_sentence_and_an_unknown_rule_is_left_out(trained_project: Project) -> None:
    test = open_page("audit", project=trained_project.key, rule="top_per_class", cut="0")
    assert not test.exception
    assert "nothing to audit" in test.info[0].value
    assert open_page("audit", project=trained_project.key, rule="banana", cut="x").selectbox(key="audit-rule").value


def test_the_audit_page_draws_calibration_images_and_says_how_far_they_are(trained_project: Project) -> None:
    test = open_page("audit", project=trained_project.key)
    num = trained_project.quality.calibration_size(0.05)
    press(test, f"Draw {num:,} random images")
    assert not test.exception
    assert trained_project.quality.calibration_progress().num == num
    assert "Estimated:" in " ".join(element.value for element in (*test.caption, *test.markdown))


def test_the_audit_page_says_what_the_pool_draw_proves(trained_project: Project) -> None:
    quality = trained_project.quality
    quality.draw_calibration(10)
    for _ in range(10):
        assert quality.answer_calibration(RUN, 0).status == "saved"
    test = open_page("audit", project=trained_project.key, threshold="0")
    found = quality.draw_certificate(RUN, "fixed_threshold", threshold=0.0)
    assert found is not None
    assert found.sentence in " ".join(element.value for element in test.caption)


def test_class_thresholds_are_set_above_the_question(trained_project: Project) -> None:
    test = open_page("audit", project=trained_project.key, rule="per_class_threshold", cut="0.5")
    assert not test.exception
    assert test.expander[0].label == "Class thresholds"
    press(test, "Set the class thresholds")
    assert not test.exception


def test_a_merged_class_is_no_answer(trained_project: Project) -> None:
    trained_project.merge_classes(2, 0)
    test = open_page("audit", project=trained_project.key, threshold="0")
    assert {button.key for button in test.button if str(button.key).startswith("audit-")} == {
        "audit-0",
        "audit-1",
        "audit-none",
        "audit-undo",
    }


def test_from_no_label_on_random_images_can_be_drawn_before_a_run_has_suggestions(
    pictures: Path, tmp_path: Path
) -> None:
    project = Project.create(tmp_path / "cold", pictures / "unlabeled")
    run = project.wait_run(project.start_run(TrainConfig(method="head", extractor="pixels")).id, timeout=120).id
    before = open_page("audit", project=project.key)
    assert "name at least two images" in texts(before)
    project.decide(run, "relabel", int(project.splits.pool[0]), project.add_class("round"))
    test = open_page("audit", project=project.key)
    assert not test.exception
    assert "it has no scores of its own" in texts(test)
    press(test, next(button.label for button in test.button if button.label.startswith("Draw ")))
    assert not test.exception
    assert project.quality.calibration_progress().num > 0
