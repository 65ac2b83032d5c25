"""Form that takes new images into a project."""

import streamlit as st

from core import Project
from dashboard.messages import show_errors
from dashboard.sections.data import source_summary
from dashboard.sections.start import hub_dataset

_HELP = (
    "A folder, table or export, or hf:OWNER/NAME of the Hugging Face hub, as for a new project. Empty: the project's "
    "own source, looked at again."
)


def show(project: Project) -> None:
    """Draw the form: what is in the folder, and a button that takes it in.

    Args:
        project: The project.
    """
    st.header("New images")
    st.caption("Ids, splits, decisions and runs stay. Images without a class join the pool, the others train.")
    text = st.text_input(
        "Source of new images", placeholder=str(project.summary().source), help=_HELP, key="add-source"
    )
    with show_errors():
        source = text.strip()
        found = hub_dataset.show(source) if source.startswith("hf:") else source
        if found is not None:
            _offer(project, found)
    for sentence in st.session_state.pop("added", ()):
        st.info(sentence)


def _offer(project: Project, source: str) -> None:
    """Show a source that is on this machine, and a button that takes it in; "" for the project's own source."""
    if source:
        source_summary.show(source)
    if st.button("Add images", key="add-images"):
        with st.spinner("Reading the images."):
            grown = project.add_images(source)
        st.session_state["added"] = [
            f"{grown.count:,} images added, {grown.num_labeled:,} of them labeled; {grown.num_known:,} were known.",
            *(grown.remarks if grown.count else ()),
        ]
        st.rerun()
