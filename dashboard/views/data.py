"""Data page: sizes, classes, splits, samples and checks of the images."""

import streamlit as st

from core import DataSummary, Project
from dashboard import charts, image_grid
from dashboard.messages import page_link, show_errors
from dashboard.sections import create_project
from dashboard.sections.widgets import class_input, metric_row
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
    """Show the data of the current project, and forms to create or open another one."""
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
    summary = project.summary()
    _sizes(project, summary)
    left, right = st.columns([5, 4], gap="large")
    with left:
        st.subheader("Images per class")
        chart = charts.class_counts(summary.class_names, summary.class_counts)
        st.plotly_chart(chart, config=charts.CONFIG, key="class-counts", alt="Images per class and split")
        st.caption("Labels of the calibration part stay hidden, and labels of the pool are unknown.")
    with right:
        st.subheader("Splits")
        _splits(summary)
    _samples(key, project)
    _left_out(summary)
    _split_leakage(key, project)
    page_link("train", "Train a model on these images")


def _sizes(project: Project, summary: DataSummary) -> None:
    colors = "color" if summary.channels == 3 else "gray"
    metric_row(
        {
            "Images": f"{summary.num_images:,}",
            "Classes": f"{len(summary.class_names):,}",
            f"Size ({colors})": f"{summary.width} × {summary.height}",
            "Labeled": f"{summary.split_sizes['labeled']:,}",
            "Pool": f"{len(project.splits.pool):,}",
            "Test": f"{summary.split_sizes['test']:,}",
        }
    )
    st.caption(f"From {summary.source}, created {summary.created[:10]}, in {project.path}")


def _splits(summary: DataSummary) -> None:
    rows = [{"part": name, "images": size, "what for": _PARTS[name]} for name, size in summary.split_sizes.items()]
    columns = {
        "part": st.column_config.TextColumn(width=90),
        "images": st.column_config.NumberColumn(format="localized", width=70),
        "what for": st.column_config.TextColumn(width=230),
    }
    st.dataframe(rows, hide_index=True, column_config=columns)
    drawn = "the same number per class" if summary.split.kind == "balanced" else "in proportion to the classes"
    st.caption(
        f"Drawn with seed {summary.split.seed}, {drawn}. Asked for: {summary.split.labeled:,} labeled, "
        f"{summary.split.val:,} val, {summary.split.calibration:,} calibration, {summary.split.test:,} test; "
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


def _left_out(summary: DataSummary) -> None:
    st.subheader("Excluded files")
    if summary.num_duplicates:
        st.write(
            f"{summary.num_duplicates:,} exact duplicates; {summary.num_set_aside:,} of them were set aside because "
            "they would have been in two parts."
        )
    if summary.quarantined:
        st.write(f"{len(summary.quarantined):,} files could not be read:")
        st.dataframe([{"file": q.name, "reason": q.reason} for q in summary.quarantined], hide_index=True)
    if not summary.num_duplicates and not summary.quarantined:
        st.caption("None: every file could be read, and no image occurs twice.")


def _split_leakage(key: str, project: Project) -> None:
    st.subheader("Split leakage")
    if not st.toggle("Look for the same image in two parts", key="leaks", help="Compares all images pixel by pixel."):
        return
    groups = project.quality.split_leakage()
    if not groups:
        st.success("No image is in two parts.")
        return
    st.warning(
        f"Found in more than one part: {len(groups):,}. What is measured on such an image was seen in training. Create "
        "the project again from its source: a new draw of the splits sets such copies aside."
    )
    shown = [int(image) for group in groups[:12] for image in group[:4]]
    st.html(image_grid.cards(key, project, [(image, [f"#{image}", _part_of(project, image)]) for image in shown]))


def _part_of(project: Project, image: int) -> str:
    return next((part for part in _PARTS if image in getattr(project.splits, part)), "in no part")
