"""The audit page and the target error of the Scores page say what the project says."""

import numpy as np
from streamlit.testing.v1 import AppTest

from core import PageQuery, Project

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
    audit = trained_project.promises.audit(RUN, "fixed_threshold", threshold=0.0)
    assert audit.next_id is not None
    pool = trained_project.scores(RUN)
    label = int(pool.scores.pseudo_labels[np.searchsorted(pool.ids, audit.next_id)])
    test.button(key=f"audit-{label}").click().run()
    assert not test.exception
    assert (metrics(test)["Answers"], metrics(test)["Of them right"]) == ("1", "1")
    decision = Project.open(trained_project.path).desk.decisions()[-1]
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
    cut = trained_project.promises.conformal_cut(RUN, 0.2)
    said = " ".join(element.value for element in (*test.caption, *test.markdown))
    if cut.threshold is None:
        assert "No threshold can promise this" in said
    else:
        assert f"{cut.num_kept:,} open images" in said
        assert "An average over draws" in said


def test_the_label_issues_of_the_scores_page_are_counted(trained_project: Project) -> None:
    test = open_page("scores", project=trained_project.key)
    test.toggle(key="label-issues").set_value(True).run()
    found = trained_project.promises.label_issues(RUN)
    assert f"calls {len(found.ids):,} of {found.num_checked:,} given labels" in " ".join(c.value for c in test.caption)


def test_the_audit_page_switches_checks_on_and_review_says_so(trained_project: Project) -> None:
    test = open_page("audit", project=trained_project.key)
    test.segmented_control(key="checks-every").set_value(8).run()
    assert not test.exception
    assert Project.open(trained_project.path).promises.checks_every == 8
    said = " ".join(c.value for c in open_page("review", project=trained_project.key).caption)
    assert "One in 8 of the undecided images is a check" in said


def test_the_audit_page_shows_what_a_random_queue_says(trained_project: Project) -> None:
    (card, *_) = trained_project.desk.page(RUN, PageQuery("mixed")).cards
    shown = trained_project.desk.shown(RUN, card.id, PageQuery("mixed", drawn=0))
    trained_project.decide(RUN, "accept", card.id, **shown)
    test = open_page("audit", project=trained_project.key, threshold="0")
    table = test.dataframe[0].value
    assert table["Answers"][0] == f"1 of {len(trained_project.splits.pool)}"
    assert table["Pseudo-labels right"][0].endswith("n = 1")
