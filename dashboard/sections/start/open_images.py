"""Form of the start page that makes a project of a person's own images, with a preview before anything is written."""

from pathlib import Path
from typing import Any

import streamlit as st

from core import Project, image_io, recent_projects
from dashboard import formatting
from dashboard.sections.given_labels import hide_labels_input
from dashboard.sections.start import class_folders, folder_layouts, found_images, hub_dataset, split_sizes
from dashboard.state import uploads
from dashboard.state.current import switch_project

_WHERE = ("In a folder", "Upload a few")
_SOURCE_HELP = (
    "A folder of images; a table that names images; or an export of another tool (COCO, CVAT, Label Studio, FiftyOne, "
    "Hugging Face, WebDataset, .npz), on the machine where Winnow runs. Or a data set of the Hugging Face hub: "
    "hf:OWNER/NAME; its size is shown before anything is downloaded."
)
_UPLOAD_HELP = "For small sets: the files are copied into Winnow's own folder. For many images give a folder instead."


def show() -> None:
    """Draw the form.

    Raises:
        InputError: The source cannot be read; its text says why.
    """
    st.header("Open my images", anchor=False)
    where = st.segmented_control(
        "Where the images are",
        _WHERE,
        default=_WHERE[0],
        key="images-from",
        label_visibility="collapsed",
        required=True,
    )
    source = _folder() if where == _WHERE[0] else _upload()
    if source is None:
        return
    level = class_folders.class_level(source)
    found = _found(source, level)
    class_folders.class_level_input(source, found)
    found_images.show(found)
    _create(source, found, level)


def _found(source: str, level: str) -> Any:
    """Return the preview of a source; it is made once, until another source, class level or a wish to look again."""
    if st.session_state.get("found-in") != (source, level):
        with st.spinner("Looking at what is there."):
            st.session_state["found"] = Project.preview(source, {"class_level": level})
        st.session_state["found-in"] = (source, level)
    return st.session_state["found"]


def _folder() -> str | None:
    text = st.text_input(
        "Folder or file", placeholder="/home/me/pictures/leaves", key="images-path", help=_SOURCE_HELP
    ).strip()
    with st.expander("Which folders are understood?", expanded=not text):
        st.html(folder_layouts.pictures())
    if not text:
        return None
    if text.startswith("hf:"):
        return hub_dataset.show(text)
    path = Path(text.strip("'\"")).expanduser()
    if problem := path_problem(path):
        st.error(problem)
        return None
    if (path / "project.toml").exists():
        st.info("This is a project of Winnow.")
        if st.button("Open the project", type="primary", key="open-found"):
            switch_project(Project.open(path).key)
        return None
    if st.button("Look again", key="look-again", type="tertiary", help="Reads the folder once more."):
        st.session_state.pop("found-in", None)
    return str(path)


def path_problem(path: Path) -> str:
    """Say why a path cannot be read, and what lies where it stops to exist; empty for one that can."""
    try:
        if path.exists():
            return ""
        known = next((parent for parent in path.absolute().parents if parent.exists()), None)
    except (OSError, ValueError):
        return "This is not the path of a folder or a file."
    if known is None:
        return f"{path} does not exist."
    try:
        names = sorted(entry.name for entry in known.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return f"{path} does not exist. {known} cannot be read."
    start = path.absolute().relative_to(known).parts[0].lower()[:3]
    names.sort(key=lambda name: not name.lower().startswith(start))
    near = f"has the folders: {formatting.listed(names, 6)}" if names else "has no folders"
    return f"{path} does not exist. {known} {near}."


def _upload() -> str | None:
    files = st.file_uploader(
        "Images, or one .zip with folders as classes", accept_multiple_files=True, key="images-upload",
        type=["zip", *sorted(suffix.lstrip(".") for suffix in image_io.SUFFIXES)], help=_UPLOAD_HELP,
    )  # fmt: skip
    if not files:
        return None
    zips = [file.name for file in files if file.name.lower().endswith(".zip")]
    name = Path(zips[0]).stem if zips else "uploaded images"
    upload = [file.file_id for file in files]
    if st.session_state.get("uploaded") != upload:
        with st.spinner("Storing the upload."):
            folder = uploads.store([(file.name, file.getvalue()) for file in files], name)
        st.session_state.update({"uploaded": upload, "uploaded-to": str(folder)})
    return str(st.session_state["uploaded-to"])


def _create(source: str, found: Any, level: str) -> None:
    left, right = st.columns(2)
    name = left.text_input(
        "Project name", value=hub_dataset.short_name(source) or Path(source).stem, key=f"images-name-{source}"
    )
    folder = recent_projects.home() / "projects" / uploads.file_name(name)
    path = right.text_input("Project folder (new)", value=str(folder), key=f"images-folder-{name}")
    hide = bool(found.classes) and not found.num_unlabeled and hide_labels_input()
    split, is_possible = split_sizes.split_input(source, found, hide_labels=hide) if found.classes else (None, True)
    is_ready = bool(name and path) and is_possible
    if st.button("Create the project", type="primary", key="create-from-images", disabled=not is_ready):
        with st.spinner("Reading the images and drawing the splits…"):
            reading = {"class_level": level}
            project = Project.create(path, source, name=name, split=split, hide_labels=hide, reading=reading)
        switch_project(project.key)
