"""Runs that end while a person looks at any page of their project."""

from collections.abc import Sequence

import streamlit as st

from core import Project, Run, constants
from dashboard.state.runs import live_runs

_MARKS = {"done": "✓ {} finished", "failed": "✗ {} failed", "lost": "✗ {} is lost", "cancelled": "{} was cancelled"}


def ended(project: Project) -> list[tuple[str, str]]:
    """Return the runs that have ended since this tab last asked.

    Args:
        project: The project.

    Returns:
        Id of each run, and what to say: "✓ 003-softmatch-small_cnn finished".
    """
    live = [run.id for run in live_runs(project)]
    before = st.session_state.get(_key(project), [])
    st.session_state[_key(project)] = live
    known = {run.id: run for run in project.runs()}
    gone = [(known[name], known[name].status.state) for name in before if name not in live and name in known]
    return [(run.id, text(run.title, state)) for run, state in gone if state not in constants.LIVE_STATES]


def live_runs_changed(project: Project, live: Sequence[Run]) -> bool:
    """Return whether other runs are live than when this tab last asked for those that ended.

    Args:
        project: The project.
        live: Its runs that are queued or running now.
    """
    return [run.id for run in live] != st.session_state.get(_key(project))


def text(title: str, state: str) -> str:
    """Say that a run has ended.

    Args:
        title: What people call the run.
        state: done, failed, lost or cancelled.
    """
    return _MARKS.get(state, "{} has ended").format(title)


def _key(project: Project) -> str:
    """Key of the session under which the ids of the runs stand that were live."""
    return f"live-runs-{project.key}"
