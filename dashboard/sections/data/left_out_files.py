"""Files that were left out, by reason and kind, and how the source was read."""

import streamlit as st

from core import DataSummary, Project
from dashboard import downloads

_LISTED = 20
"""Files up to which each has a line of its own."""


def show(project: Project, summary: DataSummary) -> None:
    """Draw how the source was read, duplicates, and files left out in groups.

    Args:
        project: The project.
        summary: Its summary.
    """
    st.header("Files")
    for text in (*summary.facts.get("remarks", ()), *summary.facts.get("warnings", ())):
        st.caption(text)
    if value_range := summary.facts.get("value_range"):
        low, high = value_range
        st.caption(f"Values of 16-bit and float images: {low:g} is black, {high:g} is white.")
    for addition in summary.facts.get("additions", ()):
        st.caption(
            f"Added on {addition['time'][:10]}: {addition['count']:,} images from {addition['source']}. Error "
            "estimates and guarantees from before do not cover them."
        )
    if summary.num_duplicates:
        st.write(
            f"{summary.num_duplicates:,} exact duplicates; {summary.num_set_aside:,} of them are excluded because "
            "they would be in two splits."
        )
    if summary.quarantined:
        st.write(f"Files left out: {len(summary.quarantined):,}")
        if len(summary.quarantined) <= _LISTED:
            rows = [{"file": q.name, "reason": q.reason} for q in summary.quarantined]
        else:
            rows = [
                {"file": f"{g.count:,} {g.suffix or 'without suffix'}, such as {g.examples[0]}", "reason": g.reason}
                for g in summary.left_out
            ]
        downloads.table(rows, "left-out-files")
        st.caption(f"The whole list: {project.path / 'left_out.csv'}")
    if not summary.num_duplicates and not summary.quarantined:
        st.caption("No file is left out: every file could be read, and no image occurs twice.")
