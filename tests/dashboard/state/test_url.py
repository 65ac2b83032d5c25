"""State in the URL: kept by every page, and named when it does not exist."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from core import Project
from dashboard import formatting

APP = Path(formatting.__file__).with_name("app.py")


def test_the_state_stands_in_the_url_and_the_url_wins(trained_project: Project) -> None:
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
    test.query_params["project"] = trained_project.key
    test.query_params["run"] = "009-fixmatch-wrn"
    test.run()
    assert [toast.value for toast in test.toast] == [
        f"009-fixmatch-wrn is not a finished run of this project. This page shows {run}."
    ]
    assert test.query_params["run"] == run
    assert not test.run().toast
