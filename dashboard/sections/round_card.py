"""Round card: training labels, audit certificates and stop advice; a section of the Compare page."""

import streamlit as st

from core import Project, StopAdvice
from dashboard import downloads, formatting
from dashboard.sections.errors import pool_state


def show(project: Project, run_a: str, run_b: str) -> None:
    """Show the labels, certificates and stop advice of a round.

    Args:
        project: The project.
        run_a: Id of the run before the round.
        run_b: Id of the run after it.
    """
    st.header("Round card")
    labels = {name: count for name, count in project.run(run_b).record.num_labels.items() if count}
    if labels:
        st.caption(
            f"{run_b} trained on " + ", ".join(f"{count:,} {name}" for name, count in labels.items()) + " labels."
        )
    audits = [audit for audit in project.quality.certificates() if audit.run_id in (run_a, run_b)]
    if audits:
        rows = [
            {
                "Run": audit.run_id,
                "Rule": audit.rule.replace("_", " "),
                "Set": f"{audit.ids_hash[:12]}…",
                "Images": f"{audit.certificate.size:,}",
                "Draws": f"{audit.certificate.num_answers:,}",
                "Risk": f"{audit.certificate.alpha:g}",
                "Certified right": f"≥ {formatting.percent(audit.certificate.certified)}",
            }
            for audit in audits
        ]
        downloads.table(rows, "round-card")
    else:
        st.caption("No selection of these runs has been audited, so nothing is guaranteed about its labels.")
    st.caption(f"Error of labels accepted by {run_b}'s suggestions:")
    pool_state.show(project, run_b)
    st.markdown(advice_text(project.stop_advice(run_b)))


def advice_text(advice: StopAdvice) -> str:
    """Return the stop advice and its reasons in Markdown."""
    reasons = "; ".join(advice.reasons)
    return f"**{advice.sentence}** {reasons[0].upper()}{reasons[1:]}."
