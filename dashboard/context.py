"""Where the person is: project, run and threshold, kept in the URL; and how errors and empty pages are shown.

The URL wins; what it does not say is remembered for the tab, so that changing the page keeps the place.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st

from core import LIVE_STATES, PageQuery, Project, QueueFilter, Run, WinnowError, recent_projects

PLACE = ("project", "run", "threshold")
"""What of the place stands in the URL."""
DEFAULT_THRESHOLD = 0.95
_opening = threading.Lock()  # requests that come together share one project, not one each


def opened(key: str) -> Project:
    """The project behind a key, the same object for every page and route of this process."""
    path = recent_projects.path_of(key)
    with _opening:
        return _opened(path, (path / "project.toml").stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _opened(path: Path, _made: int) -> Project:
    return Project.open(path)


def read_ahead(key: str) -> None:
    """Read what the review page of a project's latest run begins with, before anyone waits for it."""
    project = opened(key)
    if finished := finished_runs(project):
        review = project.review(latest_run(finished).id)
        review.page(PageQuery(wanted=QueueFilter(show="undecided")))
        review.histogram.counts("confidence")
        review.border("confidence", DEFAULT_THRESHOLD)


def place(name: str) -> str | None:
    """Project key, run id or threshold as the URL says, else as this tab remembers."""
    found: str | None = st.query_params.get(name) or st.session_state.get(f"place-{name}")
    return found


def go(name: str, value: str | None) -> None:
    """Change one part of the place; another project forgets the run."""
    if name == "project" and place("project") not in (None, value):
        go("run", None)
    st.session_state[f"place-{name}"] = value
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def keep_place() -> None:
    """Write the place into the URL and remember it: a page switch empties the URL, a new tab remembers nothing."""
    for name in PLACE:
        if (value := place(name)) is not None:
            go(name, value)


def here(**other: str) -> dict[str, str]:
    """The place as a link carries it, with some parts of it named otherwise."""
    found = {name: value for name in PLACE if (value := place(name)) is not None}
    return {**found, **other}


def threshold() -> float:
    """The confidence threshold of the URL, in [0, 1]."""
    try:
        return min(1.0, max(0.0, float(place("threshold") or DEFAULT_THRESHOLD)))
    except ValueError:
        return DEFAULT_THRESHOLD


def project_keys() -> list[str]:
    """Keys of the projects on the recent_projects, the latest opened first."""
    return [shelved.key for shelved in recent_projects.recent()]


def project_key() -> str | None:
    """The key in the URL, else the project opened last; None where there is none at all."""
    return place("project") or next(iter(project_keys()), None)


def current_project() -> tuple[str, Project]:
    """Key and project of the place; an empty page that points to Data where there is none."""
    key = project_key()
    if key is None:
        empty("No project is open yet.", "Create one, or open the demo", "data")
    return key, opened(key)


def finished_runs(project: Project) -> list[Run]:
    """Runs whose scores can be read, oldest first."""
    return [run for run in project.runs() if run.has_predictions]


def latest_run(finished: list[Run]) -> Run:
    """The latest that is no control arm, where there is one."""
    return next((run for run in reversed(finished) if run.control is None), finished[-1])


def live_runs(project: Project) -> list[Run]:
    """Runs that are queued or running."""
    return [run for run in project.runs() if run.status.state in LIVE_STATES]


def current_run(project: Project) -> Run:
    """The finished run of the place, else the latest that is no control; where none is, an empty page to Train."""
    finished = finished_runs(project)
    if not finished:
        live = live_runs(project)
        sentence = f"{live[-1].id} is still training." if live else "No run has finished yet."
        empty(sentence, "Watch it train" if live else "Train a baseline", "train")
    wanted = place("run")
    return next((run for run in finished if run.id == wanted), latest_run(finished))


def class_choice(project: Project, label: str, key: str) -> int | None:
    """A box to choose a class in; None stands for all of them."""
    names = dict(enumerate(project.class_names))
    chosen = st.selectbox(label, [-1, *names], format_func=lambda i: names.get(i, "all classes"), key=key, width=220)
    return chosen if chosen in names else None


def empty(sentence: str, next_step: str, page: str) -> NoReturn:
    """Say why there is nothing to show and where to go next, and end the page."""
    st.info(sentence)
    link(page, next_step)
    st.stop()


def link(page: str, label: str, **query: str) -> None:
    """A link to one of the pages by its URL path; plain text where the pages are not known (a page shown alone)."""
    pages = st.session_state.get("pages", {})
    if page in pages:
        st.page_link(pages[page], label=f"{label} →", query_params=query or None)
    else:
        st.markdown(f"{label}: page **{page.title()}**")


@contextmanager
def spoken() -> Iterator[None]:
    """Show the sentence of any WinnowError instead of a traceback."""
    try:
        yield
    except WinnowError as error:
        st.error(str(error))


def speaks(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a whole function, such as a page or a fragment."""

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with spoken():
            return function(*args, **kwargs)

    return wrapped
