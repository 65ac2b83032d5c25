"""The audit page and the target error of the Scores page say what the project says."""

import os

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import PageQuery, Project, class_thresholds

RUN = "001-supervised-mlp"


def _show(name: str) -> None:
    import importlib

    importlib.import_module(f"dashboard.views.{name}").show()


def open_page(name: str, **query: str) -> AppTest:
    test = AppTest.from_function(_show, kwargs={"name": name}, default_timeout=30)
    for key, value in query.items():
        test.query_params[key] = value
    return test.run()


def metrics(test: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in test.metric}


def test_an_answer_on_the_audit_page_is_a_decision_and_undo_takes_it_back(trained_project: Project) -> None:
    test = open_page("audit", project=trained_project.key, threshold="0")
    assert metrics(test)["Answers"] == "0"
    audit = trained_project.quality.audit(RUN, "fixed_threshold", threshold=0.0)
    assert audit.next_id is not None
    pool = trained_project.scores(RUN)
    label = int(pool.scores.pseudo_labels[np.searchsorted(pool.ids, audit.next_id)])
    test.button(key=f"audit-{label}").click().run()
    assert not test.exception
    assert (metrics(test)["Answers"], metrics(test)["Of them right"]) == ("1", "1")
    decision = Project.open(trained_project.path).decisions.all()[-1]
    assert (decision.image_id, decision.label, decision.params["queue"]) == (audit.next_id, label, "audit")
    test.button(key="audit-undo").click().run()
    assert metrics(test)["Answers"] == "0"


def test_the_audit_page_never_shows_what_the_model_says(trained_project: Project) -> None:
    test = open_page("audit", project=trained_project.key, threshold="0")
    said = " ".join(e.value for kind in (test.markdown, test.caption, test.subheader, test.info) for e in kind)
    assert not any(name in said for name in trained_project.class_names)


def test_the_target_error_slider_sets_the_threshold_that_the_project_answers(trained_project: Project) -> None:
    test = open_page("scores", project=trained_project.key)
    test.slider(key="target").set_value(20.0).run()
    cut = trained_project.quality.conformal_threshold(RUN, 0.2)
    said = " ".join(element.value for element in (*test.caption, *test.markdown))
    if cut.threshold is None:
        assert "No threshold guarantees this" in said
    else:
        assert f"{cut.num_kept:,} open images" in said
        assert "An average over draws" in said


def test_the_label_issues_of_the_scores_page_are_counted(trained_project: Project) -> None:
    test = open_page("scores", project=trained_project.key)
    test.toggle(key="label-issues").set_value(True).run()
    found = trained_project.quality.label_issues(RUN)
    assert f"calls {len(found.ids):,} of {found.num_checked:,} given labels" in " ".join(c.value for c in test.caption)


def test_the_audit_page_switches_checks_on_and_review_says_so(trained_project: Project) -> None:
    test = open_page("audit", project=trained_project.key)
    test.segmented_control(key="checks-every").set_value(8).run()
    assert not test.exception
    assert Project.open(trained_project.path).quality.check_interval == 8
    said = " ".join(c.value for c in open_page("review", project=trained_project.key).caption)
    assert "One in 8 of the undecided images is a check" in said


def test_the_audit_page_shows_what_a_random_queue_says(trained_project: Project) -> None:
    (card, *_) = trained_project.review(RUN).page(PageQuery("mixed")).cards
    shown = trained_project.review(RUN).shown(card.id, PageQuery("mixed", drawn=0))
    trained_project.decide(RUN, "accept", card.id, **shown)
    test = open_page("audit", project=trained_project.key, threshold="0")
    table = test.dataframe[0].value
    assert table["Answers"][0] == f"1 of {len(trained_project.splits.pool)}"
    assert table["Pseudo-labels right"][0].endswith("n = 1")


