"""Pages on a small real project: what stands on them is what the project says."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import Project, RunStatus, TrainConfig, recent_projects
from core.store.files import write_json
from dashboard import formatting, image_grid
from dashboard.changed_predictions import changed_predictions
from dashboard.state.projects import open_project
from dashboard.state.runs import latest_run

NAMES = ("data", "train", "scores", "audit", "compare", "simulate", "export")
APP = Path(formatting.__file__).with_name("app.py")
QUICK = TrainConfig(model="mlp", epochs=2, batch_size=15, precision="fp32", device="cpu", seed=7)

OpenPage = Callable[..., AppTest]


def _show(name: str) -> None:
    import importlib

    importlib.import_module(f"dashboard.views.{name}").show()


@pytest.fixture
def page() -> OpenPage:
    """Opens one page by name, with what stands in the URL."""

    def open_page(name: str, **query: str) -> AppTest:
        test = AppTest.from_function(_show, kwargs={"name": name}, default_timeout=30)
        for key, value in query.items():
            test.query_params[key] = value
        return test.run()

    return open_page


def metrics(test: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in test.metric}


def said(test: AppTest) -> str:
    kinds: tuple[Any, ...] = (test.info, test.error, test.markdown, test.caption)
    return " ".join(element.value for kind in kinds for element in kind)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_can_be_shown(name: str, page: OpenPage, trained_project: Project) -> None:
    test = page(name, project=trained_project.key)
    assert not test.exception
    assert not test.error
    assert test.title[0].value == name.title()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "data"])
def test_without_a_project_every_page_points_to_data(name: str, page: OpenPage) -> None:
    assert "page **Data**" in said(page(name))


def test_without_a_project_the_data_page_offers_the_demo(page: OpenPage) -> None:
    assert [button.label for button in page("data").button] == ["Open the demo"]


def test_without_a_run_scores_point_to_train(page: OpenPage, untrained_project: Project) -> None:
    assert "page **Train**" in said(page("scores", project=untrained_project.key))


def test_comparing_one_run_points_to_train(page: OpenPage, trained_project: Project) -> None:
    assert "page **Train**" in said(page("compare", project=trained_project.key))


def test_an_unknown_project_is_a_sentence(page: OpenPage, trained_project: Project) -> None:
    test = AppTest.from_function(_scores_with_errors_shown, default_timeout=30)
    test.query_params["project"] = "nobody-000000"
    test.run()
    assert not test.exception
    assert "nobody-000000" in test.error[0].value


def _scores_with_errors_shown() -> None:
    from dashboard.messages import show_errors
    from dashboard.views import scores

    with show_errors():
        scores.show()


def test_the_data_page_counts_what_there_is(page: OpenPage, untrained_project: Project) -> None:
    found = metrics(page("data", project=untrained_project.key))
    assert found["Images"] == f"{len(untrained_project.images.labels):,}"
    assert found["Pool"] == f"{len(untrained_project.splits.pool):,}"


def test_a_new_folder_becomes_a_project(page: OpenPage, pictures: Path, tmp_path: Path) -> None:
    test = page("data")
    test.segmented_control(key="new-way").set_value("Image folder").run()
    test.text_input(key="new-folder").set_value(str(pictures)).run()
    next(field for field in test.text_input if field.label.startswith("Project folder")).set_value(
        str(tmp_path / "new")
    )
    next(button for button in test.button if button.label == "Create the project").click().run()
    assert not test.exception
    assert (tmp_path / "new" / "project.toml").exists()
    assert [shelved.path for shelved in recent_projects.recent()] == [tmp_path / "new"]


def test_a_folder_that_is_none_is_refused_with_a_sentence(page: OpenPage, tmp_path: Path) -> None:
    test = page("data")
    test.segmented_control(key="new-way").set_value("Open a project").run()
    test.text_input(key="open-path").set_value(str(tmp_path)).run()
    next(button for button in test.button if button.label == "Open").click().run()
    assert not test.exception
    assert "no Winnow project" in test.error[0].value


def test_a_rule_shows_what_the_project_selects(page: OpenPage, trained_project: Project) -> None:
    test = page("scores", project=trained_project.key, threshold="0.5")
    selection = trained_project.select(trained_project.runs()[0].id, "fixed_threshold", threshold=0.5)
    assert metrics(test)["Kept"] == f"{selection.count:,}"
    assert formatting.estimate(selection.error) in said(test)


def test_every_rule_can_be_played_with(page: OpenPage, trained_project: Project) -> None:
    test = page("scores", project=trained_project.key)
    for rule in test.selectbox(key="rule").options:
        test.selectbox(key="rule").select(rule.replace(" ", "_")).run()
        assert not test.exception, rule
        assert not test.error, rule


def test_the_threshold_slider_writes_the_url(page: OpenPage, trained_project: Project) -> None:
    test = page("scores", project=trained_project.key)
    test.slider(key="fixed_threshold-threshold").set_value(0.7).run()
    assert test.query_params["threshold"] == "0.7"


def test_the_noise_check_is_asked_for_and_drawn(page: OpenPage, trained_project: Project) -> None:
    test = page("scores", project=trained_project.key)
    assert "A model can be sure of pure noise" in said(test)
    next(button for button in test.button if button.label == "Run the OOD check").click().run(timeout=60)
    assert not test.exception
    assert said(test).count("AUROC 0.") + said(test).count("AUROC 1.") == 3


def test_two_runs_are_compared_on_test(page: OpenPage, trained_project: Project) -> None:
    trained_project.wait_run(trained_project.start_run(QUICK).id, timeout=120)
    first, second = (run.id for run in trained_project.runs())
    found = trained_project.compare(first, second)
    test = page("compare", project=trained_project.key)
    assert metrics(test)["Difference in points"] == formatting.points(found.comparison.difference)
    for run in trained_project.runs():
        best, last = formatting.percent(run.status.best_val_accuracy), formatting.percent(run.last_val_accuracy)
        assert f"best {best}, median of last 5 {last}" in said(test)
    kinds = changed_predictions(found, trained_project)
    assert len(kinds["gained"]) == found.comparison.gained
    assert len(kinds["lost"]) == found.comparison.lost
    assert sum(map(len, kinds.values())) == len(found.comparison.flips)


def test_no_page_opens_with_a_control_arm(page: OpenPage, trained_project: Project) -> None:
    later = trained_project.wait_run(trained_project.start_run(QUICK).id, timeout=120)
    first = trained_project.runs()[0].id
    assert latest_run(trained_project.runs()).id == later.id
    write_json(later.folder.path / "arm.json", {"arm": "threshold_only", "control_of": first})
    assert latest_run(trained_project.runs()).id == first
    assert latest_run([trained_project.run(later.id)]).id == later.id  # where there is nothing else
    export = page("export", project=trained_project.key)
    export.segmented_control(key="export-kind").set_value("model").run()
    assert export.selectbox(key="export-run").value == first


def test_an_export_writes_what_the_page_counts(page: OpenPage, trained_project: Project, tmp_path: Path) -> None:
    run = trained_project.runs()[0].id
    trained_project.bulk_accept(run, "top_per_class", count=2)
    test = page("export", project=trained_project.key)
    folder = tmp_path / "out"
    next(field for field in test.text_input if field.label.startswith("Folder")).set_value(str(folder)).run()
    next(button for button in test.button if button.label == "Export").click().run()
    assert not test.exception
    labels = json.loads((folder / "manifest.json").read_text())["labels"]
    assert metrics(test)["Bulk-accepted"] == f"{labels['bulk']:,}" != "0"
    assert metrics(test)["Given"] == f"{labels['given']:,}"


def test_the_place_stands_in_the_url_and_the_url_wins(trained_project: Project) -> None:
    run = trained_project.runs()[0].id
    test = AppTest.from_file(str(APP), default_timeout=30)
    test.query_params["project"] = trained_project.key
    test.query_params["threshold"] = "0.8"
    test.run()
    assert not test.exception
    assert test.query_params["project"] == trained_project.key
    assert test.query_params["run"] == run
    assert test.query_params["threshold"] == "0.8"


def test_a_run_that_this_project_does_not_have_is_named_before_another_one_is_shown(trained_project: Project) -> None:
    run = trained_project.runs()[0].id
    test = AppTest.from_file(str(APP), default_timeout=30)
    test.query_params["run"] = "009-fixmatch-wrn"
    test.run()
    assert [toast.value for toast in test.toast] == [
        f"009-fixmatch-wrn is no finished run of this project: this is {run}."
    ]
    assert test.query_params["run"] == run
    assert not test.run().toast


def test_one_project_is_one_object_for_every_page(trained_project: Project) -> None:
    assert open_project(trained_project.key) is open_project(trained_project.key)


def test_a_sample_is_of_the_class_and_part_that_was_asked_for(trained_project: Project) -> None:
    ids = image_grid.sample(trained_project, "labeled", 1, 3)
    assert len(ids) == 3
    assert np.isin(ids, trained_project.splits.labeled).all()
    assert (trained_project.images.labels[ids] == 1).all()


def test_names_in_pictures_are_escaped(trained_project: Project) -> None:
    html = image_grid.cards("key", trained_project, [(0, ["<b>bold</b>"])])
    assert "<b>" not in html
    assert "&lt;b&gt;" in html


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (59.4, "59 s"), (59.6, "1 min 00 s"), (3605, "1 h 00 min"), (0, "0 s")]
)
def test_durations_are_words(seconds: float | None, text: str) -> None:
    assert formatting.duration(seconds) == text


def test_a_run_that_has_not_begun_is_not_done() -> None:
    assert formatting.share_done(RunStatus("queued")) == 0
    assert formatting.share_done(RunStatus("running", epoch=3, epochs=4)) == 0.75
