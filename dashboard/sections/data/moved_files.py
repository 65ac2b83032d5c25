"""Form that finds the original files of a project again after they have moved."""

import streamlit as st

from core import InputError, Project
from dashboard.messages import show_errors

_HELP = "A folder on the machine where Winnow runs; all folders in it are searched, by path and by content."


def show(project: Project) -> None:
    """Say whether original files are missing; where they are, ask for the folder that they are in now.

    Args:
        project: The project.
    """
    if sentence := st.session_state.pop("relinked", ""):
        st.success(sentence)
    with show_errors():
        if num := project.num_moved():
            _form(project, num)


def _form(project: Project, num: int) -> None:
    total = min(200, len(project.images.labels))
    st.warning(
        f"Original files are no longer where they were: {num:,} of {total:,} looked for. Review and training go on "
        "without them; looking at originals, decoding again and exporting them do not."
    )
    folder = st.text_input("Where the images are now, or a folder above", key="relink-folder", help=_HELP)
    if st.button("Find them again", key="relink", disabled=not folder.strip()):
        with st.spinner("Looking for the files."):
            found = project.relink(folder.strip().strip("'\""))
        if not found:
            raise InputError("No image is missing any more.")
        st.session_state["relinked"] = f"{found:,} images were found again in {folder.strip()}."
        st.rerun()
