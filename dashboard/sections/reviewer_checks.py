"""Attention checks of the reviewers; a section of the Audit page."""

import streamlit as st

from core import Project, ReviewerCheck, constants
from dashboard import formatting
from dashboard.messages import show_errors

_HELP = (
    "A check is a val image, whose label is known, shown with a wrong suggestion; or an image shown a second time. "
    "The answer is stored in the decision log, marked as planted: it trains nothing and counts nowhere. The Review "
    "page says that checks are on."
)


def show(project: Project) -> None:
    """Show the interval of the checks and one row per reviewer."""
    st.subheader("Reviewer checks")
    interval = project.quality.check_interval
    st.session_state["checks-every"] = interval
    st.segmented_control(
        "Checks among the images of Review",
        constants.CHECK_INTERVALS,
        format_func=lambda every: f"1 in {every}" if every else "none",
        required=True,
        key="checks-every",
        on_change=_set_interval,
        args=(project,),
        help=_HELP,
    )
    reviewers = project.quality.reviewers()
    if reviewers:
        st.dataframe([_row(item) for item in reviewers], hide_index=True)
    for item in reviewers:
        if item.stamp.is_flagged:
            st.warning(
                f"**{item.reviewer}** accepted {item.num_planted - item.stamp.caught.count} of {item.num_planted} "
                "wrong suggestions: a reviewer who looks at half of the images does so less than once in twenty times."
            )
    if not interval and not any(item.num_planted for item in reviewers):
        st.caption("Checks are off. With 1 in 8, a reviewer who always accepts is found within 40 decisions.")


@show_errors()
def _set_interval(project: Project) -> None:
    project.quality.set_check_interval(st.session_state["checks-every"])


def _row(item: ReviewerCheck) -> dict[str, str]:
    stamp = item.stamp
    seconds = stamp.median_seconds
    return {
        "Reviewer": item.reviewer,
        "Decisions": f"{item.num_decisions:,}",
        "Wrong suggestions caught": formatting.estimate(stamp.caught),
        "Repeats answered otherwise": formatting.estimate(stamp.disagreement),
        "Median seconds": "–" if seconds != seconds else f"{seconds:.1f}",
        "": "does not seem to look" if stamp.is_flagged else "",
    }
