"""The frame around every page: navigation, project and run in the sidebar, the place in the URL."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core import Project, WinnowError, recent_projects
from dashboard import context, formatting
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
    with context.spoken(), st.sidebar:
        _place()
    context.keep_place()
    if page.url_path and (sentence := st.session_state.pop("other-run", "")):  # not on the way from the start page
        st.toast(sentence, duration="long")
    with context.spoken():
        page.run()
    context.keep_place()


def _start() -> None:
    key = context.project_key()
    is_ready = key is not None and bool(context.finished_runs(context.opened(key)))
    st.switch_page(st.session_state["pages"]["review" if is_ready else "data"])


def _place() -> None:
    key = context.project_key()
    if key is None:
        st.caption("No project yet")
        return
    keys = context.project_keys()
    st.session_state["project-choice"] = key if key in keys else None
    st.selectbox(
        "Project",
        keys,
        format_func=_names(keys).__getitem__,
        key="project-choice",
        on_change=_choose,
        args=("project",),
    )
    project = context.opened(key)
    context.go("project", key)
    if finished := [run.id for run in context.finished_runs(project)][::-1]:
        wanted, found = context.place("run"), context.current_run(project).id
        st.session_state["run-choice"] = found
        if wanted not in [run.id for run in context.live_runs(project)]:
            if wanted not in (None, found):
                st.session_state["other-run"] = f"{wanted} is no finished run of this project: this is {found}."
            context.go("run", found)
        st.selectbox("Run", finished, key="run-choice", on_change=_choose, args=("run",))
    if context.live_runs(project):
        st.fragment(_live, run_every=2.0)(project)


def _choose(name: str) -> None:
    context.go(name, st.session_state[f"{name}-choice"])


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


@context.speaks
def _live(project: Project) -> None:
    live = context.live_runs(project)
    for run in live:
        now = run.status
        st.progress(formatting.share_done(now), text=f"{run.id}: {now.state}, epoch {now.epoch}/{now.epochs}")
    if not live:
        st.rerun()


main()
