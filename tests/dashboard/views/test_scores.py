"""Scores page: selections, thresholds, OOD check and label issues of the project."""

from pathlib import Path

import numpy as np

from core import Project, TrainConfig
from dashboard import formatting
from tests.dashboard.page_helpers import metrics, open_page, press, texts
from tests.quality.calibration.scenes import RUN as SCENES_RUN
from tests.quality.calibration.scenes import class_mix_project, save_scenes

RUN = "001-supervised-mlp"


def test_a_rule_shows_what_the_project_selects(trained_project: Project) -> None:
    test = open_page("scores", project=trained_project.key, threshold="0.5")
    selection = trained_project.select(trained_project.runs()[0].id, "fixed_threshold", threshold=0.5)
    assert metrics(test)["Kept"] == f"{selection.count:,}"
    assert formatting.estimate(selection.error) in texts(test)


def test_every_rule_can_be_chosen(trained_project: Project) -> None:
    test = open_page("scores", project=trained_project.key)
    for rule in test.selectbox(key="rule").options:
        test.selectbox(key="rule").select(rule.replace(" ", "_")).run()
        assert not test.exception, rule
        assert not test.error, rule


def test_the_threshold_slider_writes_the_url(trained_project: Project) -> None:
    test = open_page("scores", project=trained_project.key)
    test.slider(key="fixed_threshold-threshold").set_value(0.7).run()
    assert test.query_params["threshold"] == "0.7"


def test_the_ood_check_is_started_and_drawn(trained_project: Project) -> None:
    test = open_page("scores", project=trained_project.key)
    assert "A model can be sure of pure noise" in texts(test)
    next(button for button in test.button if button.label == "Run the OOD check").click().run(timeout=60)
    assert not test.exception
    assert texts(test).count("AUROC 0.") + texts(test).count("AUROC 1.") == 3


def test_the_target_error_slider_sets_the_threshold_that_the_project_answers(trained_project: Project) -> None:
    test = open_page("scores", project=trained_project.key)
    test.slider(key="target-error").set_value(20.0).run()
    cut = trained_project.quality.conformal_threshold(RUN, 0.2)
    said = " ".join(element.value for element in (*test.caption, *test.markdown))
    if cut.threshold is None:
        assert "No threshold guarantees this" in said
    else:
        assert f"{cut.num_kept:,} open images" in said
        assert "an average over draws" in said


def test_the_label_issues_of_the_scores_page_are_counted(trained_project: Project) -> None:
    test = open_page("scores", project=trained_project.key)
    test.toggle(key="label-issues").set_value(True).run()
    found = trained_project.quality.label_issues(RUN)
    assert f"{len(found.ids):,} of {found.num_checked:,} given labels" in " ".join(c.value for c in test.caption)


def test_the_class_target_of_the_scores_page_sets_each_class_to_what_the_project_answers(
    trained_project: Project,
) -> None:
    test = open_page("scores", project=trained_project.key)
    test.selectbox(key="rule").set_value("per_class_threshold").run()
    test.slider(key="class-target").set_value(30.0).run()
    rows = trained_project.quality.class_guarantees(RUN, 0.3)
    said = " ".join(element.value for element in (*test.caption, *test.markdown))
    assert f"They keep {sum(row.num_kept for row in rows):,} open images." in said
    assert all(row.sentence in said for row in rows)
    press(test, "Set the class thresholds")
    assert not test.exception
    each = {str(label): row.threshold for label, row in enumerate(rows)}
    selection = trained_project.select(RUN, "per_class_threshold", thresholds=each)
    assert metrics(test)["Kept"] == f"{selection.count:,}"


