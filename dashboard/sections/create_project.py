"""Forms of the Data page that create a project or open an existing one."""

from pathlib import Path

import streamlit as st

from core import Project, SplitConfig, constants, recent_projects
from dashboard.messages import show_errors
from dashboard.sections.data import image_groups
from dashboard.sections.given_labels import hide_labels_input
from dashboard.sections.widgets import config_inputs
from dashboard.state.current import switch_project

_SOURCE_KINDS = ("Demo", "Image folder", "Built-in data set", "Existing project")


def show() -> None:
    """Draw the forms that create a project or open an existing one."""
    kind = st.segmented_control("Source", _SOURCE_KINDS, default=_SOURCE_KINDS[0], key="new-source", required=True)
    with show_errors():
        if kind == "Demo":
            _open_demo()
        elif kind == "Existing project":
            _open_existing()
        else:
            _create(is_folder=kind == "Image folder")


def show_other_ways() -> None:
    """Draw the forms that the start page has not: a built-in data set, an existing project."""
    kind = st.segmented_control(
        "Source", _SOURCE_KINDS[2:], default=_SOURCE_KINDS[2], key="other-source", required=True
    )
    with show_errors():
        if kind == _SOURCE_KINDS[3]:
            _open_existing()
        else:
            _create(is_folder=False)


def _open_demo() -> None:
    st.caption("10,000 images of Fashion-MNIST (28 × 28 pixels, ten classes); 100 of them are labeled.")
    if st.button("Open the demo", type="primary"):
        with st.spinner("Creating the demo project…"):
            _show_project(Project.demo())


def _open_existing() -> None:
    path = st.text_input("Project folder", placeholder="/home/me/projects/leaves", key="open-path")
    if st.button("Open the project", type="primary", disabled=not path):
        _show_project(Project.open(path))


def _create(*, is_folder: bool) -> None:
    if is_folder:
        source = st.text_input(
            "Image folder",
            placeholder="/home/me/leaves",
            help="One sub-folder for each class; a sub-folder `unlabeled` is optional.",
            key="new-folder",
        )
    else:
        source = st.selectbox("Data set", constants.SOURCES, key="new-dataset")
    left, right = st.columns(2)
    name = left.text_input("Project name", value=Path(source).name if source else "", key=f"new-name-{source}")
    default = recent_projects.home() / "projects" / (name or "project")
    path = right.text_input("Project folder (new)", value=str(default), key=f"new-path-{name}")
    size, root = _image_size() if is_folder else None, None if is_folder else _files_folder()
    split = _split_config()
    hide_labels = is_folder and hide_labels_input()
    groups = image_groups.rule_input("new") if is_folder else ""
    if st.button("Create the project", type="primary", disabled=not (source and name and path)):
        with st.spinner("Reading the images and drawing the splits…"):
            _show_project(
                Project.create(
                    path,
                    source,
                    name=name,
                    split=split,
                    image_size=size,
                    root=root,
                    hide_labels=hide_labels,
                    groups=groups,
                )
            )


def _image_size() -> int | None:
    text = "Side length in pixels to which every image is scaled. Empty: chosen from the images."
    return st.number_input(
        "Image size",
        constants.SMALLEST_SIDE,
        constants.LARGEST_SIDE,
        value=None,
        placeholder="chosen from the images",
        help=text,
    )


def _files_folder() -> str | None:
    text = "Folder that already holds the files of the data set, for a computer without a network."
    return st.text_input("Data set folder", placeholder="optional", help=text) or None


def _split_config() -> SplitConfig | None:
    text = "A folder: every label is used, in parts that follow how many there are. A data set: 500 labeled images."
    if st.toggle("Default splits", value=True, help=text, key="new-default-splits"):
        return None
    return SplitConfig.checked(config_inputs(SplitConfig, list(SplitConfig.model_fields), "split"))


def _show_project(project: Project) -> None:
    switch_project(project.key)
    st.rerun()