def test_the_address_of_the_audit_page_names_rule_and_cut(trained_project: Project) -> None:
    test = open_page("audit", project=trained_project.key, rule="lowest_entropy", cut="40")
    kept = trained_project.select(RUN, "lowest_entropy", percent=40.0)
    assert metrics(test)["Selection"] == f"{kept.count:,}"
    test.number_input(key="audit-lowest_entropy-percent").set_value(20.0).run()
    assert (test.query_params["rule"], test.query_params["cut"]) == ("lowest_entropy", "20")
    assert metrics(test)["Selection"] == f"{trained_project.select(RUN, 'lowest_entropy', percent=20.0).count:,}"


def test_class_thresholds_of_the_audit_page_come_back_from_the_address(trained_project: Project) -> None:
    place = {"rule": "per_class_threshold", "cut": "0.3,0:0.9,1:none,banana,2:7"}
    test = open_page("audit", project=trained_project.key, **place)
    assert not test.exception
    kept = trained_project.select(RUN, "per_class_threshold", threshold=0.3, thresholds={"0": 0.9, "1": None})
    assert (kept.count == 0) == bool(test.info)
    if kept.count:
        assert metrics(test)["Selection"] == f"{kept.count:,}"
    assert test.query_params["cut"] == "0.3,0:0.9,1:none"


def test_an_empty_selection_is_a_sentence_and_an_unknown_rule_is_left_out(trained_project: Project) -> None:
    test = open_page("audit", project=trained_project.key, rule="top_per_class", cut="0")
    assert not test.exception
    assert "nothing to audit" in test.info[0].value
    assert open_page("audit", project=trained_project.key, rule="banana", cut="x").selectbox(key="audit-rule").value


def test_the_class_target_of_the_scores_page_sets_each_class_to_what_the_project_answers(
    trained_project: Project,
) -> None:
    test = open_page("scores", project=trained_project.key)
    test.selectbox(key="rule").set_value("per_class_threshold").run()
    test.slider(key="class-target").set_value(30.0).run()
    cuts = trained_project.quality.conformal_thresholds_per_class(RUN, 0.3)
    said = " ".join(element.value for element in (*test.caption, *test.markdown))
    assert f"Of the {sum(cut.num_kept for cut in cuts):,} open images it accepts" in said
    next(button for button in test.button if button.label == "Set each class's threshold").click().run()
    assert not test.exception
    selection = trained_project.select(RUN, "per_class_threshold", thresholds=class_thresholds(cuts))
    assert metrics(test)["Kept"] == f"{selection.count:,}"


def test_the_data_page_shows_images_that_lie_in_two_parts(untrained_project: Project) -> None:
    test = open_page("data", project=untrained_project.key)
    test.toggle(key="leaks").set_value(True).run()
    assert "No image is in two parts." in test.success[0].value
    splits, file = untrained_project.splits, untrained_project.path / "images" / "pixels.npy"
    pixels = np.array(np.load(file))
    pixels[splits.test[0]] = pixels[splits.labeled[0]]
    file.unlink()
    np.save(file, pixels)
    os.utime(untrained_project.path / "project.toml")  # another project, as far as the dashboard knows
    test = open_page("data", project=untrained_project.key)
    test.toggle(key="leaks").set_value(True).run()
    assert not test.exception
    assert "Found in more than one part: 1." in test.warning[0].value


def test_the_audit_page_takes_the_threshold_of_a_target_error(trained_project: Project) -> None:
    test = open_page("audit", project=trained_project.key, threshold="0.2")
    test.slider(key="audit-target-error").set_value(20.0).run()
    cut = trained_project.quality.conformal_threshold(RUN, 0.2)
    found = [button for button in test.button if button.label == "Use this threshold"]
    assert bool(found) == (cut.threshold is not None)
    if cut.threshold is not None:
        found[0].click().run()
        assert not test.exception
        kept = trained_project.select(RUN, "fixed_threshold", threshold=cut.threshold)
        assert metrics(test)["Selection"] == f"{kept.count:,}"
        value = test.query_params["threshold"]
        assert float(value if isinstance(value, str) else value[0]) == pytest.approx(cut.threshold)
