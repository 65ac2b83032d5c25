"""The frame around every page: navigation, project and run in the sidebar, the place in the URL."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core import Project, WinnowError, recent_projects
from dashboard import formatting
from dashboard.messages import show_errors
from dashboard.state import url
from dashboard.state.current import current_key, current_run
from dashboard.state.projects import open_project, recent_keys
from dashboard.state.runs import finished_runs, live_runs
from dashboard.views import audit, compare, data, export, review, scores, simulate, train

PAGES: dict[str, Callable[[], None]] = {
    "data": data.show,
    "train": train.show,
    "scores": scores.show,
    "review": review.show,
    "audit": audit.show,
    "compare": compare.show,
    "simulate": simulate.show,
    "export": export.show,
}
"""In the order of the loop; the name is the page's path in the URL."""
_ASSETS = Path(__file__).with_name("assets")


def main() -> None:
    """Draw the frame, then the page."""
    st.set_page_config(page_icon=str(_ASSETS / "icon.png"), layout="wide")
    st.html(_ASSETS / "style.css")
    st.html(_ASSETS / "history.html", unsafe_allow_javascript=True)
    pages = {path: st.Page(show, title=path.title(), url_path=path) for path, show in PAGES.items()}
    st.session_state["pages"] = pages
    start = st.Page(_start, title="Winnow", url_path="start", default=True, visibility="hidden")
    page = st.navigation([start, *pages.values()])
    with show_errors(), st.sidebar:
        _place()
    url.sync()
    if page.url_path and (sentence := st.session_state.pop("other-run", "")):  # not on the way from the start page
        st.toast(sentence, duration="long")
    with show_errors():
        page.run()
    url.sync()


def _start() -> None:
    key = current_key()
    is_ready = key is not None and bool(finished_runs(open_project(key)))
    st.switch_page(st.session_state["pages"]["review" if is_ready else "data"])


def _place() -> None:
    key = current_key()
    if key is None:
        st.caption("No project yet")
        return
    keys = recent_keys()
    st.session_state["project-choice"] = key if key in keys else None
    st.selectbox(
        "Project",
        keys,
        format_func=_names(keys).__getitem__,
        key="project-choice",
        on_change=_choose,
        args=("project",),
    )
    project = open_project(key)
    url.write("project", key)
    if finished := [run.id for run in finished_runs(project)][::-1]:
        wanted, found = url.read("run"), current_run(project).id
        st.session_state["run-choice"] = found
        if wanted not in [run.id for run in live_runs(project)]:
            if wanted not in (None, found):
                st.session_state["other-run"] = f"{wanted} is no finished run of this project: this is {found}."
            url.write("run", found)
        st.selectbox("Run", finished, key="run-choice", on_change=_choose, args=("run",))
    if live_runs(project):
        st.fragment(_live, run_every=2.0)(project)


def _choose(name: str) -> None:
    url.write(name, st.session_state[f"{name}-choice"])


def _names(keys: list[str]) -> dict[str, str]:
    names = {}
    for key in keys:
        path = recent_projects.path_of(key)
        try:
            names[key] = Project(path).name
        except WinnowError:
            names[key] = f"{path.name} (cannot be opened)"
    taken = list(names.values())
    return {
        k: name if taken.count(name) == 1 else f"{name} · {recent_projects.path_of(k)}" for k, name in names.items()
    }


@show_errors()
def _live(project: Project) -> None:
    live = live_runs(project)
    for run in live:
        now = run.status
        st.progress(formatting.share_done(now), text=f"{run.id}: {now.state}, epoch {now.epoch}/{now.epochs}")
    if not live:
        st.rerun()


main()
