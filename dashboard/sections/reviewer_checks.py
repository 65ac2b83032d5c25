"""Do the reviewers still look? Planted wrong suggestions and blind repeats; a section of the Audit page."""

import streamlit as st

from core import CHECK_INTERVALS, Project, ReviewerCheck
from dashboard import formatting
from dashboard.messages import show_errors

_WHAT = (
    "A check is a val image, whose label is known, shown with a wrong suggestion; or an image shown a second time. "
    "The answer is in the log, marked as planted: it trains nothing and counts nowhere. Review says that they are on."
)


def show(project: Project) -> None:
    """The setting, and a row per reviewer."""
    st.subheader("Do the reviewers still look?")
    now = project.quality.check_interval
    st.session_state["checks-every"] = now
    st.segmented_control(
        "Checks among the images of Review",
        CHECK_INTERVALS,
        format_func=lambda every: f"1 in {every}" if every else "none",
        required=True,
        key="checks-every",
        on_change=_set,
        args=(project,),
        help=_WHAT,
    )
    found = project.quality.reviewers()
    if found:
        st.dataframe([_row(item) for item in found], hide_index=True)
    for item in found:
        if item.stamp.is_flagged:
            st.warning(
                f"**{item.reviewer}** let {item.num_planted - item.stamp.caught.count} of {item.num_planted} wrong "
                "suggestions pass: somebody who looks at half of the images does so less than once in twenty times."
            )
    if not now and not any(item.num_planted for item in found):
        st.caption("No checks are planted. With 1 in 8, somebody who always accepts is found within 40 decisions.")


@show_errors()
def _set(project: Project) -> None:
    project.quality.set_check_interval(st.session_state["checks-every"])


def _row(found: ReviewerCheck) -> dict[str, str]:
    stamp = found.stamp
    seconds = stamp.median_seconds
    return {
        "Reviewer": found.reviewer,
        "Decisions": f"{found.num_decisions:,}",
        "Wrong suggestions caught": formatting.estimate(stamp.caught),
        "Repeats answered otherwise": formatting.estimate(stamp.disagreement),
        "Median seconds": "–" if seconds != seconds else f"{seconds:.1f}",
        "": "does not seem to look" if stamp.is_flagged else "",
    }
