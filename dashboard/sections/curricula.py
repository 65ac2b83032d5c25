"""Rounds of a curriculum on the Train page: how far the latest one is, and a way to stop it."""

import streamlit as st

from core import LIVE_STATES, Project
from dashboard.messages import show_errors


def show(project: Project) -> None:
    """The latest curriculum; nothing where there is none."""
    known = project.curricula.all()
    if not known:
        return
    is_live = known[-1].status.state in LIVE_STATES
    st.fragment(_progress, run_every=2.0 if is_live else None)(project, known[-1].id, is_live, len(known[-1].runs()))


@show_errors()
def _progress(project: Project, number: str, was_live: bool, num_begun: int) -> None:
    """Redrawn every two seconds while it is live; the whole page when a round has begun or the last one ended."""
    found = project.curricula.find(number)
    now, runs = found.status, found.runs()
    is_live = now.state in LIVE_STATES
    names = f" Its runs: {', '.join(runs)}." if runs else ""
    said = f"Curriculum after {found.parent}: **{now.state}**, {now.done} of {now.total} rounds. {now.message}".rstrip()
    if not is_live:
        st.caption(f"{said}{names}")
    else:
        st.progress(now.done / now.total, text=said)
        if st.button("Stop the rounds", key="stop-rounds", help="The run that is training stops as well."):
            project.curricula.cancel(number)
            st.toast("The rounds were asked to stop.")
    if is_live != was_live or len(runs) != num_begun:
        st.rerun()