def test_the_class_target_lets_small_classes_share_one_threshold_and_says_so(trained_project: Project) -> None:
    target = 0.08  # fewer calibration images of each class than 1 / target - 1
    rows = trained_project.quality.class_guarantees(RUN, target)
    small = [row.name for row in rows if row.pooled_with]
    assert len(small) > 1
    test = open_page("scores", project=trained_project.key)
    test.selectbox(key="rule").set_value("per_class_threshold").run()
    test.slider(key="class-target").set_value(100 * target).run()
    said = " ".join(element.value for element in test.markdown)
    assert f"of {', '.join(small)} together, not of each" in said
    press(test, "Set the class thresholds")
    assert not test.exception
    stored = test.session_state[f"class-thresholds-{RUN}"]
    assert {stored.get(str(label)) for label, row in enumerate(rows) if row.pooled_with} == {
        None if rows[0].threshold is None else float(np.float32(rows[0].threshold))
    }


def test_a_target_error_by_class_mix_is_offered_where_the_mix_alone_differs_and_called_approximate(
    tmp_path: Path, trained_project: Project
) -> None:
    ways = ["on average", "in 9 of 10 draws"]
    assert open_page("scores", project=trained_project.key).selectbox(key="target-error-guarantee").options == ways
    project = class_mix_project(tmp_path)
    for page, key in (("scores", "target-error"), ("audit", "audit-target-error")):
        test = open_page(page, project=project.key)
        assert test.selectbox(key=f"{key}-guarantee").options == [*ways, "by class mix, approximate"]
        test.slider(key=key).set_value(10.0).run()
        test.selectbox(key=f"{key}-guarantee").set_value("by class mix, approximate").run()
        item = project.quality.class_mix_threshold(SCENES_RUN, 0.1)
        assert item.threshold is not None
        assert f"Threshold {item.threshold:.3f}. It keeps {item.num_kept:,} open images." in texts(test)
        assert "of them are wrong, approximately (estimated)." in texts(test)
        assert "no guarantee" in texts(test)


def test_a_target_error_of_nine_in_ten_draws_is_that_of_the_project(tmp_path: Path) -> None:
    save_scenes(tmp_path / "images", np.random.default_rng(0), is_new=False)
    project = Project.create(tmp_path / "scenes", tmp_path / "images")
    project.wait_run(project.start_run(TrainConfig(method="head")).id, timeout=120)
    on_average = project.quality.conformal_threshold(SCENES_RUN, 0.07)
    item = project.quality.high_probability_threshold(SCENES_RUN, 0.07)
    assert item.threshold is not None
    assert on_average.threshold is not None
    assert item.num_kept < on_average.num_kept
    test = open_page("scores", project=project.key)
    test.slider(key="target-error").set_value(7.0).run()
    at_most = "open images. At most **7.0 %** of them are wrong"
    assert f"Threshold {on_average.threshold:.3f}. It keeps {on_average.num_kept:,} {at_most}, on average" in texts(
        test
    )
    test.selectbox(key="target-error-guarantee").set_value("in 9 of 10 draws").run()
    assert f"Threshold {item.threshold:.3f}. It keeps {item.num_kept:,} {at_most}, in at least 9 of 10" in texts(test)
    test.slider(key="target-error").set_value(0.5).run()
    assert project.quality.high_probability_threshold(SCENES_RUN, 0.005).threshold is None
    assert "No threshold guarantees this" in texts(test)


def test_errors_are_read_by_class_group_with_those_within_it_apart(trained_project: Project) -> None:
    assert "part-by" not in [box.key for box in open_page("scores", project=trained_project.key).selectbox]
    trained_project.group_classes([0, 1], "مجموعة")
    test = open_page("scores", project=trained_project.key)
    assert test.selectbox(key="predicted").options[1:3] == ["\u2068مجموعة\u2069 / circle", "\u2068مجموعة\u2069 / cross"]
    test.selectbox(key="part-by").select("class group").run()
    assert not test.exception
    found = trained_project.quality.class_group_errors(RUN, 0.95)
    (rows,) = [frame.value for frame in test.dataframe if "class group" in frame.value]
    assert rows["class group"].tolist() == ["مجموعة", "(no group)"]
    assert found.parts[0].within is not None
    assert rows["of it, within the group"].tolist() == [formatting.estimate(found.parts[0].within), ""]
    assert found.sentence in texts(test)
