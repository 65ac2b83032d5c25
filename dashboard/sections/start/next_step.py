"""One line above a page: where a person is in the loop, the next step, why, and a link; it can be dismissed."""

import streamlit as st

from core import Project, Verdict, WinnowError
from dashboard.messages import page_link
from dashboard.state import dismissed
from dashboard.state.current import current_key
from dashboard.state.next_step import Progress, Step, next_step
from dashboard.state.projects import open_project
from dashboard.state.runs import finished_runs, latest_run, live_runs

_OPEN = ("undecided", "skip", "unsure")
_DISMISS_HELP = "Not now: hides this step in this project"
_SECONDS = 10.0


def show(page: str) -> None:
    """Draw the line, unless there is no project, no step, the page itself is the step, or it was dismissed.

    Args:
        page: URL path of the page below.
    """
    if (found := _step()) is None or found[1].page == page:
        return
    key, step = found
    with st.container(key="next-step", horizontal=True, vertical_alignment="center"):
        st.caption(step.place, width="content")
        page_link(step.page, f"Next: {step.text}")
        st.caption(step.why, width="content")
        _dismiss_button(key, step)


def show_in_header() -> None:
    """Draw the line for the Review page, whose images have the space: short, in the header, and kept up to date.

    The page presses a hidden button after decisions; the clock serves what others do.
    """
    st.fragment(_short, run_every=_SECONDS)()


def _short() -> None:
    st.button("Draw the next step again", key="next-step-again")  # not shown: the Review page presses it
    if (found := _step()) is None:
        return
    key, step = found
    with st.container(key="next-step-short", horizontal=True, vertical_alignment="center", gap="xsmall"):
        if step.page == "review":
            st.caption(f"Next: {step.text}", help=f"{step.place}. {step.why}", width="content")
        else:
            page_link(step.page, f"Next: {step.text}")
        _dismiss_button(key, step)


def _step() -> tuple[str, Step] | None:
    """Return key of the current project and its step, if there is one to show."""
    if (key := current_key()) is None:
        return None
    step = next_step(progress_of(open_project(key)))
    return None if step is None or dismissed.is_dismissed(key, step.name) else (key, step)


def _dismiss_button(key: str, step: Step) -> None:
    if st.button("✕", key=f"dismiss-{step.name}", type="tertiary", help=_DISMISS_HELP):
        dismissed.dismiss(key, step.name)
        st.rerun()


def progress_of(project: Project) -> Progress:
    """Return what was done in a project so far, from its log and its runs.

    Args:
        project: The project.
    """
    counts, finished = project.decisions.counts(), finished_runs(project)
    num_bulk = counts[Verdict.BULK_ACCEPT.name.lower()]
    num_clicks = sum(number for name, number in counts.items() if name not in _OPEN) - num_bulk
    exports = project.path / "exports"
    return Progress(
        num_labels=len(project.splits.labeled),
        num_open=sum(counts[name] for name in _OPEN),
        num_finished=len(finished),
        is_training=bool(live_runs(project)),
        num_clicks=num_clicks,
        num_bulk=num_bulk,
        has_curated_run=any(
            number for run in finished for source, number in run.record.num_labels.items() if source != "given"
        ),
        is_error_known=_is_error_known(project) if num_clicks and not num_bulk else True,
        has_exported=exports.is_dir() and any(exports.iterdir()),
        gain=_gain(project) if finished and num_clicks else "",
    )


def _is_error_known(project: Project) -> bool:
    return len(project.decisions.hidden_items().ids) > 0 or bool(project.quality.certificates())


def _gain(project: Project) -> str:
    try:
        gain = project.live.gain(latest_run(finished_runs(project)).id)
    except WinnowError:
        return ""
    return "" if gain is None else gain.sentence
