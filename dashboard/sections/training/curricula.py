"""Progress of the latest curriculum on the Train page."""

import streamlit as st

from core import Project, constants
from dashboard import formatting
from dashboard.messages import show_errors


def show(project: Project) -> None:
    """Show the latest curriculum, if there is one, with a button to cancel it."""
    known = project.curricula.all()
    if not known:
        return
    is_live = known[-1].status.state in constants.LIVE_STATES
    st.fragment(_progress, run_every=2.0 if is_live else None)(project, known[-1].id, is_live, len(known[-1].runs()))


@show_errors()
def _progress(project: Project, number: str, was_live: bool, num_started: int) -> None:
    """Draw the progress, every two seconds while live; rerun the page when a round starts or the last one ends."""
    curriculum = project.curricula.find(number)
    status, runs = curriculum.status, curriculum.runs()
    is_live = status.state in constants.LIVE_STATES
    names = f" Runs: {', '.join(runs)}." if runs else ""
    progress = f"**{status.state}**, {status.done} of {status.total} rounds. {status.message}"
    text = f"Curriculum from {curriculum.parent}: {progress}".rstrip()
    if not is_live:
        st.caption(f"{text}{names}")
    else:
        left = status.seconds / status.done * (status.total - status.done) if status.done else None
        time = "" if left is None else f" About {formatting.time_left(left)} left."
        st.progress(status.done / status.total, text=f"{text}{time}")
        if st.button("Cancel the curriculum", key="cancel-curriculum", help="This also cancels its current run."):
            project.curricula.cancel(number)
            st.toast("Cancelling the curriculum.")
    if is_live != was_live or len(runs) != num_started:
        st.rerun()
