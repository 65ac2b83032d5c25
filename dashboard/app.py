"""Streamlit script: navigation, header with project and run, and the chosen page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from core import Project, WinnowError, constants, recent_projects
from dashboard import formatting
from dashboard.messages import show_errors
from dashboard.sections import ended_runs
from dashboard.sections.start import next_step
from dashboard.state import url
from dashboard.state.current import current_key, current_run, home_page
from dashboard.state.ended_runs import live_runs_changed
from dashboard.state.projects import open_project, recent_keys
from dashboard.state.runs import finished_runs, live_runs
from dashboard.views import audit, compare, data, export, map, review, scores, simulate, start, train

PAGES: dict[str, Callable[[], None]] = {
    "data": data.show,
    "train": train.show,
    "review": review.show,
    "compare": compare.show,
    "export": export.show,
}
"""Pages of the loop, in its order, by URL path."""
MORE_PAGES: dict[str, Callable[[], None]] = {
    "scores": scores.show,
    "map": map.show,
    "audit": audit.show,
    "simulate": simulate.show,
}
"""Pages that the first rounds do not need."""
_RUN_PAGES = ("review", "scores", "map", "audit")
"""Pages about the run of the header; Compare has its own two."""
_ASSETS = Path(__file__).with_name("assets")


def main() -> None:
    """Draw the navigation, the header and the chosen page."""
    st.set_page_config(page_icon=str(_ASSETS / "icon.png"), layout="wide")
    st.html(_ASSETS / "style.css")
    st.html(_ASSETS / "history.html", unsafe_allow_javascript=True)
    st.html(_ASSETS / "titles.html", unsafe_allow_javascript=True)
    pages = {path: st.Page(show, title=path.title(), url_path=path) for path, show in {**PAGES, **MORE_PAGES}.items()}
    pages["start"] = st.Page(_start, title="Start", url_path="start", default=True)
    st.session_state["pages"] = pages
    sections = {"": [pages[path] for path in ("start", *PAGES)], "More": [pages[path] for path in MORE_PAGES]}
    page = st.navigation(sections, position="top")  # the width is for images
    if not page.url_path:  # the start page belongs to no project
        page.run()
        return
    with show_errors(), st.container(key="header", horizontal=True, width="content"):  # placed by assets/style.css
        _header(page.url_path)
    url.sync()
    if message := st.session_state.pop("other-run", ""):
        st.toast(message, duration="long")
    with show_errors():
        if (key := current_key()) is not None:
            ended_runs.show_next_step(open_project(key), page.url_path)
        if page.url_path != "review":  # it has the line in the header
            next_step.show(page.url_path)
        page.run()
    url.sync()


def _start() -> None:
    """Show the start page; an address that names a project leads to its review or its data."""
    if key := st.query_params.get("project"):
        with show_errors():
            st.switch_page(st.session_state["pages"][home_page(key)], query_params=st.query_params.to_dict())
    start.show()


def _header(page: str) -> None:
    """Draw the choice of project and run, and the runs that are live; for Review also the next step."""
    if (key := current_key()) is None:
        return
    if page == "review":
        next_step.show_in_header()
    keys = recent_keys()
    st.session_state["project-choice"] = key if key in keys else None
    st.selectbox(
        "Project",
        keys,
        format_func=_project_names(keys).__getitem__,
        key="project-choice",
        on_change=_select,
        args=("project",),
        label_visibility="collapsed",
        placeholder="Project",
        width=170,
    )
    project = open_project(key)
    url.write("project", key)
    titles = {run.id: run.title for run in reversed(finished_runs(project))}
    if finished := list(titles):
        requested, shown = url.read("run"), current_run(project).id
        if page == "review" and requested == constants.LABEL_ISSUES:  # no run, but reviewed like one
            finished, titles[requested], shown = [requested, *finished], "given labels", requested
        st.session_state["run-choice"] = shown
        if requested not in [run.id for run in live_runs(project)]:
            if requested not in (None, shown, constants.LABEL_ISSUES) and page in _RUN_PAGES:
                message = f"{requested} is not a finished run of this project. This page shows {shown}."
                st.session_state["other-run"] = message
            url.write("run", shown)
        hidden: dict[str, Any] = {"label_visibility": "collapsed", "width": 200}
        st.selectbox(
            "Run",
            finished,
            format_func=titles.__getitem__,
            key="run-choice",
            on_change=_select,
            args=("run",),
            **hidden,
        )
    ended_runs.show(project, page)
    if live_runs(project):
        with st.container(width=210):
            st.fragment(_progress, run_every=2.0)(project)


def _select(name: str) -> None:
    url.write(name, st.session_state[f"{name}-choice"])


def _project_names(keys: list[str]) -> dict[str, str]:
    names = {}
    for key in keys:
        path = recent_projects.path_of(key)
        try:
            names[key] = Project(path).name
        except WinnowError:
            names[key] = f"{path.name} (cannot be opened)"
    all_names = list(names.values())
    return {
        key: name if all_names.count(name) == 1 else f"{name} · {recent_projects.path_of(key)}"
        for key, name in names.items()
    }


@show_errors()
def _progress(project: Project) -> None:
    live = live_runs(project)
    if live_runs_changed(project, live):
        st.rerun()
    first, *others = live
    status = first.status
    is_network = first.record.config.is_network
    progress = f", epoch {status.epoch}/{status.epochs}" if is_network else f". {status.message}"
    progress += "" if status.eta_seconds is None else f", {formatting.time_left(status.eta_seconds)} left"
    more = f" (+{len(others)} waiting)" if others else ""
    st.progress(formatting.share_done(status), text=f"{first.id}: {status.state}{progress}{more}")


main()
