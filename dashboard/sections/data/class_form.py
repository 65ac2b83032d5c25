"""Form that renames, merges, splits, describes, colors, orders and groups classes, and takes the latest edit back."""

from collections.abc import Callable

import streamlit as st

from core import Project, constants
from dashboard import downloads
from dashboard.messages import page_link, show_errors
from dashboard.state import url

_EDITS = ("Rename", "Merge", "Split", "Describe", "Color", "Order", "Group", "Add")


def show(project: Project) -> None:
    """Draw the form.

    Args:
        project: The project.
    """
    st.header("Classes")
    table = project.workspace.classes
    if rows := _rows(project):
        downloads.table(rows, "classes")
    edit = st.segmented_control("Edit of a class", _EDITS, default=_EDITS[0], key="class-edit", required=True)
    open_classes = [number for number in table.order if number not in table.merged]
    number = None
    if edit not in ("Add", "Order", "Group") and open_classes:
        number = st.selectbox(
            "Class", open_classes, format_func=project.workspace.classes.isolated_label, key="edited-class", width=320
        )
    with show_errors():
        _FORMS.get(str(edit), _text_form)(project, str(edit), number, open_classes)
        undoable = project.undoable_class_edit()
        what = f": {undoable}" if undoable else ""
        if st.button(f"Undo the latest edit{what}", key="undo-class-edit", disabled=not undoable):
            st.toast(f"Taken back: {project.undo_class_edit()}.")
            st.rerun()
    _splits(project)


def _rows(project: Project) -> list[dict[str, str]]:
    """Return group and description of the classes that have one, by group."""
    table = project.workspace.classes
    numbers = [number for members in table.members.values() for number in members]
    rows = [(table.names[n], table.groups.get(n, ""), table.descriptions.get(n, "")) for n in numbers]
    names = ("class", *(["group"] if table.groups else []), *(["description"] if any(row[2] for row in rows) else []))
    found = [dict(zip(("class", "group", "description"), row, strict=True)) for row in rows if row[1] or row[2]]
    return [{name: row[name] for name in names} for row in found]


def _merge_form(project: Project, _edit: str, number: int | None, open_classes: list[int]) -> None:
    names = project.class_names
    others = [other for other in open_classes if other != number]
    into = st.selectbox("Counted as", others, format_func=lambda n: names[n], key="merged-into", width=320)
    st.caption("Labels, decisions and predictions of the first class count as the second's. It can be taken back.")
    if st.button("Merge", disabled=number is None or into is None) and number is not None and into is not None:
        project.merge_classes(number, into)
        st.rerun()


def _split_form(project: Project, _edit: str, number: int | None, _open_classes: list[int]) -> None:
    text = st.text_area("Its parts, one a line", key="class-parts", width=420, height=110)
    st.caption(
        "Parts that are no class yet become one. The images that are labeled as the class now become a queue, to be "
        "labeled again. Taken back, labels given to new parts count as the class again."
    )
    names = [line for line in text.splitlines() if line.strip()]
    if st.button("Split", disabled=number is None or len(names) < 2) and number is not None:
        project.split_class(number, names)
        st.rerun()


def _color_form(project: Project, _edit: str, number: int | None, _open_classes: list[int]) -> None:
    color = st.color_picker("Color", project.workspace.classes.colors.get(number or 0, "#3d7dd8"), key="class-color")
    if st.button("Color", disabled=number is None) and number is not None:
        project.color_class(number, color)
        st.rerun()


def _order_form(project: Project, _edit: str, _number: int | None, open_classes: list[int]) -> None:
    names = project.class_names
    first = st.multiselect("Shown first", open_classes, format_func=lambda n: names[n], key="class-order", width=420)
    st.caption("The others follow as they are. Keys 1 to 9 and 0 on the Review page follow this order.")
    if st.button("Order", disabled=not first):
        project.order_classes([*first, *(n for n in open_classes if n not in first)])
        st.rerun()


def _group_form(project: Project, _edit: str, _number: int | None, open_classes: list[int]) -> None:
    table = project.workspace.classes
    label = project.workspace.classes.isolated_label
    chosen = st.multiselect("Classes of the group", open_classes, format_func=label, key="group-members", width=420)
    group = st.selectbox(
        "Group",
        [name for name in table.members if name],
        index=None,
        key="class-group",
        width=420,
        accept_new_options=True,
        placeholder="a group, or a new name such as animals",
    )
    st.caption(
        "Pages show the classes of a group together. Numbers, keys and labels stay; a class has one group at most."
    )
    with st.container(horizontal=True):
        is_grouping = st.button("Group", key="group-classes", disabled=not chosen or not group)
        is_leaving = st.button(
            "Take out of their groups", key="ungroup-classes", disabled=not any(n in table.groups for n in chosen)
        )
    if is_grouping or is_leaving:
        project.group_classes(chosen, str(group) if is_grouping else "")
        st.rerun()


def _text_form(project: Project, edit: str, number: int | None, _open_classes: list[int]) -> None:
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


_FORMS: dict[str, Callable[[Project, str, int | None, list[int]], None]] = {
    "Merge": _merge_form, "Split": _split_form, "Color": _color_form, "Order": _order_form,
    "Group": _group_form,
}  # fmt: skip


def _splits(project: Project) -> None:
    """List the classes that are being split, with a link to the queue of their images."""
    table = project.workspace.classes
    for number, split in table.splits.items():
        parts = ", ".join(table.names[part] for part in split.parts if part < len(table.names))
        st.markdown(f"**{table.names[number]}** is being split into {parts}.")
        if split.image_set:
            page_link("review", "Review the images that were decided as it", set=split.image_set, show="all")
        if split.given_set and project.labels.is_checked:
            query = url.query(run=constants.LABEL_ISSUES, set=split.given_set, show="all")
            page_link("review", "Review the images that it was given to", **query)
        elif split.given_set:
            st.caption("To review the images that it was given to, check the given labels first (above).")
        page_link("review", "Review what is suggested as it", predicted=str(number), show="undecided")
