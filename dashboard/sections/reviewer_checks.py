"""Reviewer checks: results of the attention checks; a section of the Audit page."""

import streamlit as st

from core import Project, ReviewerCheck, constants
from dashboard import downloads, formatting
from dashboard.messages import show_errors

_HELP = (
    "An attention check is a val image, whose label is known, with a wrong suggestion, or an image that is shown a "
    "second time. Its answer is marked in the decision log and changes no label, count or estimate. The Review page "
    "says when checks are on."
)


def show(project: Project) -> None:
    """Show the interval of the attention checks and one row for each reviewer."""
    st.header("Reviewer checks")
    interval = project.quality.check_interval
    st.session_state["check-interval"] = interval
    st.segmented_control(
        "Attention checks on the Review page",
        constants.CHECK_INTERVALS,
        format_func=lambda every: f"1 in {every}" if every else "none",
        required=True,
        key="check-interval",
        on_change=_set_interval,
        args=(project,),
        help=_HELP,
    )
    reviewers = project.quality.reviewers()
    if reviewers:
        downloads.table([_row(item) for item in reviewers], "reviewer-checks")
    for item in reviewers:
        if item.attention.is_flagged:
            st.warning(
                f"**{item.reviewer}** accepted {item.num_planted - item.attention.caught.count} of {item.num_planted} "
                "wrong suggestions. A reviewer who looks at half of the images does so less than once in twenty times."
            )
    if not interval and not any(item.num_planted for item in reviewers):
        st.caption(
            "Attention checks are off. With 1 in 8, a reviewer who always accepts is flagged within 40 decisions."
        )


@show_errors()
def _set_interval(project: Project) -> None:
    project.quality.set_check_interval(st.session_state["check-interval"])


def _row(item: ReviewerCheck) -> dict[str, str]:
    attention = item.attention
    seconds = attention.median_seconds
    return {
        "Reviewer": item.reviewer,
        "Decisions": f"{item.num_decisions:,}",
        "Wrong suggestions caught": formatting.estimate(attention.caught),
        "Repeats answered differently": formatting.estimate(attention.disagreement),
        "Median seconds": "–" if seconds != seconds else f"{seconds:.1f}",
        "Flag": "may not look at the images" if attention.is_flagged else "",
    }
