"""Chart of a metadata column: the images with each value, or in each range."""

import numpy as np
import streamlit as st

from core import Project
from dashboard import charts, downloads
from dashboard.messages import show_errors


def show(project: Project) -> None:
    """Let a person choose a column, and draw how many images have each of its values; nothing without columns.

    Args:
        project: The project.
    """
    if not project.metadata.names:
        return
    st.header("Metadata")
    column = st.selectbox("Metadata column", project.metadata.names, key="data-column", width=320)
    with show_errors():
        groups = project.metadata.groups(column)
        counts = np.bincount(groups.of_image, minlength=len(groups.names))
        downloads.chart(charts.column_counts(groups.names, counts, column), "metadata", f"Images per value of {column}")
        found = project.metadata.summary(column)
        values = f"{found.num_values:,} different values" + (f", {found.low} to {found.high}" if found.low else "")
        st.caption(
            f"{column}: {found.kind}, {values}, {found.num_missing:,} images without one. The Review page filters and "
            "orders by it, the Map page colors by it."
        )
