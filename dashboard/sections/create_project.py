"""Forms of the Data page that create a project or open an existing one."""

from pathlib import Path

import streamlit as st

from core import Project, SplitConfig, constants, recent_projects
from dashboard.messages import show_errors
from dashboard.sections.widgets import config_inputs
from dashboard.state import url

_SOURCE_KINDS = ("Demo", "Image folder", "Built-in data set", "Open a project")


def show() -> None:
    """Ask for the source of the images, and create or open the project."""
    kind = st.segmented_control("Where from?", _SOURCE_KINDS, default=_SOURCE_KINDS[0], key="new-way", required=True)
    with show_errors():
        if kind == "Demo":
            _open_demo()
        elif kind == "Open a project":
            _open_existing()
        else:
            _create(is_folder=kind == "Image folder")


def _open_demo() -> None:
    st.caption("10,000 real Fashion-MNIST images (28 × 28, ten classes), with 500 labels to start from.")
    if st.button("Open the demo", type="primary"):
        with st.spinner("Making the demo project…"):
            _show_project(Project.demo())


def _open_existing() -> None:
    path = st.text_input("Project folder", placeholder="/home/me/projects/leaves", key="open-path")
    if st.button("Open", type="primary", disabled=not path):
        _show_project(Project.open(path))


def _create(*, is_folder: bool) -> None:
    if is_folder:
        source = st.text_input(
            "Image folder",
            placeholder="/home/me/leaves",
            help="One sub-folder per class, and perhaps a sub-folder `unlabeled`.",
            key="new-folder",
        )
    else:
        source = st.selectbox("Data set", constants.SOURCES, key="new-dataset")
    left, right = st.columns(2)
    name = left.text_input("Name of the project", value=Path(source).name if source else "", key=f"new-name-{source}")
    default = recent_projects.home() / "projects" / (name or "project")
    path = right.text_input("Project folder (created now)", value=str(default), key=f"new-path-{name}")
    size, root = _image_size() if is_folder else None, None if is_folder else _files_folder()
    split = _split_config()
    if st.button("Create the project", type="primary", disabled=not (source and name and path)):
        with st.spinner("Reading the images and drawing the splits…"):
            _show_project(Project.create(path, source, name=name, split=split, image_size=size, root=root))


def _image_size() -> int | None:
    text = "Pixels a side; every image is scaled to it. Empty: chosen from the images."
    return st.number_input("Image size", 8, 1024, value=None, placeholder="chosen from the images", help=text)


def _files_folder() -> str | None:
    text = "Folder that already holds the data set's files, for a machine without a network."
    return st.text_input("Folder of the files", placeholder="optional", help=text) or None


def _split_config() -> SplitConfig | None:
    text = "500 labeled images where there are enough, fewer for a small folder."
    if st.toggle("Default splits", value=True, help=text, key="new-usual"):
        return None
    return SplitConfig.checked(config_inputs(SplitConfig, list(SplitConfig.model_fields), "split"))


def _show_project(project: Project) -> None:
    url.write("project", project.key)
    st.rerun()
