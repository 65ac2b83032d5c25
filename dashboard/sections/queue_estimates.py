"""Estimates from random review queues; a section of the Audit page."""

import streamlit as st

from core import Project, QueueEstimate
from dashboard import formatting
from dashboard.messages import page_link
from dashboard.state import url

_METHOD = (
    "Each answer is weighted by the probability with which its image was drawn, as stored in the decision log (LURE, "
    "which is Horvitz–Thompson for draws without replacement). The interval is approximate: an estimate, no guarantee. "
    "Only the audit gives one."
)


def show(project: Project, run: str, threshold: float) -> None:
    """Show accuracy and error from each random queue, or a link to the first one."""
    st.subheader("Estimates from random queues")
    estimates = project.quality.queue_estimates(run, threshold)
    if not estimates:
        st.caption(
            "Review in the order “mixed” or “uniformly at random”: the same decisions that label images then also "
            "estimate how many pseudo-labels are right."
        )
        page_link("review", "Review the mixed queue", **url.query(run=run, ranking="mixed"))
        return
    st.dataframe([_row(item) for item in estimates], hide_index=True)
    st.caption(_METHOD)
    if any(item.num_waiting for item in estimates):
        st.caption("Answers behind a skipped image count once that image is answered.")


def _row(item: QueueEstimate) -> dict[str, str]:
    queue = item.queue
    kind = "uniform" if queue.kind == "audit" else f"mixed, {formatting.percent(queue.eta, 0)} random"
    return {
        "Queue": f"{kind}, drawn after #{queue.since}",
        "Answers": f"{item.num_answers:,} of {item.num_open:,}",
        "Waiting": f"{item.num_waiting:,}",
        "Pseudo-labels right": formatting.estimate(item.accuracy),
        f"Wrong at confidence ≥ {item.threshold:.3f}": formatting.estimate(item.error),
    }
