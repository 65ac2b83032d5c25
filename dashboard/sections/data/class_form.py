"""Form that renames, merges and describes classes, and takes the latest edit back."""

import streamlit as st

from core import Project
from dashboard import downloads
from dashboard.messages import show_errors

_EDITS = ("Rename", "Merge", "Describe", "Add")


def show(project: Project) -> None:
    """Draw the form.

    Args:
        project: The project.
    """
    st.subheader("Classes")
    table = project.workspace.classes
    if table.descriptions:
        rows = [{"class": table.names[n], "description": text} for n, text in table.descriptions.items() if text]
        downloads.table(rows, "classes")
    edit = st.segmented_control("Edit of a class", _EDITS, default=_EDITS[0], key="class-edit", required=True)
    open_classes = [number for number in range(len(table.names)) if number not in table.merged]
    number = None
    if edit != "Add" and open_classes:
        number = st.selectbox(
            "Class", open_classes, format_func=lambda n: table.names[n], key="edited-class", width=320
        )
    with show_errors():
        _edit(project, str(edit), number, open_classes)
        if st.button("Undo the latest edit", key="undo-class-edit"):
            st.toast(f"Taken back: {project.undo_class_edit()}.")
            st.rerun()


def _edit(project: Project, edit: str, number: int | None, open_classes: list[int]) -> None:
    names = project.class_names
    if edit == "Merge":
        others = [other for other in open_classes if other != number]
        into = st.selectbox("Counted as", others, format_func=lambda n: names[n], key="merged-into", width=320)
        st.caption("Labels, decisions and predictions of the first class count as the second's. It can be taken back.")
        if st.button("Merge", disabled=number is None or into is None) and number is not None and into is not None:
            project.merge_classes(number, into)
            st.rerun()
        return
    label = {"Rename": "New name", "Describe": "What belongs to it", "Add": "Name of the new class"}[edit]
    text = st.text_input(label, key=f"class-text-{edit}", width=420)
    if not st.button(edit, disabled=not text or (number is None and edit != "Add")):
        return
    if edit == "Add":
        project.add_class(text)
    elif number is not None and edit == "Rename":
        project.rename_class(number, text)
    elif number is not None:
        project.describe_class(number, text)
    st.rerun()
