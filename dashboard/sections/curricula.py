"""Progress of the latest curriculum on the Train page."""

import streamlit as st

from core import Project, constants
from dashboard.messages import show_errors


def show(project: Project) -> None:
    """Show the latest curriculum and a button to stop it; nothing if there is none."""
    known = project.curricula.all()
    if not known:
        return
    is_live = known[-1].status.state in constants.LIVE_STATES
    st.fragment(_progress, run_every=2.0 if is_live else None)(project, known[-1].id, is_live, len(known[-1].runs()))


@show_errors()
def _progress(project: Project, number: str, was_live: bool, num_begun: int) -> None:
    """Redraw every two seconds while live; rerun the page when a round begins or the last one ends."""
    curriculum = project.curricula.find(number)
    status, runs = curriculum.status, curriculum.runs()
    is_live = status.state in constants.LIVE_STATES
    names = f" Its runs: {', '.join(runs)}." if runs else ""
    progress = f"**{status.state}**, {status.done} of {status.total} rounds. {status.message}"
    text = f"Curriculum after {curriculum.parent}: {progress}".rstrip()
    if not is_live:
        st.caption(f"{text}{names}")
    else:
        st.progress(status.done / status.total, text=text)
        if st.button("Stop the curriculum", key="stop-rounds", help="The run that is training stops as well."):
            project.curricula.cancel(number)
            st.toast("The curriculum was asked to stop.")
    if is_live != was_live or len(runs) != num_begun:
        st.rerun()
