"""Groups of images that belong together: leaks with a click to mend them, and a rule with a live preview."""

import streamlit as st

from core import Project
from dashboard import image_grid
from dashboard.messages import show_errors

_KINDS = {
    "folder": "Folder",
    "pattern": "Name pattern",
    "time": "Time taken",
    "column": "Column of the table",
    "duplicates": "Near duplicates",
}
_PLACEHOLDERS = {"folder": "2", "pattern": r"(scene\d+)_", "time": "5", "column": "patient", "duplicates": "0.004"}
_LABELS = {
    "folder": "Level of the folder",
    "pattern": "Regular expression",
    "time": "Largest gap in seconds",
    "column": "Name of the column",
    "duplicates": "Largest cosine distance",
}
_HELP = {
    "folder": "1: first folder of an image's path, -1: the one that it lies in. Folders of one name are one group.",
    "pattern": "Searched in each path. Its part named `group`, or its first part in parentheses, names the group.",
    "time": "From the EXIF data of the files: a chain of gaps of at most so many seconds is one group.",
    "column": "A column of the table that the project was made from.",
    "duplicates": "Of thumbnails, about their mean. Empty: 0.004.",
}
_SHOWN, _EXAMPLES = 6, 8


def rule_input(key: str, none: str = "No groups") -> str:
    """Draw the choice of a rule.

    Args:
        key: First part of the session keys.
        none: Text of the first choice.

    Returns:
        The rule as text; empty without one.
    """
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    names = {"": none, **_KINDS}
    kind = left.selectbox(
        "Images that belong together", list(names), format_func=names.__getitem__, key=f"{key}-group-kind",
        help="Of one scene, patient, burst or page: no such group lies in two splits.",
    )  # fmt: skip
    if not kind:
        return ""
    value = right.text_input(
        _LABELS[kind], placeholder=_PLACEHOLDERS[kind], help=_HELP[kind], key=f"{key}-group-value-{kind}"
    )
    value = value.strip()
    return f"{kind}:{value}" if value else ("duplicates" if kind == "duplicates" else "")


def show(key: str, project: Project) -> None:
    """Draw the groups in use, leaks and their fixes, and the form of a rule.

    Args:
        key: The project's key in the URL.
        project: The project.
    """
    st.header("Groups")
    if sentence := st.session_state.pop("groups-done", None):
        st.success(sentence)
    known = project.groups.current
    st.write(
        "No image is known to belong to a group with another."
        if known is None
        else _with_code(known.sentence, known.rule)
    )
    _leaks(project)
    with st.expander("Choose which images belong together"), show_errors():
        _form(key, project)


def _with_code(sentence: str, rule: str) -> str:
    """Set a rule in a sentence as code, so that its signs are not taken for Markdown."""
    text, both = rule.removesuffix(" and near duplicates"), rule.endswith(" and near duplicates")
    return sentence.replace(rule, f"`{text}`{' and near duplicates' if both else ''}") if ":" in text else sentence


def _leaks(project: Project) -> None:
    with st.spinner("Looking for leaks."):
        leaks = project.groups.leaks()
    if leaks.num_images:
        st.warning(_with_code(leaks.sentence, leaks.rule))
        with st.container(horizontal=True):
            st.button(
                "Leave them out", type="primary", on_click=_fix, args=(project, "set-aside"), key="fix-set-aside",
                help="The leaking held-out images stop counting. The split as it was drawn stays on disk.",
            )  # fmt: skip
            st.button(
                "Train on them", on_click=_fix, args=(project, "move"), key="fix-move",
                help="The leaking held-out images train from the next run on.",
            )  # fmt: skip
    elif project.groups.current is not None:
        st.caption(leaks.sentence)
    if num := project.groups.num_fixed:
        st.caption(f"{num:,} held-out images that were drawn no longer count, because they leaked.")
        st.button("Use the split as it was drawn", on_click=_fix, args=(project, "undo"), key="fix-undo")


def _form(key: str, project: Project) -> None:
    rule = rule_input("project", "Choose a rule")
    if not rule:
        if project.groups.current is not None:
            st.button("Use no groups", on_click=_apply, args=(project, "none"), key="no-groups")
        return
    with st.spinner("Grouping the images."):
        found = project.groups.preview(rule, _SHOWN)
    st.write(_with_code(found.groups.sentence, rule))
    st.caption(f"With these groups: {_with_code(found.leaks.sentence, rule)}")
    for one in found.largest:
        st.markdown(f"`{one.name}` – {one.size:,} images")
        st.html(image_grid.sprite_html(key, project, one.ids[:_EXAMPLES], columns=_EXAMPLES))
    if found.pairs:
        st.caption("The loosest pairs, the first ones to look wrong. A smaller distance parts them.")
        items = [
            (image, [f"pair {number}, distance {pair.distance:.4f}"])
            for number, pair in enumerate(found.pairs, 1)
            for image in (pair.one, pair.other)
        ]
        st.html(image_grid.cards_html(key, project, items, size=84))
    label = "Group the images so"
    st.button(label, type="primary", on_click=_apply, args=(project, rule), key="apply-groups")


@show_errors()
def _apply(project: Project, rule: str) -> None:
    groups = project.group_images(rule)
    st.session_state["groups-done"] = (
        f"{_with_code(groups.sentence, rule)} The split stays as it is; new images keep to their groups."
        if rule != "none"
        else "No image belongs to a group now."
    )


@show_errors()
def _fix(project: Project, fix: str) -> None:
    leaks = project.fix_leaks(fix)
    texts = {"set-aside": "no longer count", "move": "train from the next run on"}
    st.session_state["groups-done"] = (
        f"{leaks.num_images:,} held-out images {texts[fix]}." if fix in texts else "The split is as it was drawn."
    )
