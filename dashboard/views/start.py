"""Start page: recent projects, the demo, and images of one's own."""

import streamlit as st

from core import Project, recent_projects
from dashboard.messages import show_errors
from dashboard.sections import create_project
from dashboard.sections.start import open_images
from dashboard.state.current import switch_project
from dashboard.state.project_cards import ProjectCard, project_cards
from dashboard.state.runs import suggest

_MOST_CARDS = 12


def show() -> None:
    """Show what there is to open, and how to begin something new."""
    st.title("What would you like to label?", anchor=False)
    cards = project_cards(_MOST_CARDS)
    _offer_undo()
    if cards:
        st.header("Recent projects", anchor=False)
        _projects(cards)
        st.header("Something new", anchor=False)
    left, right = st.columns(2, gap="large", border=True)
    with left:
        _demo()
    with right, show_errors():
        open_images.show()
    with st.expander("Other ways: a built-in data set, or a project folder"):
        create_project.show_other_ways()


def _projects(cards: list[ProjectCard]) -> None:
    for first in range(0, len(cards), 3):
        for column, card in zip(st.columns(3), cards[first : first + 3], strict=False):
            with column, st.container(border=True, height="stretch", gap="xsmall"):
                _project(card)


def _project(card: ProjectCard) -> None:
    if card.picture:
        st.html(card.picture)
    st.markdown(f"**{_plain(card.name)}**")
    for line in card.lines:
        st.caption(_plain(line))
    with st.container(horizontal=True):
        if st.button("Open", key=f"open-{card.key}", type="primary", disabled=not card.is_open):
            switch_project(card.key)
        with st.popover("…", help=f"Folder, or take “{card.name}” off this list"):
            st.caption(f"Folder: `{card.path}`")
            if st.button("Take off this list", key=f"forget-{card.key}", help="The folder stays as it is."):
                recent_projects.forget(card.path)
                st.session_state["forgotten"] = card
                st.rerun()


def _offer_undo() -> None:
    card: ProjectCard | None = st.session_state.get("forgotten")
    if card is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{_plain(card.name)} is no longer listed; its folder is untouched.")
        if st.button("Undo", key="undo-forget"):
            recent_projects.remember(card.path)
            del st.session_state["forgotten"]
            st.rerun()


def _demo() -> None:
    st.header("Try the demo", anchor=False)
    st.write("10,000 small photographs of clothes in ten classes, most of them without a label. Nothing is downloaded.")
    st.caption(
        "Winnow suggests a label for each. You confirm or correct a few, the suggestions get better, and you see how "
        "many of the accepted labels are wrong. Five minutes."
    )
    if st.button("Open the demo", type="primary", key="open-demo"):
        with show_errors(), st.spinner("Preparing the demo: images, features, suggestions."):
            project = Project.demo()
            if not project.runs():
                suggest(project)
            switch_project(project.key)


def _plain(text: str) -> str:
    """Escape what Markdown would read as markup in a name."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]()#+-!|<>~$:" else char for char in text)
