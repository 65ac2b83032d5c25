"""Open projects of this process; all pages and routes share them."""

import threading
from functools import lru_cache
from pathlib import Path

from core import PageQuery, Project, QueueFilter, recent_projects
from dashboard.state.runs import finished_runs, latest_run
from dashboard.state.url import DEFAULT_THRESHOLD

_lock = threading.Lock()  # simultaneous requests share one Project object


def open_project(key: str) -> Project:
    """Return the project of a key: one object for all pages and routes of this process."""
    path = recent_projects.path_of(key)
    with _lock:
        return _opened(path, (path / "project.toml").stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _opened(path: Path, _modified: int) -> Project:
    return Project.open(path)


def recent_keys() -> list[str]:
    """Return the keys of the recent projects, the latest opened first."""
    return [entry.key for entry in recent_projects.recent()]


def preload_review(key: str) -> None:
    """Read in advance what the Review page of the latest run shows first."""
    project = open_project(key)
    if finished := finished_runs(project):
        review = project.review(latest_run(finished).id)
        review.page(PageQuery(wanted=QueueFilter(show="undecided")))
        review.histogram.counts("confidence")
        review.border("confidence", DEFAULT_THRESHOLD)
