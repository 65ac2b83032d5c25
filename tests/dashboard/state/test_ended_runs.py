"""Runs that end while a person looks at a page."""

from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import Project
from dashboard.state import ended_runs


def _show(key: str, page: str) -> None:
    from dashboard.sections import ended_runs as section
    from dashboard.state.projects import open_project

    section.show(open_project(key), page)


def _show_line(key: str, page: str) -> None:
    from dashboard.sections import ended_runs as section
    from dashboard.state.projects import open_project

    section.show(open_project(key), page)
    section.show_next_step(open_project(key), page)


@pytest.mark.parametrize(
    ("state", "page", "link"),
    [
        ("done", "data", "Review its suggestions"),
        ("failed", "data", "See its log, or resume it"),
        ("failed", "train", ""),
    ],
)
def test_the_next_step_of_a_run_that_ended_stays_until_it_is_taken_or_hidden(
    trained_project: Project, state: Any, page: str, link: str
) -> None:
    run = trained_project.runs()[0]
    done = run.status
    run.folder.write_status(replace(done, state="queued"))
    given = {"key": trained_project.key, "page": page}
    test = AppTest.from_function(_show_line, kwargs=given, default_timeout=30).run()
    assert not test.markdown
    run.folder.write_status(replace(done, state=state))
    for _ in range(2):
        test.run()
        shown = " ".join(element.value for element in test.markdown)
        assert ended_runs.text(run.id, state) in shown
        assert [words for words in ("Review its suggestions", "See its log, or resume it") if words in shown] == (
            [link] if link else []
        )
    test.button(key="dismiss-ended-run").click().run()
    assert not test.markdown
    assert not test.exception


@pytest.mark.parametrize(("page", "num"), [("review", 1), ("compare", 0)])
def test_a_run_that_ends_is_told_once_and_covers_no_page_that_has_a_line(
    trained_project: Project, page: str, num: int
) -> None:
    run = trained_project.runs()[0]
    done = run.status
    run.folder.write_status(replace(done, state="queued"))
    test = AppTest.from_function(_show, kwargs={"key": trained_project.key, "page": page}, default_timeout=30).run()
    assert not test.toast
    run.folder.write_status(replace(done, state="done"))
    test.run()
    assert [toast.value for toast in test.toast] == num * [f"✓ {run.id} finished"]
    test.run()
    assert not test.toast
    assert not test.exception


def _ask(key: str) -> None:
    import streamlit as st

    from dashboard.state import ended_runs
    from dashboard.state.projects import open_project
    from dashboard.state.runs import live_runs

    project = open_project(key)
    st.text(ended_runs.live_runs_changed(project, live_runs(project)))
    ended_runs.ended(project)
    st.text(ended_runs.live_runs_changed(project, live_runs(project)))


def test_other_live_runs_are_noticed_until_they_were_asked_for(trained_project: Project) -> None:
    run = trained_project.runs()[0]
    done = run.status
    run.folder.write_status(replace(done, state="queued"))
    test = AppTest.from_function(_ask, kwargs={"key": trained_project.key}, default_timeout=30).run()
    assert [text.value for text in test.text] == ["True", "False"]
    run.folder.write_status(replace(done, state="done"))
    test.run()
    assert [text.value for text in test.text] == ["True", "False"]


@pytest.mark.parametrize("state", ["done", "failed", "lost", "cancelled"])
def test_how_it_ended_is_said(state: str) -> None:
    word = {"done": "finished"}.get(state, state)
    assert word in ended_runs.text("Run 3", state)
