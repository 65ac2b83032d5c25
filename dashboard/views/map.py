"""Map page: a 2-D map of the pool, from which a selection leads to the Review page."""

import streamlit as st

from core import JobStatus, Project, Run, constants
from dashboard import formatting
from dashboard.components import browser_component
from dashboard.messages import page_head, show_errors
from dashboard.state import url
from dashboard.state.current import current_project, current_run

_TITLES = {"pca": "PCA", "pacmap": "PaCMAP"}
_HELP = "PCA: the two directions of largest variance, at once. PaCMAP: keeps near and far neighbors; computed once."


def show() -> None:
    """Show the map of the current run's features."""
    key, project = current_project()
    run = current_run(project)
    title, number, choice = st.columns([5, 1, 1.6], vertical_alignment="bottom")
    with title:
        page_head("Map", "Which images lie together, and where does the model confuse them?")
    if "map-method" not in st.session_state:
        asked = st.query_params.get("method", "pca")
        st.session_state["map-method"] = asked if asked in _TITLES else "pca"
    chosen = choice.segmented_control(
        "Method", list(_TITLES), required=True, format_func=_TITLES.__getitem__, key="map-method", help=_HELP
    )
    method = chosen or "pca"
    st.query_params["method"] = method
    seed = 0
    if method == "pacmap":
        seed = int(number.number_input("Seed", 0, 9_999, 0, key="map-seed"))
        if not _is_computed(project, run, seed):
            return
    st.caption("Drag to move, scroll to zoom. Draw a lasso (also Shift+drag) or a box around images to review them.")
    _component(key, project, run, method, seed)


def _component(key: str, project: Project, run: Run, method: str, seed: int) -> None:
    component = browser_component("map")
    _, height, width, _ = project.images.pixels.shape
    result = component(
        key=f"map-{key}-{run.id}",
        on_review_change=_nothing,
        data={
            "project": key,
            "run": run.id,
            "method": method,
            "seed": seed,
            "classes": list(project.class_names),
            "columns": list(project.metadata.names),
            "colors": dict(project.workspace.classes.colors),
            "height": height,
            "width": width,
            "fingerprint": project.fingerprint,
        },
    )
    if (name := result.get("review")) and "review" in st.session_state.get("pages", {}):
        st.switch_page(st.session_state["pages"]["review"], query_params=url.query(run=run.id, set=name, show="all"))


def _nothing() -> None:
    """Streamlit needs a callback for a trigger; the script run after it reads the value."""


def _is_computed(project: Project, run: Run, seed: int) -> bool:
    """Whether the PaCMAP map is there; else show how to get it, or its progress."""
    image_map = project.review(run.id).map
    if image_map.coordinates("pacmap", seed) is not None:
        return True
    status = image_map.status(seed)
    is_live = status is not None and status.state in constants.LIVE_STATES
    if status is not None and status.state != "done":
        st.fragment(_progress, run_every=1.0 if is_live else None)(project, run, seed, is_live)
    if is_live:
        return False
    if image_map.problem:
        st.info(image_map.problem)
    elif st.button("Compute", type="primary", key="map-compute"):
        with show_errors():
            image_map.start(seed)
            st.rerun()
    return False


@show_errors()
def _progress(project: Project, run: Run, seed: int, was_live: bool) -> None:
    """Draw the progress, every second while it is computed; rerun the page at its end."""
    image_map = project.review(run.id).map
    status: JobStatus | None = image_map.status(seed)
    if status is None or status.state == "done":
        st.rerun()
    assert status is not None
    share = min(1.0, status.done / max(1, status.total))
    st.progress(share, text=f"**{status.state.capitalize()}.** {status.message}")
    if status.state in constants.LIVE_STATES:
        st.caption(f"{formatting.duration(status.seconds)} so far. It goes on when this page is closed.")
        if st.button("Cancel", key="map-cancel"):
            image_map.cancel(seed)
    elif was_live:
        st.rerun()
