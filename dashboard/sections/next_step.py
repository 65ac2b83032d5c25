"""One line above a page: the next step in the loop, why, and a link; it can be dismissed."""

import streamlit as st

from core import Project, Verdict, WinnowError
from dashboard.messages import page_link
from dashboard.state import dismissed
from dashboard.state.current import current_key
from dashboard.state.next_step import Progress, Step, next_step
from dashboard.state.projects import open_project
from dashboard.state.runs import finished_runs, latest_run, live_runs

_BULK = (Verdict.BULK_ACCEPT,)
_OPEN = ("undecided", "skip", "unsure")


def show(page: str) -> None:
    """Draw the line, unless there is no project, no step, the page itself is the step, or it was dismissed.

    Args:
        page: URL path of the page below.
    """
    if (key := current_key()) is None:
        return
    step = next_step(progress_of(open_project(key)))
    if step is None or step.page == page or dismissed.is_dismissed(key, step.name):
        return
    _draw(key, step)


def _draw(key: str, step: Step) -> None:
    with st.container(key="next-step", horizontal=True, vertical_alignment="center"):
        page_link(step.page, f"Next: {step.text}")
        st.caption(step.why)
        if st.button("Not now", key=f"dismiss-{step.name}", type="tertiary", help="Hides this step in this project."):
            dismissed.dismiss(key, step.name)
            st.rerun()


def progress_of(project: Project) -> Progress:
    """Return what was done in a project so far, from its log and its runs."""
    counts, finished = project.decisions.counts(), finished_runs(project)
    num_bulk = sum(counts[verdict.name.lower()] for verdict in _BULK)
    num_clicks = sum(number for name, number in counts.items() if name not in _OPEN) - num_bulk
    has_curated = any(
        number for run in finished for source, number in run.record.num_labels.items() if source != "given"
    )
    return Progress(
        num_labels=len(project.splits.labeled),
        num_finished=len(finished),
        is_training=bool(live_runs(project)),
        num_clicks=num_clicks,
        num_bulk=num_bulk,
        has_curated_run=has_curated,
        gain=_gain(project) if finished and num_clicks else "",
    )


def _gain(project: Project) -> str:
    try:
        gain = project.live.gain(latest_run(finished_runs(project)).id)
    except WinnowError:
        return ""
    return "" if gain is None else gain.sentence
