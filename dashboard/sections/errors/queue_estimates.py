"""Queue estimates: accuracy and error from random review queues; a section of the Audit page."""

import streamlit as st

from core import Project, QueueEstimate
from dashboard import downloads, formatting
from dashboard.messages import page_link
from dashboard.state import url

_METHOD = (
    "Each answer is weighted by the probability of drawing its image, which the decision log stores (LURE, i.e. "
    "Horvitz–Thompson for draws without replacement). The interval is approximate: this is an estimate. Only an audit "
    "gives a guarantee."
)


def show(project: Project, run: str, threshold: float) -> None:
    """Show the estimates of each random queue, or a link that starts one.

    Args:
        project: The project.
        run: Id of the run whose queues were reviewed.
        threshold: Confidence threshold above which the error is estimated, in [0, 1].
    """
    st.header("Estimates from random queues")
    estimates = project.quality.queue_estimates(run, threshold)
    if not estimates:
        st.caption(
            "Review with the ranking “mixed” or “audit”: your decisions then also estimate how many pseudo-labels are "
            "right."
        )
        page_link("review", "Review the mixed queue", **url.query(run=run, ranking="mixed"))
        return
    downloads.table([_row(item) for item in estimates], "queue-estimates")
    st.caption(_METHOD)
    if any(item.num_waiting for item in estimates):
        st.caption("Answers after a skipped image wait: they count once that image is answered.")


def _row(item: QueueEstimate) -> dict[str, str]:
    queue = item.queue
    name, share = queue.kind.replace("_", " with "), formatting.percent(queue.eta, 0)
    kind = name if name == "audit" else f"{name}, {share} random"
    return {
        "Queue": f"{kind}, drawn after decision #{queue.since}",
        "Answers": f"{item.num_answers:,} of {item.num_open:,}",
        "Waiting": f"{item.num_waiting:,}",
        "Pseudo-labels right": formatting.estimate(item.accuracy),
        f"Wrong at confidence ≥ {item.threshold:.3f}": formatting.estimate(item.error),
    }
