"""Current project and run: those of the URL, else the latest ones."""

from typing import NoReturn

import streamlit as st

from core import Project, Run
from dashboard.messages import empty_page, page_link, show_errors
from dashboard.state import url
from dashboard.state.projects import open_project, recent_keys
from dashboard.state.runs import finished_runs, latest_run, live_runs, suggest


def current_key() -> str | None:
    """Return the project's key in the URL, else that of the project opened last, else None."""
    return url.read("project") or next(iter(recent_keys()), None)


def current_project() -> tuple[str, Project]:
    """Return key and project; without any project, end the page with a link to Start."""
    key = current_key()
    if key is None:
        empty_page("No project is open.", "Open a project, the demo or your images", "start")
    project = open_project(key)
    if project.decisions.problem is not None:
        st.error(project.decisions.problem)
    return key, project


def current_run(project: Project) -> Run:
    """Return the finished run in the URL, else the latest one.

    Without any finished run, the page ends with what can be done: suggestions at one press, or a link to Train.
    """
    finished = finished_runs(project)
    if not finished:
        if live := live_runs(project):
            empty_page(f"{live[-1].id} is still training.", "Show its progress", "train")
        _offer_suggestions(project)
    requested = url.read("run")
    return next((run for run in finished if run.id == requested), latest_run(finished))


def scored_run(project: Project) -> Run:
    """Return the current run where it has suggestions; else the page ends with a link to Review.

    Args:
        project: The project.
    """
    run = current_run(project)
    if not project.scores(run.id).has_suggestions:
        if project.decisions.last_id():
            message = (
                "This run began without labels, so it has no scores of its own. Train on the labels so far; until then "
                "the Review page shows what the live model suggests."
            )
            empty_page(message, "Train on the labels so far", "train")
        message = "There are no suggestions yet, so there are no scores: name at least two images each of two classes."
        empty_page(message, "Name images", "review")
    return run


def _offer_suggestions(project: Project) -> NoReturn:
    """Say that no run has finished, and offer the quickest one; ends the page."""
    num_labels = len(project.splits.labeled)
    if num_labels:
        st.info(
            f"No run has finished yet. A small model learns from your {num_labels:,} labels in seconds and suggests a "
            "label for each of the other images; no network is trained."
        )
        text = "Suggest labels now"
    else:
        st.info(
            "No image has a label yet. Name the first images on the Review page: suggestions begin as soon as two "
            "classes have two images each."
        )
        text = "Start labeling"
    if st.button(text, type="primary", key="suggest-here"):
        with show_errors(), st.spinner("Computing features and fitting a head."):
            url.write("run", suggest(project).id)
            st.rerun()
    if num_labels:
        page_link("train", "Or train a network")
    st.stop()


def home_page(key: str) -> str:
    """Return the URL path of the page on which a project opens: its review where it has suggestions, else its data."""
    return "review" if finished_runs(open_project(key)) else "data"


def switch_project(key: str) -> None:
    """Go to another project.

    Args:
        key: The project's key in the URL.
    """
    pages, page = st.session_state.get("pages", {}), home_page(key)
    for name in url.NAMES:
        st.session_state.pop(f"url-{name}", None)
    if page in pages:  # the address of the page before keeps what it names, for the browser's Back
        st.switch_page(pages[page], query_params={"project": key})
    for name in url.NAMES:
        url.write(name, key if name == "project" else None)
