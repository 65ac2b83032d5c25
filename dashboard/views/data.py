"""Data: what have I got?"""

import streamlit as st

from core import DataSummary, Project
from dashboard import charts, image_grid
from dashboard.messages import page_link, show_errors
from dashboard.sections import create_project
from dashboard.sections.inputs import class_input
from dashboard.state.current import current_key
from dashboard.state.projects import open_project

_PARTS = {
    "labeled": "trains the model",
    "val": "picks the checkpoint",
    "calibration": "hidden in the pool, tells the risk",
    "unlabeled": "the pool: scored and reviewed",
    "test": "read by Compare alone",
}


def show() -> None:
    """Sizes, class counts, splits and samples of the project; below, a way to another one."""
    st.title("Data")
    key = current_key()
    if key is None:
        st.write("No project is open yet. The demo is a good start: 10,000 real images, nothing to download.")
        create_project.show()
        return
    with show_errors():
        _project(key, open_project(key))
    with st.expander("New project, or open another"):
        create_project.show()


def _project(key: str, project: Project) -> None:
    found = project.summary()
    _facts(project, found)
    left, right = st.columns([5, 4], gap="large")
    with left:
        st.subheader("Images per class")
        chart = charts.class_counts(found.class_names, found.class_counts)
        st.plotly_chart(chart, config=charts.CONFIG, key="class-counts", alt="Images per class and split")
        st.caption("Labels of the calibration part stay hidden, and those of the pool are not known.")
    with right:
        st.subheader("Splits")
        _splits(found)
    _samples(key, project)
    _left_out(found)
    _leaks(key, project)
    page_link("train", "Train a model on these images")


def _facts(project: Project, found: DataSummary) -> None:
    colors = "color" if found.channels == 3 else "gray"
    facts = {
        "Images": f"{found.num_images:,}",
        "Classes": f"{len(found.class_names):,}",
        f"Size ({colors})": f"{found.width} × {found.height}",
        "Labeled": f"{found.split_sizes['labeled']:,}",
        "Pool": f"{len(project.splits.pool):,}",
        "Test": f"{found.split_sizes['test']:,}",
    }
    for place, (label, value) in zip(st.columns(len(facts)), facts.items(), strict=True):
        place.metric(label, value, border=True)
    st.caption(f"From {found.source}, made {found.created[:10]}, in {project.path}")


def _splits(found: DataSummary) -> None:
    rows = [{"part": name, "images": size, "what for": _PARTS[name]} for name, size in found.split_sizes.items()]
    columns = {
        "part": st.column_config.TextColumn(width=90),
        "images": st.column_config.NumberColumn(format="localized", width=70),
        "what for": st.column_config.TextColumn(width=230),
    }
    st.dataframe(rows, hide_index=True, column_config=columns)
    drawn = "the same number per class" if found.split.kind == "balanced" else "in proportion to the classes"
    st.caption(
        f"Drawn with seed {found.split.seed}, {drawn}. RunRequest for: {found.split.labeled:,} labeled, "
        f"{found.split.val:,} val, {found.split.calibration:,} calibration, {found.split.test:,} test; "
        "the rest is unlabeled. No image is in two parts, and no exact duplicate lies across two."
    )


def _samples(key: str, project: Project) -> None:
    st.subheader("Samples")
    with st.container(horizontal=True, vertical_alignment="top"):
        part = st.segmented_control("Part", ["labeled", "val", "test", "pool"], default="labeled", key="sample-part")
        label = class_input(project, "Class", "sample-class")
    part = part or "labeled"
    if part == "pool" and label is not None:
        st.caption("The classes of the pool are not known, so all of it is shown.")
    ids = image_grid.sample(project, part, None if part == "pool" else label, 80)
    if len(ids):
        st.html(image_grid.sheet(key, project, ids, columns=20))
    else:
        st.caption("No image here.")


def _left_out(found: DataSummary) -> None:
    st.subheader("Left out")
    if found.num_duplicates:
        st.write(
            f"{found.num_duplicates:,} exact duplicates; {found.num_set_aside:,} of them were set aside because "
            "they would have lain in two parts."
        )
    if found.quarantined:
        st.write(f"{len(found.quarantined):,} files could not be read:")
        st.dataframe([{"file": q.name, "reason": q.reason} for q in found.quarantined], hide_index=True)
    if not found.num_duplicates and not found.quarantined:
        st.caption("Nothing: every file could be read, and no image is there twice.")


def _leaks(key: str, project: Project) -> None:
    st.subheader("The same image in two parts")
    if not st.toggle("Look for it", key="leaks", help="Compares all images with each other, pixel for pixel."):
        return
    found = project.quality.split_leakage()
    if not found:
        st.success("No image lies in two parts.")
        return
    st.warning(
        f"Found in more than one part: {len(found):,}. What is measured on such an image was seen in training. Make "
        "the project again from its source: a new draw of the splits sets such copies aside."
    )
    shown = [int(image) for group in found[:12] for image in group[:4]]
    st.html(image_grid.cards(key, project, [(image, [f"#{image}", _part_of(project, image)]) for image in shown]))


def _part_of(project: Project, image: int) -> str:
    return next((part for part in _PARTS if image in getattr(project.splits, part)), "in no part")
