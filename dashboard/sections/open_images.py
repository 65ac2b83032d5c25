"""Form of the start page that makes a project of a person's own images, with a preview before anything is written."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import streamlit as st
from PIL import Image, ImageOps

from core import InputError, Project, WinnowError, image_io, recent_projects
from dashboard import formatting
from dashboard.sections import folder_layouts
from dashboard.sections.given_labels import hide_labels_input
from dashboard.state.current import switch_project

_TILE = 96  # pixels
_MOST_CLASSES = 12
_MOST_UPLOADED = 2 * 2**30  # bytes that an archive may unpack to
_MOST_FILES = 50_000


def show() -> None:
    """Draw the form."""
    st.subheader("Open my images", anchor=False)
    how = st.segmented_control(
        "Where the images are", ("In a folder", "Upload a few"), default="In a folder", key="images-from",
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    source = _folder() if how == "In a folder" else _upload()
    if source is None:
        return
    found = None
    with st.spinner("Looking at what is there."):
        try:
            found = Project.preview(source)
        except WinnowError as error:
            st.error(str(error))
    if found is not None:
        _preview(found)
        _create(source, found)


def _folder() -> str | None:
    text = st.text_input(
        "Folder or file", placeholder="/home/me/pictures/leaves", key="images-path", max_chars=4_000,
        help="A folder of images; a table that names images; or an export of another tool (COCO, CVAT, Label Studio, "
        "FiftyOne, Hugging Face, WebDataset, .npz). On the machine where Winnow runs.",
    ).strip()  # fmt: skip
    with st.expander("Which folders are understood?", expanded=not text):
        st.html(folder_layouts.pictures())
    if not text:
        return None
    path = Path(text).expanduser()
    if not path.exists():
        known = next((parent for parent in path.parents if parent.exists()), None)
        near = _similar(known, path) if known is not None else ""
        st.error(f"{path} does not exist.{near}")
        return None
    if (path / "project.toml").exists():
        st.info("This is a project of Winnow.")
        if st.button("Open the project", type="primary", key="open-found"):
            switch_project(Project.open(path).key)
        return None
    return str(path)


def _similar(parent: Path, wanted: Path) -> str:
    """Return a sentence that names what lies where a path stops to exist."""
    try:
        names = sorted(entry.name for entry in parent.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return f" {parent} cannot be read."
    part = wanted.relative_to(parent).parts[0].lower()
    names.sort(key=lambda name: not name.lower().startswith(part[:3]))
    return f" {parent} has the folders: {formatting.listed(names, 6)}." if names else f" {parent} has no folders."


def _upload() -> str | None:
    files = st.file_uploader(
        "Images, or one .zip with folders as classes", accept_multiple_files=True, key="images-upload",
        type=["zip", *sorted(suffix.lstrip(".") for suffix in image_io.SUFFIXES)],
        help="For small sets: the files are copied into Winnow's own folder. For many images give a folder instead.",
    )  # fmt: skip
    if not files:
        return None
    name = st.text_input("Name of the set", value="uploaded", max_chars=60, key="upload-name").strip() or "uploaded"
    folder = recent_projects.home() / "uploads" / f"{_file_name(name)}-{_digest(files)}"
    if not folder.exists():
        try:
            store_uploads([(file.name, file.getvalue()) for file in files], folder)
        except WinnowError as error:
            st.error(str(error))
            return None
    return str(folder)


def _digest(files: Sequence[Any]) -> str:
    return format(hash(tuple(file.file_id for file in files)) & 0xFFFFFF, "06x")


def _file_name(name: str) -> str:
    return "".join(char if char.isalnum() or char in "-_ " else "_" for char in name).strip() or "uploaded"


def store_uploads(files: Sequence[tuple[str, bytes]], folder: Path) -> None:
    """Store uploaded files in a new folder; archives are unpacked, with their folders.

    Args:
        files: Name and content of each.
        folder: Does not exist yet; it is there whole, or not at all.

    Raises:
        InputError: An archive is damaged, too large, or names files outside its folder.
    """
    draft = folder.with_name(f".{folder.name}.draft")
    draft.mkdir(parents=True, exist_ok=True)
    for name, content in files:
        if name.lower().endswith(".zip"):
            _unpack(name, content, draft)
        else:
            (draft / PurePosixPath(name).name).write_bytes(content)
    draft.rename(folder)


def _unpack(name: str, content: bytes, folder: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > _MOST_FILES or sum(member.file_size for member in members) > _MOST_UPLOADED:
                raise InputError(
                    f"{name} unpacks to more than 2 GiB or {_MOST_FILES:,} files: unpack it, give the folder."
                )
            for member in members:
                parts = PurePosixPath(member.filename.replace("\\", "/")).parts
                if member.filename.startswith("/") or ".." in parts:
                    raise InputError(f"{name} names a file outside its folder: {member.filename!r}.")
                if "__MACOSX" in parts:
                    continue
                target = folder.joinpath(*parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(member))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise InputError(f"{name} cannot be unpacked ({error}).") from error


def _preview(found: Any) -> None:
    """Say what was found, with counts and a few of the images."""
    named = f"{len(found.classes):,} classes" if len(found.classes) != 1 else "1 class"
    parts = [f"**{found.num_images:,} images**", named]
    if found.num_unlabeled:
        parts.append(f"{found.num_unlabeled:,} without a label")
    st.markdown(f"{found.layout[:1].upper()}{found.layout[1:]}: {', '.join(parts)}.")
    for text in (*found.warnings, *found.remarks):
        st.caption(text)
    rows = [(name, found.classes.get(name, found.num_unlabeled) if name else found.num_unlabeled, shown)
            for name, shown in found.examples.items()]  # fmt: skip
    for name, count, shown in rows[:_MOST_CLASSES]:
        with st.container(horizontal=True, vertical_alignment="center"):
            pictures = [picture for item in shown if (picture := _thumbnail(Path(found.source) / item)) is not None]
            if pictures:
                st.image(pictures, width=_TILE // 2)
            st.markdown(f"{name if name is not None else '*without a label*'} · {count:,}")
    if len(rows) > _MOST_CLASSES:
        st.caption(f"… and {len(rows) - _MOST_CLASSES:,} more classes")
    for group in found.left_out[:4]:
        st.caption(f"Left out: {group.count:,} {group.suffix or 'files without a suffix'}: {group.reason}")


def _thumbnail(file: Path) -> Image.Image | None:
    """Return a small square of an image file; None where it is none, or lies in an archive."""
    try:
        with Image.open(file) as opened:
            opened.draft("RGB", (2 * _TILE, 2 * _TILE))
            return ImageOps.fit(ImageOps.exif_transpose(opened).convert("RGB"), (_TILE, _TILE))
    except (OSError, ValueError, Image.DecompressionBombError):
        return None


def _create(source: str, found: Any) -> None:
    left, right = st.columns(2)
    name = left.text_input("Project name", value=Path(source).stem, key=f"images-name-{source}", max_chars=100)
    folder = recent_projects.home() / "projects" / _file_name(name)
    path = right.text_input("Project folder (new)", value=str(folder), key=f"images-folder-{name}")
    hide = bool(found.classes) and not found.num_unlabeled and hide_labels_input()
    if st.button("Create the project", type="primary", key="create-from-images", disabled=not (name and path)):
        with st.spinner("Reading the images and drawing the splits…"):
            switch_project(Project.create(path, source, name=name, hide_labels=hide).key)
