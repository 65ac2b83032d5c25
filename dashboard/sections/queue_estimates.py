"""What the answers to random review queues say about the pool; a section of the Audit page."""

import streamlit as st

from core import Project, QueueEstimate
from dashboard import formatting
from dashboard.messages import page_link
from dashboard.state import url

_HOW = (
    "Each answer weighs by the probability with which its image was drawn, as the log says (LURE, which is "
    "Horvitz–Thompson for draws without replacement). The interval is approximate; only the audit proves."
)


def show(project: Project, run: str, threshold: float) -> None:
    """Accuracy and error from each random queue, or how to begin one."""
    st.subheader("What random review queues say")
    found = project.quality.queue_estimates(run, threshold)
    if not found:
        st.caption(
            "Review in the order “mixed” or “uniformly at random”: the same clicks that label images then also "
            "estimate how many pseudo-labels are right."
        )
        page_link("review", "Review the mixed queue", **url.query(run=run, ranking="mixed"))
        return
    st.dataframe([_row(item) for item in found], hide_index=True)
    st.caption(_HOW)
    if any(item.num_waiting for item in found):
        st.caption("Answers behind a skipped image count once that image is answered.")


def _row(found: QueueEstimate) -> dict[str, str]:
    queue = found.queue
    kind = "uniform" if queue.kind == "audit" else f"mixed, {formatting.percent(queue.eta, 0)} random"
    return {
        "Queue": f"{kind}, drawn after #{queue.since}",
        "Answers": f"{found.num_answers:,} of {found.num_open:,}",
        "Waiting": f"{found.num_waiting:,}",
        "Pseudo-labels right": formatting.mean(found.accuracy),
        f"Wrong at confidence ≥ {found.threshold:.3f}": formatting.mean(found.error),
    }
